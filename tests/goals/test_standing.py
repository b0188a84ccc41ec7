"""Where a goal stands: the pure rules over its document."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goals import standing

FIRST = date(2026, 2, 7)


def roadmap(count, **changes):
    days = [
        {"day": n + 1, "date": (FIRST + timedelta(days=n)).isoformat(), "title": "", "tasks": []}
        for n in range(count)
    ]
    return {"roadmap": {"total_days": count, "days": days}, **changes}


def entry(day, passed=True, score=1.0):
    return {"date": day.isoformat(), "passed": passed, "score": score}


@pytest.mark.parametrize(
    ("passed", "total", "percent"),
    [
        (0, 30, 0.0),
        (5, 30, 16.67),
        (1, 3, 33.33),
        (2, 3, 66.67),
        (30, 30, 100.0),
        (40, 30, 100.0),
        (3, 0, 0.0),
    ],
)
def test_progress_is_percent_to_two_decimals(passed, total, percent):
    assert standing.progress(passed, total) == percent


@given(st.integers(1, 365).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_progress_is_100_only_when_all_is_passed(counts):
    passed, total = counts
    assert (standing.progress(passed, total) == 100.0) is (passed == total)


def test_days_passed_are_the_kept_ones_or_those_dated_like_a_pass():
    assert standing.days_passed(roadmap(5, days_passed=[2, 4])) == [2, 4]
    verified = [entry(FIRST), entry(FIRST + timedelta(days=2), passed=False), entry(FIRST)]
    assert standing.days_passed(roadmap(5, daily_verifications=verified)) == [1]
    assert standing.days_passed({}) == []
    assert standing.days_passed({"roadmap": None, "daily_verifications": None}) == []


@pytest.mark.parametrize(
    ("after", "kept", "numbers"),
    [
        (-1, [], []),  # before the roadmap begins
        (0, [], [1]),
        (2, [1], [3]),
        (2, [3], [3]),
        (3, [], [1]),  # after its end: the earliest not passed
        (99, [1, 3], [2]),
        (99, [1, 2, 3], []),
    ],
)
def test_what_a_test_of_a_day_carries(after, kept, numbers):
    goal = roadmap(3, days_passed=kept)
    carried = standing.carried(goal, FIRST + timedelta(days=after))
    assert [day["day"] for day in carried] == numbers


def test_entries_of_a_day_in_both_shapes():
    text, moment = entry(FIRST), {**entry(FIRST), "date": datetime(2026, 2, 7, tzinfo=UTC)}
    other = entry(FIRST + timedelta(days=1))
    goal = {"daily_verifications": [text, moment, other]}
    assert standing.entries_of(goal, FIRST) == [text, moment]


@pytest.mark.parametrize(
    ("number", "today", "passed", "state"),
    [
        (1, 1, {1}, "passed"),
        (1, 1, set(), "missed"),
        (2, 1, set(), "today"),
        (3, 1, set(), "ahead"),
    ],
)
def test_the_state_of_a_day(number, today, passed, state):
    day = standing.days(roadmap(3))[number - 1]
    assert standing.day_state(day, passed, FIRST + timedelta(days=today)) == state


def test_a_day_without_a_date_is_ahead():
    assert standing.day_state({"day": 1}, set(), FIRST) == "ahead"


@pytest.mark.parametrize(
    ("after", "kept", "due", "behind", "end"),
    [
        (0, [], 0, 0, None),
        (0, [1], 0, 0, 4),  # of today; never before the last day
        (3, [1, 3], 3, 1, 7),  # two in three days; three more take five, from today on
        (3, [1, 2, 3], 3, 0, 4),
        (3, [4], 3, 3, 14),
        (99, [], 5, 5, None),
        (100, [1], 5, 5 - 1, 100 + 4 * 100 - 1),
        (2000, [1], 5, 4, 9999),  # in 22 years: nothing to tell
    ],
)
def test_pace(after, kept, due, behind, end):
    goal = roadmap(5, days_passed=kept)
    assert standing.pace(goal, FIRST + timedelta(days=after)) == {
        "days_due": due,
        "days_passed": len(kept),
        "days_behind": behind,
        "projected_end": None if end in (None, 9999) else at(end),
    }


def at(after):
    return (FIRST + timedelta(days=after)).isoformat()


def test_what_is_proved_today_counts_as_a_day_gone_by():
    today = FIRST + timedelta(days=1)
    goal = roadmap(6, days_passed=[2])
    before = standing.pace(goal | {"daily_verifications": []}, today)
    after = standing.pace(goal | {"daily_verifications": [entry(today)]}, today)
    assert before["projected_end"] == at(1 + 5 - 1)  # one in one day
    assert after["projected_end"] == at(2 + 10 - 1)  # one in two days, from tomorrow on


def test_a_roadmap_that_is_done_ended_with_its_last_pass():
    late = FIRST + timedelta(days=8)
    goal = roadmap(2, days_passed=[1, 2], daily_verifications=[entry(FIRST), entry(late)])
    assert standing.pace(goal, FIRST + timedelta(days=30))["projected_end"] == at(8)


def test_paused_days_are_neither_behind_nor_gone_by():
    pause = {"from": at(1), "until": at(4)}
    goal = roadmap(10, days_passed=[1, 5], pauses=[pause])
    pace = standing.pace(goal, FIRST + timedelta(days=5))
    assert (pace["days_due"], pace["days_behind"]) == (2, 0)
    assert pace["projected_end"] == at(5 + 8 - 1)
    ahead = goal | {"pauses": [pause, {"from": at(7), "until": at(9)}]}
    assert standing.pace(ahead, FIRST + timedelta(days=5))["projected_end"] == at(5 + 8 - 1 + 2)


@pytest.mark.parametrize(
    ("after", "kept", "numbers"),
    [
        (2, [], [3, 1]),  # today's first, then what it carries
        (2, [1], [3]),
        (3, [], [4, 2]),
        (3, [2, 4], [4]),
        (9, [], [1]),  # after the end the first, alone
        (9, [1, 2], [3]),
        (9, [1, 3], [2]),
        (9, [1, 2, 3], [4]),
        (9, [1, 3, 2, 4], []),
    ],
)
def test_what_a_test_of_a_day_carries_after_a_re_planning(after, kept, numbers):
    goal = roadmap(4, days_passed=kept, plan={"carries": [[], [], [1], [2]]})
    carried = standing.carried(goal, FIRST + timedelta(days=after))
    assert [day["day"] for day in carried] == numbers


def test_a_plan_that_carries_nothing_carries_nothing():
    for plan in (None, {}, {"carries": []}, {"carries": [[]]}):
        assert standing.carries({"plan": plan}, 1) == standing.carries({"plan": plan}, 2) == []
    assert standing.carries({"plan": {"carries": [[7]]}}, 0) == []


@settings(max_examples=100)
@given(st.lists(st.integers(1, 20).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))))
def test_statistics_one_by_one_are_those_reckoned_anew(tests):
    goal, entries = {}, []
    for correct, asked in tests:
        score, passed = standing.score(correct, asked)
        entries.append({"score": score, "passed": passed})
        goal["verification_stats"], goal["score_total"] = standing.statistics(goal, correct, asked)
    anew, total = standing.statistics_of(entries)
    assert anew == goal.get("verification_stats")
    assert total == goal.get("score_total", 0)
    if tests:
        exact = sum((Fraction(*test) for test in tests), Fraction(0)) / len(tests)
        assert anew["average_score"] == float(exact)


def test_statistics_of_another_program_are_continued():
    """1-doit.md's figures: 15 tests at 0.85, one more of 3 of 5."""
    stats = {
        "total_tests": 15,
        "passed": 14,
        "failed": 1,
        "average_score": 0.85,
        "perfect_scores": 8,
    }
    after, total = standing.statistics({"verification_stats": stats}, 3, 5)
    assert after == {
        "total_tests": 16,
        "passed": 14,
        "failed": 2,
        "average_score": float((Fraction(85, 100) * 15 + Fraction(3, 5)) / 16),
        "perfect_scores": 8,
    }
    assert Fraction(total, standing.UNIT) == Fraction(85, 100) * 15 + Fraction(3, 5)
