"""A goal's pauses: from a local day on, up to, not including, `paused_until` (product.md, "Goals").

After that day the goal is active by itself: whoever reads it asks `as_of`, and the next act, or
`refresh_streaks`, stores that. Each pause stays in `pauses`, since streaks bridge it.
"""

from datetime import date, timedelta

from accounts.calendar import KEPT
from doit_site.api.problems import invalid
from doit_site.mongo.shapes import as_date
from goals import streaks
from goals.models import Goal

LONGEST = timedelta(days=30)


def as_of(goal: dict, today: date) -> tuple[str, str | None]:
    """(status, paused_until) of the goal's document on the person's local day `today`."""
    status = goal.get("status") or Goal.ACTIVE
    if status != Goal.PAUSED:
        return status, None
    until = as_date(goal.get("paused_until"))
    if until is None or until <= today:
        return Goal.ACTIVE, None
    return Goal.PAUSED, until.isoformat()


def begun(goal: dict, until: date | None, today: date) -> dict:
    """What pausing the goal from today, or moving the end of its pause, sets.

    Raises a Problem at /paused_until when that is not 1 to 30 days after today.
    """
    if until is None:
        raise invalid("/paused_until", "required", "Until which day does the pause last?")
    if until <= today:
        raise invalid("/paused_until", "not_in_future", f"A pause ends after today, {today}.")
    if until > today + LONGEST:
        raise invalid(
            "/paused_until", "too_far", f"A pause lasts 30 days at most, until {today + LONGEST}."
        )
    kept = _kept(goal, today)
    # A pause that goes on, or ended just today, is one with this one.
    first = kept.pop()[0] if kept and kept[-1][1] >= today else today
    return {
        "status": Goal.PAUSED,
        "paused_until": until.isoformat(),
        "pauses": _stored([*kept, (first, until)]),
    }


def ended(goal: dict, today: date) -> dict:
    """What sets the goal free of its pause, which is over today; the status is the caller's."""
    if goal.get("status") != Goal.PAUSED:
        return {}
    kept = _kept(goal, today)
    if kept and kept[-1][1] > today:
        first, _ = kept.pop()
        kept += [(first, today)] if first < today else []
    return {"paused_until": None, "pauses": _stored(kept)}


def settled(goal: dict, today: date) -> dict:
    """What stores that a pause is over by itself; {} while it goes on, or without one."""
    if goal.get("status") != Goal.PAUSED or as_of(goal, today)[0] == Goal.PAUSED:
        return {}
    return {"status": Goal.ACTIVE, **ended(goal, today)}


def _kept(goal, today):
    return [pause for pause in streaks.pauses_of(goal) if pause[1] > today - KEPT]


def _stored(pauses):
    return [{"from": first.isoformat(), "until": until.isoformat()} for first, until in pauses]
