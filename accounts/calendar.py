"""A person's days: local days of their time zone, never doubled, whatever zone they move to.

product.md: a change of zone takes effect at the next local midnight; travel and DST
neither lose nor double a day, and dates skipped are not missed.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

ONE_DAY = timedelta(days=1)
KEPT = timedelta(days=800)  # two roadmaps of the longest kind: no streak looks further back


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """From `since` on the person lives in `zone`; `first_day` is their first day there.

    `skipped` are the dates that flying east left out between the two zones.
    """

    zone: str
    since: datetime
    first_day: date
    skipped: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Calendar:
    """`changes` in the order of time; before the first of them the zone is UTC."""

    changes: tuple[ZoneChange, ...] = field(default=())

    def day(self, moment: datetime) -> date:
        """The person's local day at `moment` (aware)."""
        change = self._at(moment)
        if change is None:
            return moment.astimezone(UTC).date()
        # Flying west would live the same date twice: the first day there waits for the zone.
        return max(moment.astimezone(ZoneInfo(change.zone)).date(), change.first_day)

    def zone(self, moment: datetime) -> str:
        change = self._at(moment)
        return change.zone if change else "UTC"

    def next_midnight(self, moment: datetime) -> datetime:
        """When the person's next day begins, in UTC."""
        return _midnight(self.day(moment) + ONE_DAY, self.zone(moment))

    def end_of(self, day: date) -> datetime:
        """When `day` was over, in UTC: the first moment of a later day of the person's."""
        tomorrow = day + ONE_DAY
        end = _midnight(tomorrow, "UTC")
        for change in self.changes:
            if end < change.since:
                break
            midnight = _midnight(tomorrow, change.zone)
            end = change.since if change.first_day > day else max(change.since, midnight)
        return end

    def skips(self, day: date, moment: datetime) -> bool:
        """Whether `day` was no day of this person's: nothing can be missed on it."""
        there = None
        for change in self.changes:
            if change.since > moment:
                break
            if day in change.skipped:
                return True
            if change.first_day <= day:
                there = change
        # A first day there was lived, even where the zone itself has no such date.
        return bool(there and there.first_day != day and not _exists(day, there.zone))

    def day_before(self, day: date, moment: datetime) -> date:
        """The last day before `day` that the person had."""
        day -= ONE_DAY
        while self.skips(day, moment):
            day -= ONE_DAY
        return day

    def yesterday(self, moment: datetime) -> date:
        """The last day that the person had before the present one."""
        return self.day_before(self.day(moment), moment)

    def moved(self, zone: str, moment: datetime) -> "Calendar":
        """The calendar after choosing `zone` at `moment`; an earlier choice not yet in effect gives way."""
        current = Calendar(self._kept(moment))
        if current.zone(moment) == zone:
            return current
        since = current.next_midnight(moment)
        today = current.day(moment)
        there = since.astimezone(ZoneInfo(zone)).date()
        first_day = max(today + ONE_DAY, there)
        skipped = tuple(today + ONE_DAY * n for n in range(1, (first_day - today).days))
        return Calendar((*current.changes, ZoneChange(zone, since, first_day, skipped)))

    def _kept(self, moment):
        """The changes in effect within KEPT: the last one older than that still was, at its start."""
        past = [change for change in self.changes if change.since <= moment]
        older = sum(change.since <= moment - KEPT for change in past)
        return tuple(past[max(0, older - 1) :])

    def _at(self, moment):
        return next((c for c in reversed(self.changes) if c.since <= moment), None)


@cache
def zones() -> frozenset[str]:
    """The names of the IANA database."""
    return frozenset(available_timezones()) - {"localtime", "Factory"}


def _midnight(day, zone):
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


@lru_cache(maxsize=4096)
def _exists(day, zone):
    """False for a date that the zone itself left out, as Apia did 2011-12-30."""
    noon = datetime.combine(day, time(12), ZoneInfo(zone))
    return noon.astimezone(UTC).astimezone(noon.tzinfo).date() == day
