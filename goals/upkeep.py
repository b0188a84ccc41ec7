"""Work over all goals that an operator or a timer starts."""

from collections.abc import Iterator

from accounts.models import User
from doit_site import clock
from goals import streaks
from goals.histories import VERIFICATIONS
from goals.models import Goal


def refresh_streaks() -> Iterator[bool]:
    """Store every goal's streak as of now; yields for each goal whether its figure changed.

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
            "streak": 1,
            "streak_until": 1,
            "daily_verifications.date": 1,
            "daily_verifications.passed": 1,
            "archived": 1,
            "archived_passes": 1,
        },
    ).sort("user_id", 1)
    for goal in goals:
        if owner is None or owner.pk != goal["user_id"]:
            owner = _owner(goal["user_id"])
        yield _refresh(goal, owner, now)


def _owner(user_id: str) -> User:
    document = User.objects.collection.find_one({"id": user_id})
    return User.from_document(document or {"id": user_id})


def _refresh(goal, owner, now) -> bool:
    streak, until = streaks.streak(streaks.passed_dates(goal), owner.calendar, now)
    until_text = until and until.isoformat()
    if (goal.get("streak"), goal.get("streak_until", "absent")) == (streak, until_text):
        return False
    # Not where a verification landed meanwhile.
    done = Goal.objects.collection.update_one(
        {"id": goal["id"], **VERIFICATIONS.unchanged(goal)},
        {"$set": {"streak": streak, "streak_until": until_text}},
    )
    return bool(done.modified_count)
