"""Make-up tests: for a missed day of the roadmap, within 48 hours of its end, once in 30 days a goal."""

from datetime import date, datetime, timedelta
from typing import Any

from accounts.calendar import Calendar
from doit_site.api.problems import Code, Problem, invalid
from doit_site.mongo.client import current_session
from doit_site.mongo.shapes import as_date
from goals import standing, streaks
from goals.models import Goal

OPEN_FOR = timedelta(hours=48)
EVERY = timedelta(days=30)
LOOKED_AT = timedelta(days=7)  # more than ended in 48 hours, with dates skipped in between


def check(goal: dict, day: date, calendar: Calendar, moment: datetime) -> None:
    """Refuse a make-up test of `day`, a day before the person's today, that cannot be.

    Raises a Problem at /date, `day_passed`, `make_up_too_late`, or `make_up_used`, which says when
    the next one is possible.
    """
    if not _carried(goal, day):
        raise invalid("/date", "not_in_roadmap", "The roadmap has no such day.")
    if calendar.skips(day, moment) or streaks.paused(goal, day):
        raise invalid("/date", "not_missed", "Nothing was due on that day.")
    if _is_passed(goal, day):
        raise Problem(Code.day_passed)
    if calendar.end_of(day) + OPEN_FOR <= moment:
        raise Problem(Code.make_up_too_late)
    if is_used(goal, day, calendar.day(moment)):
        raise used(goal)


def possible(goal: dict, calendar: Calendar, moment: datetime) -> dict[str, Any] | None:
    """{"date", "until"} of the latest missed day for which a make-up test may be asked; None without one."""
    today = calendar.day(moment)
    for day in (as_date(entry.get("date")) for entry in reversed(standing.days(goal))):
        if day is None or day >= today:
            continue
        if day < today - LOOKED_AT:
            break
        try:
            check(goal, day, calendar, moment)
        except Problem:
            continue
        if len(standing.entries_of(goal, day)) < standing.MAX_ATTEMPTS:
            return {"date": day.isoformat(), "until": calendar.end_of(day) + OPEN_FOR}
    return None


def is_used(goal: dict, day: date, today: date) -> bool:
    """Whether the goal's make-up test of these 30 days was for another day than `day`."""
    last = as_date(goal.get("make_up_date"))
    return last is not None and last != day and today < last + EVERY


def used(goal: dict) -> Problem:
    last = as_date(goal.get("make_up_date"))
    return Problem(
        Code.make_up_used, f"The next is possible from {last + EVERY} on." if last else None
    )


def claim(goal: dict, day: date) -> bool:
    """Note that the goal's make-up test is for `day`; False when another day was faster."""
    last = goal.get("make_up_date")
    claimed = Goal.objects.collection.update_one(
        {
            "id": goal["id"],
            "user_id": goal["user_id"],
            "make_up_date": {"$in": [last, day.isoformat()]},
        },
        {"$set": {"make_up_date": day.isoformat()}},
        session=current_session(),
    )
    return bool(claimed.matched_count)


def _carried(goal, day):
    return [entry for entry in standing.days(goal) if as_date(entry.get("date")) == day]


def _is_passed(goal, day):
    passed = set(standing.days_passed(goal))
    return all(int(entry["day"]) in passed for entry in standing.carried(goal, day)) or any(
        entry.get("passed") for entry in standing.entries_of(goal, day)
    )
