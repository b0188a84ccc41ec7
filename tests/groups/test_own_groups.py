"""One's own groups, whoever else is in them: newest first, page by page, in the order of the index."""

from datetime import timedelta

import pytest

from doit_site import clock
from doit_site.mongo.fields import new_id
from groups.models import Membership
from tests.commands import recorded_commands
from tests.contract.test_queries import assert_by_index

FIRST, LAST = "00000000-0000-4000-8000-000000000000", "ffffffff-ffff-4fff-bfff-ffffffffffff"


@pytest.fixture
def groups(alice, database):
    """The ids of 25 groups of alice's, newest first, with people whose ids sort before or after hers."""
    rows = [group(alice.pk, number) for number in range(25)]
    database.groups.insert_many(rows)
    Membership.objects.collection.insert_many(membership(alice.pk, row) for row in rows)
    return [row["id"] for row in rows]


def group(user_id, number):
    members = [[user_id], [FIRST, user_id], [user_id, LAST]][number % 3]
    return {
        "id": new_id(),
        "category": "programming",
        "subcategory": None,
        "name": "Python",
        "members": members,
        "max_members": 50,
        "messages": [],
        "created_at": clock.now() - timedelta(minutes=number),
        "member_count": len(members),
        "is_full": False,
    }


def membership(user_id, row):
    name = {"username": "CosmicLearner42", "username_key": "cosmiclearner42"}
    return {"id": new_id(), "group_id": row["id"], "user_id": user_id, "left_at": None, **name}


def test_every_group_comes_once_in_order_forth_and_back(groups, alice_api):
    url, seen, back = "/api/v1/groups/?mine=true&limit=10", [], []
    while url:
        page = alice_api.get(url).json()
        seen.append([row["id"] for row in page["results"]])
        url, previous = page["next"], page["previous"]
    assert [len(ids) for ids in seen] == [10, 10, 5]
    assert [found for ids in seen for found in ids] == groups
    while previous:
        page = alice_api.get(previous).json()
        back.append([row["id"] for row in page["results"]])
        previous = page["previous"]
    assert back == seen[1::-1]


def test_no_more_groups_are_read_than_the_page_shows(groups, alice_api):
    with recorded_commands() as commands:
        assert len(alice_api.get("/api/v1/groups/?mine=true").json()["results"]) == 20
    assert_by_index(commands)
