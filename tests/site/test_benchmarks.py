"""The benchmark's peers are to answer as DoIt does; a run compares the answers, this the names."""

from goals.serializers import GoalSerializer, GoalSummarySerializer
from tests.benchmarks.peers import common


def test_the_peers_show_the_fields_of_a_goal():
    assert set(common.SUMMARY) == set(GoalSummarySerializer().fields)
    assert {*common.WHOLE, "messages"} == set(GoalSerializer().fields)
