"""Reads over a goal, or over all goals of a person: the list, today, statistics, timeline."""

from datetime import UTC, date, datetime

from accounts.calendar import Calendar
from accounts.models import User
from doit_site import clock
from doit_site.mongo import archive
from doit_site.mongo.client import current_session
from doit_site.mongo.shapes import as_date, as_datetime
from goals import make_ups, pauses, standing, streaks
from goals.histories import VERIFICATIONS
from goals.models import Goal, VerificationTest

WHAT_STANDING_NEEDS = {"messages": 0, "description": 0}


def today(*, user: User, goal_id: str) -> dict:
    """The day's roadmap entry, its verification, streak, progress, pace, and what may be made up."""
    goal = Goal.objects.own(user, goal_id, WHAT_STANDING_NEEDS)
    now = clock.now()
    day = user.calendar.day(now)
    carried = standing.carried(goal, day)
    streak = streaks.now(goal, user.calendar, now)
    return {
        "date": day.isoformat(),
        "day": carried[0] if carried else None,
        "carries": [_carried(entry) for entry in carried[1:]],
        "verification": _verification(goal, day, carried),
        "streak": streak.days,
        "freezes": streak.freezes,
        "make_up": make_ups.possible(goal, user.calendar, now),
        "progress": goal.get("progress") or 0.0,
        "pace": standing.pace(goal, day),
    }


def _carried(day) -> dict:
    return {
        "day": day["day"],
        "date": day.get("date"),
        "title": day.get("title") or "",
        "tasks": day.get("tasks") or [],
    }


def _verification(goal, day: date, carried) -> dict:
    entries = standing.entries_of(goal, day)
    left = standing.MAX_ATTEMPTS - len(entries)
    test_id = _open_test_id(goal, day, len(entries) + 1) if left > 0 else None
    if any(entry.get("passed") for entry in entries):
        state = "passed"
    elif left <= 0:
        state = "attempts_used"
    elif test_id:
        state = "open"
    elif carried:
        state = "due"
    else:
        state = "none"
    return {
        "state": state,
        "attempts_left": max(0, left) if state in ("open", "due") else 0,
        "test_id": test_id if state == "open" else None,
    }


def _open_test_id(goal, day, attempt):
    test = VerificationTest.objects.collection.find_one(
        {
            "goal_id": goal["id"],
            "date": day.isoformat(),
            "attempt": attempt,
            "expires_at": {"$gt": clock.now()},
        },
        {"_id": 0, "id": 1},
        session=current_session(),
    )
    return test and test["id"]


def statistics(*, user: User, goal_id: str) -> dict:
    """Statistics, streak, freezes, progress and a calendar of the roadmap's days."""
    goal = Goal.objects.own(user, goal_id, WHAT_STANDING_NEEDS)
    now = clock.now()
    streak = streaks.now(goal, user.calendar, now)
    states = day_states(goal, user.calendar, now)
    return {
        "verification_stats": goal.get("verification_stats"),
        "streak": streak.days,
        "freezes": streak.freezes,
        "progress": goal.get("progress") or 0.0,
        "pace": standing.pace(goal, user.calendar.day(now)),
        "calendar": [
            {
                "day": entry["day"],
                "date": entry["date"],
                "title": entry.get("title") or "",
                "state": state,
            }
            for entry, state in zip(standing.days(goal), states, strict=True)
        ],
    }


def day_states(goal: dict, calendar: Calendar, moment: datetime) -> list[str]:
    """Of each day of the roadmap: passed, missed, frozen, paused, skipped, today or ahead."""
    today = calendar.day(moment)
    passed = set(standing.days_passed(goal))
    frozen: set[date] = set()
    streaks.reckoned(goal, calendar, moment, frozen)

    def state(entry):
        when = as_date(entry.get("date"))
        plain = standing.day_state(entry, passed, today)
        if when is None or plain in ("passed", "today"):
            return plain
        if streaks.paused(goal, when):
            return "paused"
        if plain == "ahead":
            return plain
        if when in frozen:
            return "frozen"
        return "skipped" if calendar.skips(when, moment) else plain

    return [state(entry) for entry in standing.days(goal)]


def of_person(*, user: User) -> dict:
    """Counts over all goals of the person."""
    goals = _all_goals(user)
    now = clock.now()
    tests, _ = standing.statistics_of([entry for _, entry in _verifications(goals)])
    statuses = [pauses.as_of(goal, user.calendar.day(now))[0] for goal in goals]
    return {
        "goals": {name: statuses.count(name) for name, _ in Goal.STATUSES},
        "days_passed": sum(len(standing.days_passed(goal)) for goal in goals),
        "best_streak": max(
            (streaks.as_of_now(goal, user.calendar, now) for goal in goals), default=0
        ),
        "verification_stats": tests,
    }


def timeline(*, user: User) -> list[dict]:
    """What happened on all goals of the person, in no order."""
    goals = _all_goals(user)
    done = [_proved(goal, entry) for goal, entry in _verifications(goals)]
    return [*(event for goal in goals for event in _events(goal)), *done]


def order(event: dict) -> str:
    """A text that orders events by time, without ties."""
    return " ".join(
        (clock.text(event["at"]), event["goal_id"], event["kind"], event["test_id"] or "")
    )


def _all_goals(user):
    return list(
        Goal.objects.collection.find(
            {"user_id": user.pk},
            {"_id": 0, "messages": 0, "roadmap.days.tasks": 0, "description": 0, "plan": 0},
            session=current_session(),
        )
    )


def _verifications(goals):
    """(goal, verification) of all that were ever submitted."""
    histories = archive.whole_of(VERIFICATIONS.collection, VERIFICATIONS.array, goals)
    for goal, entries in zip(goals, histories, strict=True):
        yield from ((goal, entry) for entry in entries)


def _events(goal):
    yield _event(goal, "goal_created", goal.get("created_at"))
    if goal.get("completed_at"):
        yield _event(goal, "goal_completed", goal["completed_at"])


def _proved(goal, entry):
    return _event(
        goal,
        "verification_passed" if entry.get("passed") else "verification_failed",
        entry.get("completed_at"),
        date=entry.get("date"),
        score=entry.get("score"),
        test_id=entry.get("test_id"),
    )


def _event(goal, kind, at, **facts) -> dict:
    return {
        "at": _moment(at),
        "kind": kind,
        "goal_id": goal["id"],
        "title": goal["title"],
        "date": None,
        "score": None,
        "test_id": None,
        **facts,
    }


def _moment(value) -> datetime:
    """What is no time sorts to the end."""
    return as_datetime(value) or datetime.min.replace(tzinfo=UTC)


def as_of_now(rows: list[dict], user: User) -> None:
    """Replace the stored streak and status of list rows by those as of now, in place.

    Rows of another program lack what a streak is kept in; their verifications are read for it.
    """
    foreign = [row["id"] for row in rows if not streaks.is_kept(row)]
    if foreign:
        found = Goal.objects.collection.find(
            {"id": {"$in": foreign}, "user_id": user.pk},
            {"_id": 0, "id": 1, **dict.fromkeys(streaks.SOURCES, 1)},
            session=current_session(),
        )
        verified = {row["id"]: row for row in found}
    moment = clock.now()
    today = user.calendar.day(moment)
    yesterday = user.calendar.yesterday(moment).isoformat()
    for row in rows:
        if (streak := streaks.stands(row, yesterday)) is None:
            source = row if streaks.is_kept(row) else verified.get(row["id"]) or {}
            streak = streaks.as_of_now(source, user.calendar, moment)
        row["streak"] = streak
        row["status"], row["paused_until"] = pauses.as_of(row, today)
        for name in streaks.NOT_SHOWN:
            row.pop(name, None)
