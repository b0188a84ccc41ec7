"""Times of day on a person's wall, "HH:MM": when they come, and the quiet hours. Pure rules.

A wall time that a day leaves out (DST) comes at the first moment after it; one that a day has
twice comes once, the first time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.calendar import ONE_DAY, Calendar

PATTERN = "^([01][0-9]|2[0-3]):[0-5][0-9]$"


@dataclass(frozen=True, slots=True)
class Times:
    """`time` is when to write; from `quiet_from` up to `quiet_to` nothing is sent. Equal: no quiet hours."""

    time: str
    quiet_from: str
    quiet_to: str

    def is_quiet(self, wall: str) -> bool:
        """Whether the wall time lies in the quiet hours, which may go over midnight."""
        if self.quiet_from < self.quiet_to:
            return self.quiet_from <= wall < self.quiet_to
        return self.quiet_from != self.quiet_to and not self.quiet_to <= wall < self.quiet_from


def next_due(
    times: Times, calendar: Calendar, after: datetime, done: date | None = None
) -> datetime | None:
    """The first moment after `after` to write, in UTC, on a day of the person's other than `done`.

    None where the time lies in the quiet hours: there is no such moment.
    """
    found = (due for due in _dues(times, calendar, after) if due > after)
    return next((due for due in found if calendar.day(due) != done), None)


def present_due(times: Times, calendar: Calendar, moment: datetime) -> datetime | None:
    """The moment of the person's present day at which to write, once it has come; else None."""
    today = calendar.day(moment)
    past = [due for due in _dues(times, calendar, moment) if due <= moment]
    return past[-1] if past and calendar.day(past[-1]) == today else None


def may_write(times: Times, calendar: Calendar, moment: datetime) -> bool:
    """Whether a message of today may go out: its time has come, and no quiet hours since."""
    due = present_due(times, calendar, moment)
    if due is None or _quiet_at(times, calendar, moment):
        return False
    if times.quiet_from == times.quiet_to:
        return True
    zone = calendar.zone(due)
    first = due.astimezone(ZoneInfo(zone)).date()
    begins = (moment_of(first + ONE_DAY * n, times.quiet_from, zone) for n in range(3))
    return moment < next(start for start in begins if start and start >= due)


def moment_of(day: date, wall: str, zone: str) -> datetime | None:
    """When clocks in the zone first show the wall time on that day, or have just left it out.

    In UTC; None where the first moment after it is no more of that day.
    """
    local = datetime.combine(day, time.fromisoformat(wall), ZoneInfo(zone))
    found = local.astimezone(UTC)
    if found.astimezone(local.tzinfo).replace(tzinfo=None) != local.replace(tzinfo=None):
        found = _end_of_gap(local)
    return found if found.astimezone(local.tzinfo).date() == day else None


def _end_of_gap(local: datetime) -> datetime:
    """The moment at which the clocks went over `local`, found to the second between two that frame it."""
    before, after = (int(local.replace(fold=fold).timestamp()) for fold in (1, 0))
    offset = datetime.fromtimestamp(before, local.tzinfo).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, local.tzinfo).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return datetime.fromtimestamp(after, UTC)


def _dues(times, calendar, around) -> list[datetime]:
    """The moments to write of some days before and after `around`, in order."""
    return sorted(
        {due for zone in _zones(calendar, around) for due in _in(zone, times, calendar, around)}
    )


def _zones(calendar, around) -> set[str]:
    """Where the person lives in those days: a change of zone may lie among them."""
    changes = {change.zone for change in calendar.changes if change.since > around - 3 * ONE_DAY}
    return {calendar.zone(around - 3 * ONE_DAY), *changes}


def _in(zone, times, calendar, around) -> Iterator[datetime]:
    today = around.astimezone(ZoneInfo(zone)).date()
    for number in range(-2, 5):
        due = moment_of(today + timedelta(days=number), times.time, zone)
        if due and calendar.zone(due) == zone and not _quiet_at(times, calendar, due):
            yield due


def _quiet_at(times, calendar, moment) -> bool:
    local = moment.astimezone(ZoneInfo(calendar.zone(moment)))
    return times.is_quiet(f"{local:%H:%M}")
