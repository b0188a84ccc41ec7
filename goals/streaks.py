"""The streak: consecutive days, ending today or yesterday, each with a pass (product.md, "Goals")."""

from collections.abc import Iterable
from datetime import date, datetime

from accounts.calendar import Calendar
from doit_site.mongo.shapes import as_date


def streak(active: Iterable[date], calendar: Calendar, moment: datetime) -> tuple[int, date | None]:
    """(streak, its last day) as of `moment`; (0, None) when the person is not on one.

    `active` are the days with a pass. A date that the person's calendar skipped is neither
    needed nor counted.
    """
    today = calendar.day(moment)
    active = {day for day in active if day <= today}
    last = max(active, default=None)
    if last is None or last < calendar.yesterday(moment):
        return 0, None
    count, day = 0, last
    while day in active:
        count += 1
        day = calendar.day_before(day, moment)
    return count, last


def as_of_now(goal: dict, calendar: Calendar, moment: datetime) -> int:
    """The streak of a goal's document as it stands at `moment`.

    From the stored figure and its last day (`streak_until`); where another program wrote the
    document, without that field, from the verifications it must then hold.
    """
    if "streak_until" not in goal:
        return streak(passed_dates(goal), calendar, moment)[0]
    return kept(goal, calendar.yesterday(moment))


def kept(goal: dict, yesterday: date) -> int:
    """The stored streak, if it reaches `yesterday`: else it is broken."""
    count = int(goal.get("streak") or 0)
    until = as_date(goal["streak_until"]) if count else None
    return count if until and until >= yesterday else 0


def passed_dates(goal: dict) -> set[date]:
    """The dates of the goal's passed verifications, of those in the archive too."""
    held = (
        entry.get("date") for entry in goal.get("daily_verifications") or () if entry.get("passed")
    )
    return {
        day for value in (*(goal.get("archived_passes") or ()), *held) if (day := as_date(value))
    }
