"""The streak against a slow plain model: random histories, zones, clock changes and moves."""

import json
from datetime import UTC, datetime, time, timedelta
from io import StringIO
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accounts.calendar import Calendar, zones
from doit_site.mongo.fields import new_id
from goals.streaks import as_of_now, streak
from goals.upkeep import refresh_streaks
from tests.goals.steps import make_roadmap, noon, prove, stored, url_of

DAY = timedelta(days=1)
HARD_ZONES = [
    *("UTC", "Pacific/Apia", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York"),
    *("Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Sao_Paulo"),
    *("Africa/Casablanca", "Asia/Tehran", "America/St_Johns", "Asia/Kolkata", "Pacific/Chatham"),
]
STARTS = [
    datetime(2011, 12, 20, tzinfo=UTC),  # Apia leaves out 2011-12-30
    datetime(2024, 2, 20, tzinfo=UTC),  # a leap day, and New York's spring
    datetime(2026, 3, 1, tzinfo=UTC),
    datetime(2026, 10, 15, tzinfo=UTC),  # the autumn of both
    datetime(2026, 12, 20, tzinfo=UTC),
]
zone_names = st.one_of(st.sampled_from(HARD_ZONES), st.sampled_from(sorted(zones())))


QUARTER = timedelta(minutes=15)  # midnights of all zones fall on quarter hours


class PlainLife:
    """A person who walks through time by quarter hours and writes down the days they see.

    A move waits for the midnight after it; where the new zone is still on a date already
    lived, the first day there waits for the zone.
    """

    def __init__(self, start, hours, moves):
        self.zone, self.lived, self.seen = "UTC", [], []
        waiting = None
        for number in range(hours * 4):
            moment = start + QUARTER * number
            shown = self._date(moment)
            if waiting and shown > self.lived[-1]:
                self.zone, waiting = waiting, None
                shown = max(self._date(moment), self.lived[-1] + DAY)
            if not self.lived or shown > self.lived[-1]:
                self.lived.append(shown)
            self.seen.append((moment, self.lived[-1]))
            if number % 4 == 0 and number // 4 in moves:
                zone = moves[number // 4]
                waiting = zone if zone != self.zone else None

    def _date(self, moment):
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def streak(self, active):
        """Count back over the days lived; the last one may still be open."""
        days = list(reversed(self.lived))
        if days[0] not in active:
            days = days[1:]
        count = 0
        while count < len(days) and days[count] in active:
            count += 1
        return count


@st.composite
def histories(draw):
    start = draw(st.sampled_from(STARTS)) + timedelta(hours=draw(st.integers(0, 23)))
    hours = draw(st.integers(1, 24 * 18))
    moves = draw(st.dictionaries(st.integers(0, hours - 1), zone_names, max_size=4))
    missed = draw(st.sets(st.integers(0, 20), max_size=3))
    return start, hours, moves, missed


@settings(max_examples=300, deadline=None)
@example((datetime(2011, 12, 20, tzinfo=UTC), 251, {216: "Pacific/Apia"}, set()))
@example((datetime(2011, 12, 20, tzinfo=UTC), 400, {0: "Pacific/Apia", 300: "UTC"}, set()))
@given(histories())
def test_days_and_streak_are_the_plain_models(history):
    start, hours, moves, missed = history
    life = PlainLife(start, hours, moves)
    calendar, due = Calendar(), sorted(moves)
    for moment, day in life.seen[::4]:
        assert calendar.day(moment) == day
        if due and moment == start + timedelta(hours=due[0]):
            calendar = calendar.moved(moves[due.pop(0)], moment)
    now = life.seen[-1][0]
    active = {day for n, day in enumerate(reversed(life.lived)) if n not in missed}
    assert streak(active, calendar, now)[0] == life.streak(active)


@settings(max_examples=100, deadline=None)
@given(histories())
def test_no_day_is_missed_by_travelling(history):
    """Who proves every day they have is on a streak of all of them, wherever they fly."""
    start, hours, moves, _ = history
    life = PlainLife(start, hours, moves)
    calendar = Calendar()
    for number in sorted(moves):
        calendar = calendar.moved(moves[number], start + timedelta(hours=number))
    assert streak(life.lived, calendar, life.seen[-1][0]) == (len(life.lived), life.lived[-1])


def test_travel_breaks_a_streak_that_counts_calendar_dates():
    """The broken twin: consecutive dates of the present zone, without a calendar."""
    start = datetime(2026, 3, 1, tzinfo=UTC)
    # From Pago Pago to Kiritimati a whole date is left out.
    life = PlainLife(start, 24 * 6, {0: "Pacific/Pago_Pago", 72: "Pacific/Kiritimati"})
    assert any(b - a > DAY for a, b in pairwise(life.lived))
    naive, day = 0, life.lived[-1]
    while day in life.lived:
        naive, day = naive + 1, day - DAY
    calendar = Calendar().moved("Pacific/Pago_Pago", start)
    calendar = calendar.moved("Pacific/Kiritimati", start + timedelta(hours=72))
    right = streak(life.lived, calendar, life.seen[-1][0])[0]
    assert naive < right == len(life.lived)


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
    ours = ("streak_until", "days_passed", "score_total")
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
    assert changed == {"streak", "streak_until"}


def test_as_of_now_from_the_stored_figure_and_its_last_day():
    now = datetime(2026, 2, 10, 12, tzinfo=UTC)
    calendar = Calendar()
    assert as_of_now({"streak": 5, "streak_until": "2026-02-10"}, calendar, now) == 5
    assert as_of_now({"streak": 5, "streak_until": "2026-02-09"}, calendar, now) == 5
    assert as_of_now({"streak": 5, "streak_until": "2026-02-08"}, calendar, now) == 0
    assert as_of_now({"streak": 5, "streak_until": None}, calendar, now) == 0
    assert as_of_now({"streak": 5}, calendar, now) == 0
