"""What the admin's page of a goal shows beside the form: roadmap, calendar, scores, streak."""

from datetime import date

from accounts.models import User
from doit_site import clock
from doit_site.mongo import archive
from doit_site.mongo.client import current_session
from doit_site.mongo.shapes import as_date
from goals import overview, standing, streaks
from goals.histories import MESSAGES, VERIFICATIONS
from goals.models import Goal


def verified(goal: Goal) -> dict:
    """What a streak is reckoned from, of a goal as the ORM loaded it."""
    raw = {
        "streak": goal.streak,
        "archived_passes": goal.archived_passes,
        "daily_verifications": [
            {"date": entry.date, "passed": entry.passed} for entry in goal.daily_verifications
        ],
    }
    return raw if goal.streak_until is None else {**raw, "streak_until": goal.streak_until}


def standing_of(goal: Goal) -> dict:
    """The context of goals/admin/standing.html. The chat is not among it, only its length."""
    raw = (
        Goal.objects.collection.find_one(
            {"id": goal.pk}, overview.WHAT_STANDING_NEEDS, session=current_session()
        )
        or {}
    )
    # An owner whom another program removed has no calendar of their own.
    user = User.objects.filter(pk=goal.user_id).first() or User(pk=goal.user_id)
    now = clock.now()
    today = user.calendar.day(now)
    passed = set(standing.days_passed(raw))
    entries = archive.whole(VERIFICATIONS.name, raw)
    states = _tested(entries)
    days = [_day(entry, passed, today, states) for entry in standing.days(raw)]
    return {
        "streak": streaks.as_of_now(raw, user.calendar, now),
        "progress": raw.get("progress") or 0.0,
        "stats": _statistics(raw.get("verification_stats")),
        "pace": standing.pace(raw, today),
        "messages": archive.archived(raw, MESSAGES.array) + len(goal.messages),
        "summary": (raw.get("roadmap") or {}).get("summary") or "",
        "days": days,
        "calendar": _calendar(days, states),
        "scores": [_score(entry) for entry in entries],
    }


def _statistics(stats):
    if not stats or not stats.get("total_tests"):
        return None
    return {**stats, "average": f"{stats.get('average_score') or 0:.0%}"}


def _tested(entries) -> dict[date, str]:
    """passed or failed of each day with a submitted test."""
    states: dict[date, str] = {}
    for entry in entries:
        day = as_date(entry.get("date"))
        if day and states.get(day) != "passed":
            states[day] = "passed" if entry.get("passed") else "failed"
    return states


def _day(entry, passed, today, states):
    when = as_date(entry.get("date"))
    state = standing.day_state(entry, passed, today)
    if state in ("missed", "today") and states.get(when) == "failed":
        state = "failed"
    return {
        "day": entry["day"],
        "date": when,
        "title": entry.get("title") or "",
        "state": state,
        "tasks": entry.get("tasks") or [],
    }


def _calendar(days, states):
    """The roadmap's days and, beside them, other days with a test (make-ups after the end)."""
    cells = {
        day["date"]: {
            "date": day["date"],
            "state": day["state"],
            "text": f"{day['date']}, day {day['day']}: {day['state']}. {day['title']}",
        }
        for day in days
        if day["date"]
    }
    for when, state in states.items():
        cells.setdefault(when, {"date": when, "state": state, "text": f"{when}: {state}"})
    return [cells[when] for when in sorted(cells)]


def _score(entry):
    value = entry.get("score") or 0
    right = round(value * (entry.get("questions_count") or 0))
    return {
        "label": str(as_date(entry.get("date")) or ""),
        "value": value,
        "good": bool(entry.get("passed")),
        "text": f"{value:.0%}, {right} of {entry.get('questions_count')}",
    }
