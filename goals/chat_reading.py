"""Staff reading a private chat: with a right, for a reason, recorded in the same act."""

from contextlib import suppress

from accounts import audit
from accounts.models import User
from doit_site.api.paging import Tail
from doit_site.api.problems import Problem
from doit_site.mongo.shapes import datetime_text
from doit_site.mongo.transactions import transactional
from goals.histories import MESSAGES
from goals.models import Goal

SHOWN = 1000


@transactional
def read(*, actor: User, goal_id: str, reason: str, request_id: str = "") -> list[dict]:
    """[{"content", "is_user", "timestamp"}] of the goal, oldest first; [] for a goal that is gone.

    At most the newest 1,000. The record commits before anything is shown. Raises PermissionError
    without the right.
    """
    if not actor.has_perm("goals.read_chat"):
        raise PermissionError("goals.read_chat")
    audit.record(
        actor=actor,
        action="chat.read",
        subject_kind="goal",
        subject_ids=(goal_id,),
        reason=reason,
        request_id=request_id,
    )
    with suppress(Problem):
        newest = Tail(Goal, {"id": goal_id}, MESSAGES.array).page(None, False, SHOWN)
        return [_shown(message) for message in reversed(newest.rows)]
    return []


def _shown(message):
    return {
        "content": message.get("content") or "",
        "is_user": bool(message.get("is_user")),
        "timestamp": (datetime_text(message.get("timestamp")) or "")[:16].replace("T", " "),
    }
