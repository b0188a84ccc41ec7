"""The streak over the API; test_streak_histories.py has the search against the plain model."""

import json
from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from itertools import pairwise

import pytest
import time_machine
from django.core.management import call_command

from accounts.calendar import Calendar
from doit_site.mongo.fields import new_id
from goals import streaks
from goals.streaks import as_of_now, streak
from goals.upkeep import refresh_streaks
from tests.goals.plain_life import DAY, QUARTERS_A_DAY, PlainLife, utc
from tests.goals.steps import make_roadmap, noon, prove, stored, url_of


def test_travel_breaks_a_streak_that_counts_calendar_dates():
    """The broken twin: consecutive dates of the present zone, without a calendar."""
    start = utc(2026, 3, 1)
    life, calendar = PlainLife(start, 7), Calendar()
    # From Pago Pago to Kiritimati a whole date is left out.
    for day, zone in ((0, "Pacific/Pago_Pago"), (3, "Pacific/Kiritimati")):
        life.go_to(day * QUARTERS_A_DAY)
        life.move(zone)
        calendar = calendar.moved(zone, start + day * DAY)
    life.go_to(6 * QUARTERS_A_DAY)
    assert any(b - a > DAY for a, b in pairwise(life.lived))
    naive, day = 0, life.today
    while day in life.lived:
        naive, day = naive + 1, day - DAY
    right = streak(life.lived, calendar, start + 6 * DAY)
    assert right[:2] == (len(life.lived), life.today)
    assert naive < right.days


def days(text):
    """The days of February 2026, from the first, that have an x."""
    return {date(2026, 2, 1) + DAY * number for number, mark in enumerate(text) if mark == "x"}


@pytest.mark.parametrize(
    ("lived", "count", "freezes"),
    [
        ("xxxxxx", 6, 0),
        ("xxxxxxx", 7, 1),
        ("xxxxxxxx", 8, 1),
        ("xxxxxxx-", 7, 1),  # today is not over
        ("xxxxxxx--", 7, 0),
        ("xxxxxxx---", 0, 0),
        ("xxxxxx--", 0, 0),
        ("xxxxxxx-x", 8, 0),
        ("xxxxxxx-xxxxxx", 13, 0),
        ("xxxxxxx-xxxxxxx", 14, 1),
        ("xxxxxxxxxxxxxx--x", 15, 0),
        ("xxxxxxxxxxxxxxxxxxxxxx", 22, 2),  # a third is not held
        ("xxxxxxxxxxxxxx---x", 1, 0),
        ("-------x", 1, 0),
        ("", 0, 0),
    ],
)
def test_freezes_are_earned_and_spent(lived, count, freezes):
    moment = datetime(2026, 2, max(1, len(lived)), 12, tzinfo=UTC)
    found = streak(days(lived), Calendar(), moment)
    assert (found.days, found.freezes) == (count, freezes)


def test_a_stored_streak_spends_freezes_and_bridges_pauses_as_time_goes_by():
    goal = {"streak": 9, "streak_until": "2026-02-09", "freezes": 1}
    goal["pauses"] = [{"from": "2026-02-11", "until": "2026-02-14"}]
    found = [
        streaks.now(goal, Calendar(), datetime(2026, 2, day, 12, tzinfo=UTC))
        for day in range(9, 17)
    ]
    assert [each.days for each in found] == [9, 9, 9, 9, 9, 9, 0, 0]
    assert [each.freezes for each in found] == [1, 1, 0, 0, 0, 0, 0, 0]
    kept = {**goal, **found[5].fields()}  # as refresh_streaks would store it: nothing changes
    assert streaks.as_of_now(kept, Calendar(), datetime(2026, 2, 14, 12, tzinfo=UTC)) == 9


# Over the API


def read_streaks(client, goal):
    """The streak wherever the API shows it."""
    (row,) = client.get("/api/v1/goals/").json()["results"]
    return {
        client.get(url_of(goal)).json()["streak"],
        client.get(url_of(goal) + "today/").json()["streak"],
        client.get(url_of(goal) + "stats/").json()["streak"],
        client.get("/api/v1/me/stats/").json()["best_streak"],
        row["streak"],
    }


def test_the_streak_grows_waits_a_day_and_ends(alice_api, a_goal, database):
    with time_machine.travel(noon(1)) as clock:
        goal = a_goal()
        make_roadmap(alice_api, goal)
        assert read_streaks(alice_api, goal) == {0}
        for day in (1, 2, 3):
            clock.move_to(noon(day) + timedelta(minutes=1))
            prove(alice_api, database, goal)
            assert read_streaks(alice_api, goal) == {day}
        clock.move_to(noon(4))
        assert read_streaks(alice_api, goal) == {3}  # today is still to come
        prove(alice_api, database, goal, 0)
        assert read_streaks(alice_api, goal) == {3}
        clock.move_to(noon(5))
        assert read_streaks(alice_api, goal) == {0}
        assert stored(database, goal)["streak"] == 3  # as of the last act
        assert prove(alice_api, database, goal)["streak"] == 1
        assert read_streaks(alice_api, goal) == {1}


def verification(day, passed=True):
    return {
        "date": day.isoformat(),
        "test_id": new_id(),
        "questions_count": 5,
        "score": 1.0 if passed else 0.0,
        "passed": passed,
        "completed_at": datetime.combine(day, time(18), UTC),
    }


def make_foreign(database, goal, entries):
    """Leave only what another program would have written."""
    ours = ("streak_until", "freezes", "days_passed", "score_total")
    database.goals.update_one(
        {"id": goal["id"]},
        {
            "$set": {"daily_verifications": entries, "streak": 77},
            "$unset": dict.fromkeys(ours, ""),
        },
    )


@pytest.mark.parametrize(
    ("back", "right"),
    [
        ([0, 1, 2], 3),
        ([1, 2, 3, 4], 4),
        ([2, 3, 4], 0),
        ([0, 2, 3], 1),
        ([], 0),
    ],
)
def test_the_streak_of_a_foreign_goal_is_reckoned(alice_api, a_goal, database, back, right):
    with time_machine.travel(noon(1)):
        goal = a_goal()
        today = noon(1).date()
        entries = [verification(today - DAY * days) for days in sorted(back, reverse=True)]
        make_foreign(database, goal, [*entries, verification(today - DAY * 9, passed=False)])
        assert read_streaks(alice_api, goal) == {right}


def test_a_date_in_the_other_shape_counts(alice_api, a_goal, database):
    with time_machine.travel(noon(1)):
        goal = a_goal()
        entry = verification(noon(1).date()) | {"date": noon(1).replace(hour=0)}
        database.goals.delete_one({"id": goal["id"]})
        document = {**goal, "daily_verifications": [entry]}
        database.goals.insert_one(document, bypass_document_validation=True)
        assert read_streaks(alice_api, goal) == {1}


def test_refresh_streaks_stores_the_figure_as_of_now(alice_api, a_goal, database):
    with time_machine.travel(noon(1)) as clock:
        goal, foreign = a_goal(), a_goal(title="Another")
        make_roadmap(alice_api, goal)
        prove(alice_api, database, goal)
        entries = [verification(noon(day).date()) for day in (0, 1)]
        make_foreign(database, foreign, entries)
        assert list(refresh_streaks()).count(True) == 1
        assert stored(database, goal)["streak"] == 1
        assert stored(database, foreign)["streak"] == 2
        assert stored(database, foreign)["streak_until"] == noon(1).date().isoformat()
        assert not any(refresh_streaks())

        # What another program pushes into a goal of ours counts as well.
        pushed = {"$push": {"daily_verifications": verification(noon(0).date())}}
        database.goals.update_one({"id": goal["id"]}, pushed)
        assert list(refresh_streaks()).count(True) == 1
        assert stored(database, goal)["streak"] == 2

        clock.move_to(noon(3))
        out = StringIO()
        call_command("refresh_streaks", "--format", "json", stdout=out)
        assert json.loads(out.getvalue()) == {"goals": 2, "changed": 2}
        for each in (goal, foreign):
            assert stored(database, each)["streak"] == 0
            assert stored(database, each)["streak_until"] is None


def test_refresh_streaks_leaves_every_other_field(alice_api, a_goal, database):
    goal = a_goal()
    make_foreign(database, goal, [verification(noon(0).date())])
    database.goals.update_one({"id": goal["id"]}, {"$set": {"theirs": [1, {"deep": 2}]}})
    before = stored(database, goal)
    list(refresh_streaks())
    after = stored(database, goal)
    changed = {name for name in after if after[name] != before.get(name, "absent")}
    assert changed == {"streak", "streak_until", "freezes"}


def test_as_of_now_from_the_stored_figure_and_its_last_day():
    def found(**stored):
        now = datetime(2026, 2, 10, 12, tzinfo=UTC)
        return as_of_now({"freezes": 0, **stored}, Calendar(), now)

    assert found(streak=5, streak_until="2026-02-10") == 5
    assert found(streak=5, streak_until="2026-02-09") == 5
    assert found(streak=5, streak_until="2026-02-08") == 0
    assert found(streak=5, streak_until="2026-02-08", freezes=1) == 5
    assert found(streak=5, streak_until=None) == 0
    assert found(streak=5) == 0
