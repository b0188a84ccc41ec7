"""A deliberately slow, plain model of a person's days and of a goal's streak, freezes and pauses.

It knows nothing of `accounts.calendar` or `goals.streaks`: it walks through time by quarter hours
(the midnights of all zones fall on those), writes down each date that it sees, and counts.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
QUARTER = timedelta(minutes=15)
QUARTERS_A_DAY = 96


@cache
def dates(start: datetime, zone: str, days: int) -> list[date]:
    """The date in the zone at each quarter hour from `start` on."""
    where, begin = ZoneInfo(zone), start.timestamp()

    def at(hour, quarter=0):
        return datetime.fromtimestamp(begin + 3600 * hour + 900 * quarter, where).date()

    found, shown = [], at(0)
    for hour in range(days * 24):
        now, shown = shown, at(hour + 1)
        # Quarters only where the date is another an hour later.
        found += [now] * 4 if now == shown else [now, *(at(hour, n) for n in (1, 2, 3))]
    return found


class PlainLife:
    """A person from `start` on, in UTC at first. `lived` are the dates they had, in order.

    A move waits for the midnight after it; where the new zone is still on a date already lived, the
    first day there waits for the zone.
    """

    def __init__(self, start: datetime, days: int):
        self.start, self.days = start, days
        self.quarter = 0
        self.dates = dates(start, "UTC", days)
        self.zone = "UTC"
        self.waiting: str | None = None
        self.lived = [self.dates[0]]
        self.began = [0]  # the quarter hour in which each of them did
        self.active: set[date] = set()
        self.paused: set[date] = set()
        self.paused_until: date | None = None

    @property
    def today(self) -> date:
        return self.lived[-1]

    def go_to(self, quarter: int) -> None:
        """Live on until that quarter hour has begun."""
        today, shown_at = self.lived[-1], self.dates
        for now in range(self.quarter + 1, quarter + 1):
            if shown_at[now] > today:
                today = self._begin_day(now)
                shown_at = self.dates
        self.quarter = quarter

    def _begin_day(self, quarter):
        shown = self.dates[quarter]
        if self.waiting:
            self.zone, self.waiting = self.waiting, None
            self.dates = dates(self.start, self.zone, self.days)
            shown = max(self.dates[quarter], self.today + DAY)
        day = self.today
        self.lived.append(shown)
        self.began.append(quarter)
        while self.paused_until and day < shown:
            day += DAY  # dates that were skipped lie in the pause too
            if day >= self.paused_until:
                self.paused_until = None
            else:
                self.paused.add(day)
        return shown

    def move(self, zone: str) -> None:
        self.waiting = zone if zone != self.zone else None

    def pause(self, until: date) -> None:
        self.paused_until = until
        self.paused.add(self.today)

    def resume(self) -> None:
        self.paused_until = None
        self.paused.discard(self.today)

    def streak(self) -> tuple[int, int]:
        """(days, freezes held), counted from the first day lived to this one."""
        days = freezes = 0
        for day in self.lived:
            if day in self.active:
                days += 1
                if days % 7 == 0 and freezes < 2:
                    freezes += 1
            elif day in self.paused or day == self.today:
                continue  # bridged; and today is not missed before it is over
            elif freezes:
                freezes -= 1
            else:
                days = 0
        return days, freezes


def utc(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=UTC)  # type: ignore[arg-type, misc]
