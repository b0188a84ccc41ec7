"""When a wall time comes, and the quiet hours: product.md, "People", and issue-wide rules of DST."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.calendar import Calendar, zones
from accounts.wall_times import Times, may_write, moment_of, next_due, present_due

EVENING = Times("18:00", "22:00", "08:00")


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def living_in(zone):
    return Calendar().moved(zone, utc("2026-01-01T00:00"))


@pytest.mark.parametrize(
    ("quiet_from", "quiet_to", "quiet", "not_quiet"),
    [
        ("22:00", "08:00", ["22:00", "23:59", "00:00", "07:59"], ["08:00", "21:59"]),
        ("12:00", "14:00", ["12:00", "13:59"], ["11:59", "14:00", "00:00"]),
        ("08:00", "08:00", [], ["08:00", "07:59", "00:00"]),
        ("00:00", "00:01", ["00:00"], ["00:01", "23:59"]),
        ("23:59", "00:00", ["23:59"], ["00:00", "23:58"]),
    ],
)
def test_quiet_hours(quiet_from, quiet_to, quiet, not_quiet):
    times = Times("18:00", quiet_from, quiet_to)
    assert [wall for wall in quiet + not_quiet if times.is_quiet(wall)] == quiet


@pytest.mark.parametrize(
    ("zone", "day", "wall", "expected"),
    [
        ("UTC", "2026-03-09", "18:00", "2026-03-09T18:00"),
        ("Asia/Kathmandu", "2026-03-09", "18:00", "2026-03-09T12:15"),
        # 02:00 to 03:00 left out: the first moment after it
        ("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-03-29", "02:00", "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-03-29", "03:00", "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-03-29", "01:59", "2026-03-29T00:59"),
        # 02:00 to 03:00 twice: once, the first time
        ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T00:30"),
        # half an hour
        ("Australia/Lord_Howe", "2026-10-04", "02:10", "2026-10-03T15:30"),
        # no 30 December at all; 23:00 to midnight left out: not of that day
        ("Pacific/Apia", "2011-12-30", "12:00", None),
        ("America/Nuuk", "2026-03-28", "23:30", None),
    ],
)
def test_the_moment_of_a_wall_time(zone, day, wall, expected):
    assert moment_of(date.fromisoformat(day), wall, zone) == (expected and utc(expected))


def slowly(day, wall, zone):
    """The first minute of the day whose wall time is that or later, by looking at each."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    for minute in range(54 * 60):
        local = (start + timedelta(minutes=minute)).astimezone(ZoneInfo(zone))
        if local.date() == day and f"{local:%H:%M}" >= wall:
            return local.astimezone(UTC)
    return None


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(sorted(zones())),
    day=st.dates(date(2000, 1, 1), date(2035, 1, 1)),
    wall=st.times().map(lambda time: f"{time:%H:%M}"),
)
def test_the_moment_is_what_a_look_at_every_minute_finds(zone, day, wall):
    assert moment_of(day, wall, zone) == slowly(day, wall, zone)


@pytest.mark.parametrize(
    ("zone", "day", "wall"),
    [
        ("Europe/Berlin", "2026-03-29", "02:30"),
        ("Europe/Berlin", "2026-10-25", "02:30"),
        ("Australia/Lord_Howe", "2026-10-04", "02:10"),
        ("America/St_Johns", "2010-11-07", "00:00"),
        ("America/St_Johns", "2010-11-06", "23:30"),
        ("America/Sao_Paulo", "2018-11-04", "00:30"),
    ],
)
def test_likewise_on_days_that_are_not_plain(zone, day, wall):
    day = date.fromisoformat(day)
    assert moment_of(day, wall, zone) == slowly(day, wall, zone)


def test_the_next_is_in_the_future_and_on_another_day_than_what_is_done():
    berlin = living_in("Europe/Berlin")
    morning, evening = utc("2026-03-09T09:00"), utc("2026-03-09T17:00")
    assert next_due(EVENING, berlin, morning) == evening
    assert next_due(EVENING, berlin, evening) == utc("2026-03-10T17:00")
    assert next_due(EVENING, berlin, morning, date(2026, 3, 9)) == utc("2026-03-10T17:00")


def test_no_moment_comes_for_a_time_in_the_quiet_hours():
    assert next_due(Times("07:00", "22:00", "08:00"), Calendar(), utc("2026-03-09T09:00")) is None


def test_a_time_that_summer_moves_into_the_quiet_hours_is_left_out_that_day():
    times, berlin = Times("02:30", "03:00", "06:00"), living_in("Europe/Berlin")
    assert next_due(times, berlin, utc("2026-03-28T12:00")) == utc("2026-03-30T00:30")


def test_a_year_has_as_many_as_days_whatever_the_clocks_do():
    berlin, moment = living_in("Europe/Berlin"), utc("2026-03-01T00:00")
    times, days = Times("02:30", "12:00", "12:00"), []
    for _ in range(365):
        moment = next_due(times, berlin, moment)
        days.append(berlin.day(moment))
    assert days == [date(2026, 3, 1) + timedelta(days=n) for n in range(365)]


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        # Flying west makes one day long: its wall time comes twice, and is asked for once.
        ("America/Los_Angeles", ["2026-03-09T09:00", "2026-03-10T01:00", "2026-03-12T01:00"]),
        ("Pacific/Kiritimati", ["2026-03-09T09:00", "2026-03-10T04:00", "2026-03-11T04:00"]),
    ],
)
def test_a_change_of_zone_moves_the_next_one(there, expected):
    tokyo = living_in("Asia/Tokyo")
    moved = tokyo.moved(there, utc("2026-03-09T03:00"))
    moment, done, found = utc("2026-03-09T03:00"), None, []
    for _ in range(3):
        moment = next_due(EVENING, moved, moment, done)
        done = moved.day(moment)
        found.append(moment)
    assert found == [utc(text) for text in expected]
    assert len({moved.day(moment) for moment in found}) == 3


@pytest.mark.parametrize(
    ("times", "now", "allowed"),
    [
        (EVENING, "2026-03-09T17:59", False),
        (EVENING, "2026-03-09T18:00", True),
        (EVENING, "2026-03-09T21:59", True),  # the sender was down
        (EVENING, "2026-03-09T22:00", False),
        (EVENING, "2026-03-10T00:30", False),
        (EVENING, "2026-03-10T09:00", False),  # that would be yesterday's
        (Times("18:00", "12:00", "12:00"), "2026-03-09T23:59", True),
        (Times("18:00", "12:00", "12:00"), "2026-03-10T00:00", False),
        (Times("06:00", "08:00", "10:00"), "2026-03-09T07:59", True),
        (Times("06:00", "08:00", "10:00"), "2026-03-09T09:00", False),
        (Times("06:00", "08:00", "10:00"), "2026-03-09T11:00", False),  # they have begun since
        (Times("06:00", "05:00", "06:00"), "2026-03-09T23:00", True),
    ],
)
def test_a_late_sender_writes_before_the_quiet_hours_or_not_at_all(times, now, allowed):
    assert may_write(times, Calendar(), utc(now)) is allowed


def test_the_present_due_is_that_of_today():
    assert present_due(EVENING, Calendar(), utc("2026-03-09T17:59")) is None
    assert present_due(EVENING, Calendar(), utc("2026-03-09T23:59")) == utc("2026-03-09T18:00")
    assert present_due(EVENING, Calendar(), utc("2026-03-10T00:00")) is None
