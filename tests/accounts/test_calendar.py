"""Days of a person (product.md, "People"): pure functions, then over the API."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accounts.calendar import Calendar, ZoneChange, zones
from accounts.models import User
from doit_site import clock
from tests.problem_details import assert_problem

DAY = timedelta(days=1)
STEP = timedelta(minutes=15)  # every offset in use is a multiple of it
DAYS = 12


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def living_in(zone, since=None):
    """The calendar of somebody who has lived there for long."""
    since = since or utc(2000, 1, 1)
    return Calendar((ZoneChange(zone, since, since.date()),))


class PlainPerson:
    """The rule, word for word: asked every quarter of an hour, remembers only the present."""

    def __init__(self):
        self.zone, self.chosen, self.today, self.left_out = "UTC", "UTC", None, set()

    def choose(self, zone):
        self.chosen = zone

    def day(self, moment):
        local = moment.astimezone(ZoneInfo(self.zone)).date()
        if self.today is None:
            self.today = local
        elif local > self.today:  # a local midnight
            self.zone = self.chosen
            there = moment.astimezone(ZoneInfo(self.zone)).date()
            next_day = max(self.today + DAY, there)
            self.left_out |= {self.today + DAY * n for n in range(1, (next_day - self.today).days)}
            self.today = next_day
        return self.today


quarters = st.integers(0, 10 * 365 * 96).map(lambda n: utc(2026, 1, 1) + STEP * n)
moves = st.lists(
    st.tuples(st.integers(0, DAYS * 96), st.sampled_from(sorted(zones()))), min_size=1, max_size=8
).map(sorted)


def live(start, choices, calendar=None):
    """(moment, day, zone) at each quarter of an hour, and the calendar that they left."""
    calendar = calendar or Calendar()
    person, lived, choices = PlainPerson(), [], list(choices)
    for n in range((DAYS + 3) * 96):
        moment = start + STEP * n
        expected = person.day(moment)
        while choices and choices[0][0] == n:
            zone = choices.pop(0)[1]
            person.choose(zone)
            calendar = calendar.moved(zone, moment)
        assert calendar.day(moment) == expected, (moment, calendar)
        assert calendar.zone(moment) == person.zone
        lived.append((moment, expected, person.zone))
    return lived, calendar, person.left_out


EAST = [(40, "Pacific/Pago_Pago"), (200, "Pacific/Kiritimati")]
WEST = [(40, "Pacific/Kiritimati"), (200, "Pacific/Pago_Pago")]
TO_AND_FRO = [(n * 96 + 50, zone) for n, (_, zone) in enumerate((EAST + WEST) * 3)]


@settings(deadline=None, max_examples=60)
@given(quarters, moves)
@example(utc(2026, 3, 28), EAST)
@example(utc(2026, 3, 28), WEST)
@example(utc(2026, 3, 28), TO_AND_FRO)
@example(utc(2026, 10, 24), [(0, "Europe/Berlin"), (100, "America/New_York")])
def test_days_are_those_of_the_plain_model_and_stay_so(start, choices):
    lived, calendar, left_out = live(start, choices)

    for moment, day, zone in lived:  # what was a day then is the same day afterwards
        assert calendar.day(moment) == day
        assert calendar.zone(moment) == zone
    end = lived[-1][0]
    first, last = lived[0][1], lived[-1][1]
    every = {first + DAY * n for n in range((last - first).days + 1)}
    days = {day for _, day, _ in lived}
    assert every - days == left_out
    for day in every:
        assert calendar.skips(day, end) == (day in left_out)


@settings(deadline=None, max_examples=60)
@given(quarters, moves)
@example(utc(2026, 3, 28), EAST)
@example(utc(2026, 3, 28), WEST)
def test_a_day_never_comes_back_and_a_zone_changes_at_most_once_a_day(start, choices):
    lived, _, _ = live(start, choices)
    for (_, before, old), (_, after, new) in pairwise(lived):
        assert after >= before
        assert old == new or after > before


def test_the_broken_twin_that_moves_at_once_lives_a_day_twice():
    lived = [
        (utc(2026, 3, 28, 11) + STEP * n)
        .astimezone(ZoneInfo("Pacific/Kiritimati" if n < 8 else "Pacific/Pago_Pago"))
        .date()
        for n in range(16)
    ]
    assert any(after < before for before, after in pairwise(lived))


@settings(deadline=None, max_examples=100)
@given(quarters, st.sampled_from(sorted(zones())), st.sampled_from(sorted(zones())))
@example(utc(2026, 4, 23, 12), "Africa/Cairo", "Africa/Cairo")  # has no 00:00 the next day
@example(utc(2026, 10, 29, 12), "Africa/Cairo", "UTC")
@example(utc(2026, 10, 24, 12), "Atlantic/Azores", "Asia/Beirut")
def test_the_next_midnight_is_when_the_day_ends(moment, zone, other):
    for calendar in (living_in(zone), living_in(zone).moved(other, moment)):
        end = calendar.next_midnight(moment)
        assert moment < end <= moment + timedelta(hours=26)
        assert calendar.day(end - timedelta(milliseconds=1)) == calendar.day(moment)
        assert calendar.day(end) > calendar.day(moment)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 400), st.sampled_from(sorted(zones()))), max_size=8))
@example([(1, "Asia/Tokyo"), (600, "America/New_York"), (300, "Europe/Berlin")])
def test_days_of_the_last_two_years_survive_any_number_of_moves(moves):
    """A calendar forgets what is older than any streak looks back, and nothing younger."""
    calendar, now, lived = Calendar(), utc(2026, 1, 1, 20), {}
    for days, zone in moves:
        for _ in range(days):
            lived[now] = calendar.day(now)
            now += DAY
        calendar = calendar.moved(zone, now)
        recent = {moment: day for moment, day in lived.items() if moment > now - 800 * DAY}
        assert {moment: calendar.day(moment) for moment in recent} == recent
    assert len(calendar.changes) <= len(moves)


def test_a_calendar_forgets_changes_older_than_any_streak():
    calendar, now = Calendar(), utc(2026, 1, 1, 9)
    for n in range(100):
        calendar = calendar.moved("Asia/Tokyo" if n % 2 else "Europe/Berlin", now)
        now += 30 * DAY
    assert len(calendar.changes) < 30


def test_flying_east_over_the_date_line_skips_a_date_and_misses_none():
    calendar = living_in("Pacific/Pago_Pago").moved("Pacific/Kiritimati", utc(2026, 3, 10, 20))
    (_, change) = calendar.changes
    assert change.since == utc(2026, 3, 11, 11)  # midnight in Pago Pago
    assert change.first_day == date(2026, 3, 12)
    assert change.skipped == (date(2026, 3, 11),)
    after = utc(2026, 3, 11, 12)
    assert calendar.day(after) == date(2026, 3, 12)
    assert calendar.day_before(date(2026, 3, 12), after) == date(2026, 3, 10)
    assert calendar.skips(date(2026, 3, 11), after)
    assert not calendar.skips(date(2026, 3, 10), after)


def test_flying_west_over_the_date_line_makes_a_day_longer():
    calendar = living_in("Pacific/Kiritimati").moved("Pacific/Pago_Pago", utc(2026, 3, 10, 20))
    since = calendar.changes[-1].since
    assert since == utc(2026, 3, 11, 10)  # midnight of the 12th in Kiritimati
    assert calendar.changes[-1].first_day == date(2026, 3, 12)
    assert calendar.changes[-1].skipped == ()
    assert calendar.day(since - STEP) == date(2026, 3, 11)
    assert calendar.day(since) == date(2026, 3, 12)
    assert calendar.day(utc(2026, 3, 13, 10, 45)) == date(2026, 3, 12)
    assert calendar.day(utc(2026, 3, 13, 11)) == date(2026, 3, 13)


@pytest.mark.parametrize(
    ("zone", "start", "hours"),
    [
        ("Europe/Berlin", utc(2026, 3, 28, 23), 23),
        ("Europe/Berlin", utc(2026, 10, 24, 22), 25),
        ("Australia/Lord_Howe", utc(2026, 4, 4, 13), 24.5),
        ("Africa/Cairo", utc(2026, 4, 23, 22), 23),
        ("Asia/Kathmandu", utc(2026, 4, 23, 18, 15), 24),
    ],
)
def test_a_day_with_a_change_of_clocks_is_one_day(zone, start, hours):
    calendar = living_in(zone)
    day = calendar.day(start)
    assert calendar.day(start - timedelta(seconds=1)) == day - DAY
    assert calendar.next_midnight(start) - start == timedelta(hours=hours)
    assert calendar.day(start + timedelta(hours=hours, seconds=-1)) == day
    assert calendar.day(start + timedelta(hours=hours)) == day + DAY


@pytest.mark.parametrize(
    ("zone", "day"),
    [("Pacific/Apia", date(2011, 12, 30)), ("Pacific/Kwajalein", date(1993, 8, 21))],
)
def test_a_date_that_a_zone_left_out_is_skipped(zone, day):
    calendar, moment = living_in(zone, utc(1990, 1, 1)), utc(2026, 1, 1)
    assert calendar.skips(day, moment)
    assert calendar.day_before(day + DAY, moment) == day - DAY
    assert not calendar.skips(day, utc(1980, 1, 1))  # in UTC there was such a day


def test_a_later_choice_replaces_one_not_yet_in_effect():
    moment = utc(2026, 3, 10, 9)
    once = Calendar().moved("Asia/Tokyo", moment)
    twice = once.moved("Europe/Berlin", moment + timedelta(hours=1))
    assert [change.zone for change in once.changes] == ["Asia/Tokyo"]
    assert [change.zone for change in twice.changes] == ["Europe/Berlin"]
    assert twice.moved("UTC", moment + timedelta(hours=2)) == Calendar()


def test_the_zones_are_those_of_iana():
    assert {"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"} <= zones()
    assert not {"localtime", "Factory", "posixrules"} & zones()
    assert len(zones()) > 400
    for zone in zones():
        ZoneInfo(zone)


# Over the API

ME = "/api/v1/me/"


@pytest.fixture
def today(alice):
    return lambda: User.objects.get(pk=alice.pk).today()


def choose(client, zone):
    response = client.patch(ME, {"time_zone": zone})
    assert response.status_code == 200, response.content
    return response.json()["time_zone"], response.json()["time_zone_from"]


def test_a_time_zone_takes_effect_at_the_next_local_midnight(
    later, morning, alice_api, today, database
):
    tomorrow = morning.date() + DAY
    assert choose(alice_api, "Asia/Tokyo") == ("Asia/Tokyo", tomorrow.isoformat())

    later(hours=13)  # 23:00 UTC, already tomorrow in Tokyo
    assert today() == morning.date()
    assert alice_api.get(ME).json()["time_zone_from"] == tomorrow.isoformat()
    later(hours=1)
    assert today() == tomorrow
    assert alice_api.get(ME).json()["time_zone_from"] is None
    later(hours=15)  # 15:00 UTC is midnight in Tokyo
    assert today() == tomorrow + DAY


def test_a_time_zone_is_stored_with_the_documented_types(morning, alice_api, database):
    choose(alice_api, "Asia/Tokyo")
    document = database.users.find_one()
    assert document["time_zone"] == "Asia/Tokyo"
    (change,) = document["time_zones"]
    tomorrow = morning.date() + DAY
    assert change == {
        "zone": "Asia/Tokyo",
        "since": datetime.combine(tomorrow, datetime.min.time()),
        "first_day": tomorrow.isoformat(),
        "skipped": [],
    }


def test_a_time_zone_changes_at_most_once_a_day(later, morning, alice_api, today, database):
    tomorrow = morning.date() + DAY
    choose(alice_api, "Pacific/Kiritimati")
    later(hours=1)
    assert choose(alice_api, "Pacific/Pago_Pago")[1] == tomorrow.isoformat()
    assert len(database.users.find_one()["time_zones"]) == 1
    later(hours=1)
    assert choose(alice_api, "UTC") == ("UTC", None)
    assert database.users.find_one()["time_zones"] == []
    later(hours=12)
    assert today() == tomorrow


def test_a_date_skipped_is_stored(later, morning, alice_api, today, database):
    choose(alice_api, "Pacific/Pago_Pago")
    later(days=3)
    here = today()
    assert choose(alice_api, "Pacific/Kiritimati")[1] == (here + 2 * DAY).isoformat()
    assert database.users.find_one()["time_zones"][-1]["skipped"] == [(here + DAY).isoformat()]
    later(hours=2)  # 10:00 UTC was 23:00 in Pago Pago
    assert today() == here + 2 * DAY
    calendar = User.objects.get(pk=alice_api.session_document["user_id"]).calendar
    assert calendar.day_before(today(), clock.now()) == here


@pytest.mark.parametrize(
    "zone",
    ["Mars/Olympus", "", "europe/berlin", "../../etc/passwd", "localtime", "+02:00", 1, None, []],
)
def test_what_is_no_time_zone_is_refused(zone, alice_api):
    problem = assert_problem(alice_api.patch(ME, {"time_zone": zone}), 400, "invalid_input")
    assert [row["pointer"] for row in problem["errors"]] == ["/time_zone"]
