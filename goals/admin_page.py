"""What the admin's page of a goal shows beside the form: roadmap, calendar, scores, streak."""

from datetime import date, datetime

from accounts.models import User
from doit_site import clock
from doit_site.mongo import archive
from doit_site.mongo.client import current_session
from doit_site.mongo.shapes import as_date
from goals import overview, pauses, standing, streaks
from goals.histories import MESSAGES, VERIFICATIONS
from goals.models import Goal


def verified(goal: Goal) -> dict:
    """What a streak is reckoned from, of a goal as the ORM loaded it."""
    raw = {
        "streak": goal.streak,
        "pauses": [{"from": each.first, "until": each.until} for each in goal.pauses or ()],
        "archived_passes": goal.archived_passes,
        "daily_verifications": [
            {"date": entry.date, "passed": entry.passed, "completed_at": entry.completed_at}
            for entry in goal.daily_verifications
        ],
    }
    kept = {"streak_until": goal.streak_until, "freezes": goal.freezes}
    return raw | {name: value for name, value in kept.items() if value is not None}


def owner_of(goal: Goal) -> User:
    """Whose goal it is; one whom another program removed has no calendar of their own."""
    return User.objects.filter(pk=goal.user_id).first() or User(pk=goal.user_id)


def status_as_of(goal: Goal, owner: User, moment: datetime) -> None:
    """Have the goal, as the ORM loaded it, say the status that it has now."""
    stored = {"status": goal.status, "paused_until": goal.paused_until}
    goal.status, goal.paused_until = pauses.as_of(stored, owner.calendar.day(moment))


def standing_of(goal: Goal) -> dict:
    """The context of goals/admin/standing.html. The chat is not among it, only its length."""
    raw = (
        Goal.objects.collection.find_one(
            {"id": goal.pk}, overview.WHAT_STANDING_NEEDS, session=current_session()
        )
        or {}
    )
    user = owner_of(goal)
    now = clock.now()
    today = user.calendar.day(now)
    streak = streaks.now(raw, user.calendar, now)
    entries = archive.whole(VERIFICATIONS.name, raw)
    states = _tested(entries)
    days = [
        _day(entry, state, states)
        for entry, state in zip(
            standing.days(raw), overview.day_states(raw, user.calendar, now), strict=True
        )
    ]
    return {
        "streak": streak.days,
        "freezes": streak.freezes,
        "paused_until": pauses.as_of(raw, today)[1],
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


def _day(entry, state, states):
    when = as_date(entry.get("date"))
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
