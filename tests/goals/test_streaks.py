"""The streak against a slow plain model: random histories, zones, clock changes and moves."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.calendar import Calendar, zones
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


class PlainLife:
    """A person who walks through time hour by hour and writes down the days they see.

    A move waits for the midnight after it; where the new zone is still on a date already
    lived, that date does not come again.
    """

    def __init__(self, start, hours, moves):
        self.lived, self.zone, waiting = [], "UTC", None
        self.moments = [start + timedelta(hours=n) for n in range(hours)]
        self.day_of = {}
        for number, moment in enumerate(self.moments):
            shown = self.clock(moment)
            if waiting and shown > self.lived[-1]:
                self.zone, waiting = waiting, None
                shown = max(self.clock(moment), self.lived[-1] + DAY)
            if self.lived:
                shown = max(shown, self.lived[-1])
            if not self.lived or shown > self.lived[-1]:
                self.lived.append(shown)
            self.day_of[moment] = shown
            if number in moves:
                waiting = moves[number] if moves[number] != self.zone else None

    def clock(self, moment):
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def streak(self, active):
        """Count back from the last day lived, which may still be open, over days lived."""
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
    hours = draw(st.integers(1, 24 * 25))
    numbers = st.integers(0, hours - 1)
    moves = draw(st.dictionaries(numbers, zone_names, max_size=4))
    missed = draw(st.sets(st.integers(0, 30), max_size=4))
    return start, hours, moves, missed


def whole_hours(life):
    """Whether every midnight the person met fell on a full hour, where the walk steps."""
    offsets = (moment.astimezone(ZoneInfo(life.zone)).utcoffset() for moment in life.moments)
    return all(offset.total_seconds() % 3600 == 0 for offset in offsets)


@settings(max_examples=300, deadline=None)
@given(histories())
def test_the_streak_is_the_plain_models(history):
    start, hours, moves, missed = history
    # Quarter hours: midnights of every zone fall on them.
    steps = hours * 4
    life = QuarterLife(start, steps, {number * 4: zone for number, zone in moves.items()})
    calendar = Calendar()
    for number in sorted(moves):
        calendar = calendar.moved(moves[number], start + timedelta(hours=number))
    for moment in life.moments[:: max(1, steps // 50)]:
        assert calendar_at(start, moves, moment).day(moment) == life.day_of[moment]
    now = life.moments[-1]
    active = {day for n, day in enumerate(reversed(life.lived)) if n not in missed}
    assert streak(active, calendar, now)[0] == life.streak(active)


def calendar_at(start, moves, moment):
    """The calendar as it was known at `moment`: moves up to then."""
    calendar = Calendar()
    for number in sorted(moves):
        if (when := start + timedelta(hours=number)) <= moment:
            calendar = calendar.moved(moves[number], when)
    return calendar
