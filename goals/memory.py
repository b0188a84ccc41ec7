"""What the coach remembers of a goal's chat: the newest messages as they are, of the older ones a summary.

The goal keeps `coach_memory`: {summary, upto}; `upto` is the position, in the whole history, of the
first message that the summary does not hold. While the messages from there on fit the budget they
are all sent; once they do not, the older half of them is summed up beside the next reply.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import User
from doit_site.mongo.archive import archived
from doit_site.mongo.client import current_session
from goals.coach.interface import ChatMessage
from goals.models import Goal

BUDGET = 3000  # tokens of messages in a prompt
LEFT = 1500  # of them stay as they are when the others are summed up
AT_ONCE = 6000  # tokens summed up in one go


@dataclass(frozen=True, slots=True)
class Recalled:
    """`older` are to be summed up; the summary then holds everything before position `upto`."""

    history: tuple[ChatMessage, ...]
    summary: str
    older: tuple[ChatMessage, ...]
    since: int
    upto: int


def tokens(message: ChatMessage) -> int:
    """About as many as a model counts: four bytes a token, and some for its wrapping."""
    return len(message.content.encode("utf-8", "replace")) // 4 + 8


def recall(goal: dict) -> Recalled:
    """From the goal's document with all the messages that it holds."""
    kept = goal.get("coach_memory") or {}
    since, held_from = int(kept.get("upto") or 0), archived(goal, "messages")
    begin = max(since, held_from)  # what was archived before it was summed up is not known
    rows = (goal.get("messages") or ())[max(0, begin - held_from) :]
    fresh = tuple(message_of(row) for row in rows)
    older: tuple[ChatMessage, ...] = ()
    if sum(map(tokens, fresh)) > BUDGET:
        older = _first(fresh[: len(fresh) - len(newest(fresh, LEFT))], AT_ONCE)
    return Recalled(
        history=newest(fresh, BUDGET),
        summary=kept.get("summary") or "",
        older=older,
        since=since,
        upto=begin + len(older),
    )


def keep(*, user: User, goal_id: str, recalled: Recalled, summary: str) -> None:
    """Store the new summary, unless another reply has meanwhile: then that one counts."""
    Goal.objects.collection.update_one(
        {
            "id": goal_id,
            "user_id": user.pk,
            "coach_memory.upto": recalled.since or {"$in": [None, 0]},
        },
        {"$set": {"coach_memory": {"summary": summary, "upto": recalled.upto}}},
        session=current_session(),
    )


def message_of(row: dict) -> ChatMessage:
    return ChatMessage(row.get("content") or "", bool(row.get("is_user")))


def newest(messages: Sequence[ChatMessage], budget: int) -> tuple[ChatMessage, ...]:
    """The newest that fit, oldest first; the newest one in any case."""
    return tuple(reversed(_first(messages[::-1], budget)))


def _first(messages, budget):
    count, used = 0, 0
    for message in messages:
        used += tokens(message)
        if used > budget and count:
            break
        count += 1
    return tuple(messages[:count])
