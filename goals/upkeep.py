"""Work over all goals that an operator or a timer starts."""

from collections.abc import Iterator
from datetime import datetime

from accounts.calendar import Calendar
from accounts.models import User
from doit_site import clock
from goals import pauses, streaks
from goals.histories import VERIFICATIONS
from goals.models import Goal


def refresh_streaks() -> Iterator[bool]:
    """Store every goal's streak and status as of now; yields for each goal whether they changed.

    The verifications are the truth: what another program pushed there counts. A goal that a
    request changes meanwhile is left to that request.
    """
    now = clock.now()
    owner: User | None = None
    goals = Goal.objects.collection.find(
        {},
        {
            "_id": 0,
            "id": 1,
            "user_id": 1,
            "archived": 1,
            "status": 1,
            "paused_until": 1,
            **dict.fromkeys((*streaks.KEPT_IN, *streaks.SOURCES), 1),
        },
    ).sort("user_id", 1)
    for goal in goals:
        if owner is None or owner.pk != goal["user_id"]:
            owner = _owner(goal["user_id"])
        yield _refresh(goal, owner, now)


def outdated(goal: dict, calendar: Calendar, moment: datetime) -> dict:
    """What of the goal's stored streak and status is no longer so at `moment`, and how it is."""
    figures = streaks.reckoned(goal, calendar, moment).fields()
    figures |= pauses.settled(goal, calendar.day(moment))
    return {name: value for name, value in figures.items() if goal.get(name, "absent") != value}


def _owner(user_id: str) -> User:
    document = User.objects.collection.find_one({"id": user_id})
    return User.from_document(document or {"id": user_id})


def _refresh(goal, owner, now) -> bool:
    change = outdated(goal, owner.calendar, now)
    if not change:
        return False
    # Not where a verification landed meanwhile, or a pause was changed.
    unchanged = {
        **VERIFICATIONS.unchanged(goal),
        **{name: goal.get(name) for name in ("status", "paused_until")},
    }
    done = Goal.objects.collection.update_one({"id": goal["id"], **unchanged}, {"$set": change})
    return bool(done.modified_count)
