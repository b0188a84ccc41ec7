"""The act of talking a goal over with the coach."""

from collections.abc import Callable
from typing import Protocol

from django_mongodb_backend.transaction import on_commit
from pymongo.errors import WriteError

from accounts.models import User
from doit_site import clock, metrics
from doit_site.api.problems import Code, Problem
from doit_site.mongo.history import TOO_LARGE
from doit_site.mongo.shapes import as_datetime
from goals import briefs, consulting, memory, standing, streaks
from goals.coach import llm_coach
from goals.coach.interface import ChatRequest, Tell
from goals.editing import target_day
from goals.histories import MESSAGES
from goals.models import Goal

REMEMBERED = 20
MAX_CONTENT = 10_000


class Answer(Protocol):
    """Ask the coach, telling the reply while it is made; the function returned stores the exchange."""

    def __call__(self, tell: Tell | None = None) -> Callable[[], dict]: ...


def send(*, user: User, goal_id: str, content: str) -> dict:
    """`ask`, and store at once: {"message", "reply"}."""
    return ask(user=user, goal_id=goal_id, content=content)()


def ask(*, user: User, goal_id: str, content: str) -> Callable[[], dict]:
    """Ask the coach; the function returned stores message and reply together: {"message", "reply"}.

    Raises Problem `not_found`; the function too, or `goal_full` when the document would pass
    MongoDB's 16 MB, which the chat alone cannot make it. Only the function may run in a transaction.
    """
    _, answer = begin(user=user, goal_id=goal_id, content=content)
    return answer()


def begin(*, user: User, goal_id: str, content: str) -> tuple[dict, Answer]:
    """(the message, as it will be stored; the rest of `ask`, which takes what the reply is told to).

    Raises Problem `not_found`. Nothing is stored yet: a message and its reply are there together or not at all.
    """
    goal = _read(user, goal_id)
    recalled = memory.recall(goal) if llm_coach() else None
    request = _request(user, goal, content, recalled)
    message = _entry(content, is_user=True)

    def answer(tell: Tell | None = None) -> Callable[[], dict]:
        said = consulting.reply(user=user, request=request, tell=tell)
        reply = _entry(said.text, is_user=False)

        def store() -> dict:
            _append(user, goal_id, [message, reply])
            if recalled and said.summary:
                memory.keep(user=user, goal_id=goal_id, recalled=recalled, summary=said.summary)
            on_commit(metrics.goal_messages.inc)
            return {"message": message, "reply": reply}

        return store

    return message, answer


def _entry(content, *, is_user):
    return {"content": content, "is_user": is_user, "timestamp": clock.text(clock.now())}


def _read(user, goal_id):
    """The goal, with the newest messages; for a coach with a memory, with all that it holds."""
    newest = {} if llm_coach() else {"messages": {"$slice": -REMEMBERED}}
    return Goal.objects.own(user, goal_id, {"_id": 0, **newest})


def _request(user, goal, content, recalled=None):
    now = clock.now()
    return ChatRequest(
        goal=briefs.brief(goal),
        message=content,
        today=user.calendar.day(now),
        target_date=target_day(as_datetime(goal["target_date"])),
        days=briefs.planned_days(goal),
        passed=frozenset(standing.days_passed(goal)),
        streak=streaks.as_of_now(goal, user.calendar, now),
        progress=float(goal.get("progress") or 0),
        history=(
            recalled.history
            if recalled
            else tuple(map(memory.message_of, goal.get("messages") or ()))
        ),
        summary=recalled.summary if recalled else "",
        older=recalled.older if recalled else (),
    )


def _append(user, goal_id, messages):
    try:
        there = MESSAGES.push({"id": goal_id, "user_id": user.pk}, messages)
    except WriteError as error:
        if error.code in TOO_LARGE:
            raise Problem(Code.goal_full, "This goal is full.") from error
        raise
    if not there:
        raise Problem(Code.not_found)
