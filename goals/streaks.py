"""The streak: consecutive days, ending today or yesterday, with an activity (product.md, "Goals").

Days without one are covered by a pause of the goal, or by a freeze: a goal earns one for each 7
days of its streak, holds at most 2, and spends one by itself on a missed day.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from accounts.calendar import Calendar
from doit_site.mongo.shapes import as_date, as_datetime

ONE_DAY = timedelta(days=1)
DAYS_A_FREEZE = 7
MOST_FREEZES = 2
SKEW = timedelta(minutes=5)  # between the clocks of two machines

# What of a goal's document a streak is reckoned from, as a projection, and what it is kept in.
SOURCES = (
    *("archived_passes", "pauses"),
    *("daily_verifications.date", "daily_verifications.passed", "daily_verifications.completed_at"),
)
KEPT_IN = ("streak", "streak_until", "freezes")
NOT_SHOWN = ("streak_until", "freezes", "pauses")  # what a goal is read with for its streak

Pause = tuple[date, date]


class Streak(NamedTuple):
    """`days` with an activity; `until` the last day reached, with one or covered; `freezes` held then."""

    days: int = 0
    until: date | None = None
    freezes: int = 0

    def fields(self) -> dict:
        """As a goal's document keeps it."""
        until = self.until and self.until.isoformat()
        return dict(zip(KEPT_IN, (self.days, until, self.freezes), strict=True))


NONE = Streak()


def streak(
    active: Iterable[date],
    calendar: Calendar,
    moment: datetime,
    pauses: Collection[Pause] = (),
    frozen: set[date] | None = None,
) -> Streak:
    """The streak as of `moment`, from all days with an activity; NONE when there is none.

    A date that the person's calendar skipped is neither needed nor counted. The days on which a
    freeze was spent are added to `frozen`.
    """
    today = calendar.day(moment)
    missed = _missed_by(calendar, moment, pauses)
    reached = NONE
    for day in sorted(set(active)):
        if day <= today and not calendar.skips(day, moment):
            reached = _with(_carried_to(reached, day, missed, frozen), day)
    return _carried_to(reached, today, missed, frozen)


def now(goal: dict, calendar: Calendar, moment: datetime) -> Streak:
    """The streak of a goal's document as it stands at `moment`.

    From the stored figures; where they are not all there, as in a document of another program,
    from the verifications it must then hold.
    """
    if not is_kept(goal):
        return reckoned(goal, calendar, moment)
    count = int(goal["streak"] or 0)
    until = as_date(goal["streak_until"]) if count else None
    if until is None:
        return NONE
    missed = _missed_by(calendar, moment, pauses_of(goal))
    stored = Streak(count, until, int(goal["freezes"] or 0))
    return _carried_to(stored, calendar.day(moment), missed, None)


def as_of_now(goal: dict, calendar: Calendar, moment: datetime) -> int:
    """How many days the streak of a goal's document has at `moment`."""
    return now(goal, calendar, moment).days


def stands(goal: dict, yesterday: str) -> int | None:
    """The stored streak where no day can have been missed since: none, or one that reaches `yesterday`.

    None where the days since then have to be looked at. For lists: it costs a ninth of `now`.
    """
    if not is_kept(goal):
        return None
    count, until = int(goal["streak"] or 0), goal["streak_until"]
    reaches = isinstance(until, str) and until >= yesterday
    return count if reaches or not count else None


def reckoned(
    goal: dict, calendar: Calendar, moment: datetime, frozen: set[date] | None = None
) -> Streak:
    """The streak at `moment`, reckoned from the goal's verifications and pauses, whatever is stored."""
    moment = _latest(goal, moment)
    return streak(passed_dates(goal), calendar, moment, pauses_of(goal), frozen)


def is_kept(goal: dict) -> bool:
    """Whether all stored figures of a streak are there."""
    return all(name in goal for name in KEPT_IN)


def paused(goal: dict, day: date) -> bool:
    """Whether `day` lies in a pause of the goal, a past one or the present one."""
    return _covered(day, pauses_of(goal))


def pauses_of(goal: dict) -> list[Pause]:
    """(first day, day on which it is over) of the goal's pauses, in their order."""
    return [
        (first, until)
        for pause in goal.get("pauses") or ()
        if (first := as_date(pause.get("from"))) and (until := as_date(pause.get("until")))
    ]


def passed_dates(goal: dict) -> set[date]:
    """The dates of the goal's passed verifications, of those in the archive too."""
    held = (
        entry.get("date") for entry in goal.get("daily_verifications") or () if entry.get("passed")
    )
    return {
        day for value in (*(goal.get("archived_passes") or ()), *held) if (day := as_date(value))
    }


def _covered(day: date, pauses: Collection[Pause]) -> bool:
    return any(first <= day < until for first, until in pauses)


def _missed_by(
    calendar: Calendar, moment: datetime, pauses: Collection[Pause]
) -> Callable[[date, date], Iterator[date]]:
    """missed(after, before): the days between that had to have an activity."""

    def missed(after, before):
        day = after + ONE_DAY
        while day < before:
            if not _covered(day, pauses) and not calendar.skips(day, moment):
                yield day
            day += ONE_DAY

    return missed


def _carried_to(reached: Streak, day: date, missed, frozen: set[date] | None) -> Streak:
    """What is left of the streak on the morning of `day`: each missed day before it costs a freeze."""
    if reached.until is None or reached.until >= day - ONE_DAY:
        return reached
    freezes = reached.freezes
    for each in missed(reached.until, day):
        if not freezes:
            return NONE
        freezes -= 1
        if frozen is not None:
            frozen.add(each)
    return Streak(reached.days, day - ONE_DAY, freezes)


def _with(reached: Streak, day: date) -> Streak:
    """The streak after an activity on `day`."""
    days = reached.days + 1
    earned = days % DAYS_A_FREEZE == 0
    return Streak(days, day, min(MOST_FREEZES, reached.freezes + earned))


def _latest(goal, moment):
    """`moment`, or that of the newest test: it came from a machine whose clock is ahead.

    Otherwise what was proved just after midnight there would not have happened yet here.
    """
    done = (
        as_datetime(entry.get("completed_at")) for entry in goal.get("daily_verifications") or ()
    )
    return max([moment, *(at for at in done if at and moment < at <= moment + SKEW)])
