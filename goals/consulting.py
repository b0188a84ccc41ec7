"""How acts ask the coach: the llm coach where there is one and it may, else the offline coach, which says so.

Never within a transaction: a model takes seconds, and a transaction that waits holds locks. The
time it takes does not count towards the request's deadline for the database.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django.conf import settings

from accounts.models import User
from doit_site import metrics
from doit_site.mongo.deadline import not_counted
from goals import quota
from goals.coach import crisis, llm_coach, offline_coach
from goals.coach.interface import (
    Allowance,
    AskingCoach,
    ChatRequest,
    Classification,
    CoachFailed,
    GoalBrief,
    Plan,
    PlanRequest,
    Question,
    QuestionRequest,
    Reply,
)

# Why the offline coach answers where the llm coach was to: reason -> what the person is told.
NOTES = {
    "busy": "The AI coach is talking to too many people just now",
    "quota": "Today's share of the AI coach is used up",
    "tokens": "Today's share of the AI coach is used up",
    "open": "The AI coach cannot be reached just now",
    "connection": "The AI coach cannot be reached just now",
    "server": "The AI coach cannot be reached just now",
    "limited": "The AI coach cannot be reached just now",
    "refused": "The AI coach cannot be reached just now",
    "slow": "The AI coach did not answer in time",
    "invalid": "The AI coach gave no usable answer",
}
_patience: ContextVar[float | None] = ContextVar("patience", default=None)
_offline: ContextVar[bool] = ContextVar("offline", default=False)


@dataclass(frozen=True, slots=True)
class Questions:
    """`note` says that the offline coach asks in place of the other; empty where nothing is to be said."""

    questions: tuple[Question, ...]
    note: str = ""


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Within the block the coach may take so long for each act: where no client waits."""
    token = _patience.set(seconds)
    try:
        yield
    finally:
        _patience.reset(token)


@contextmanager
def offline_only() -> Iterator[None]:
    """Within the block nothing is asked elsewhere: for demo data."""
    token = _offline.set(True)
    try:
        yield
    finally:
        _offline.reset(token)


def classify(*, user: User, goal: GoalBrief) -> Classification:
    found, _ = _answer(
        user,
        "classify",
        lambda coach, allowance: coach.classify(goal, allowance),
        lambda: offline_coach().classify(goal),
    )
    return found


def plan(*, user: User, request: PlanRequest) -> Plan:
    """The plan; where the offline coach made it in place of the other, the summary says so."""
    goal = request.goal
    words = "\n".join((goal.title, goal.description, request.instructions))
    if caring := _caring(user, words):
        made = offline_coach().plan(request)
        return replace(made, summary=f"{caring}\n\n{made.summary}")
    made, reason = _answer(
        user,
        "plan",
        lambda coach, allowance: coach.plan(request, allowance),
        lambda: offline_coach().plan(request),
        seconds=settings.COACH_ROADMAP_DEADLINE,
    )
    if reason:
        made = replace(
            made, summary=f"{NOTES[reason]}; the offline coach made this plan. {made.summary}"
        )
    return made


def reply(*, user: User, request: ChatRequest) -> Reply:
    """The reply; a caring fixed one, with help lines, to what signals self-harm or danger."""
    if caring := _caring(user, request.message):
        metrics.coach_answered("reply", "crisis")
        return Reply(caring)
    said, reason = _answer(
        user,
        "reply",
        lambda coach, allowance: coach.reply(request, allowance),
        lambda: Reply(offline_coach().reply(request)),
    )
    if reason:
        said = replace(said, text=f"({NOTES[reason]}; this is the offline coach.)\n\n{said.text}")
    return said


def questions(*, user: User, request: QuestionRequest) -> Questions:
    asked, reason = _answer(
        user,
        "questions",
        lambda coach, allowance: coach.questions(request, allowance),
        lambda: offline_coach().questions(request),
    )
    return Questions(asked, f"{NOTES[reason]}; the offline coach asks." if reason else "")


def standing_of(*, user: User) -> dict[str, Any]:
    """{"coach", "calls_left", "tokens_left", "resets_at"}; the last three None where nothing is limited."""
    if llm_coach() is None:
        return {"coach": "offline", "calls_left": None, "tokens_left": None, "resets_at": None}
    return {"coach": "llm", **quota.left(user)}


def _caring(user, text):
    return crisis.reply_to(text, phone_number=user.phone_number, time_zone=user.time_zone)


def _answer(
    user: User,
    act: str,
    ask: Callable[[AskingCoach, Allowance], Any],
    otherwise: Callable[[], Any],
    *,
    seconds: float | None = None,
) -> tuple[Any, str | None]:
    """(the answer, None), or (the offline coach's, why)."""
    coach = None if _offline.get() else llm_coach()
    if coach is None:
        return otherwise(), None
    try:
        answer = _asked(user, coach, ask, _patience.get() or seconds or settings.COACH_DEADLINE)
    except CoachFailed as error:
        metrics.coach_answered(act, "offline")
        return otherwise(), error.reason
    metrics.coach_answered(act, coach.name)
    return answer, None


def _asked(user, coach, ask, seconds):
    """The llm coach's answer, counted to the person's day. Raises CoachFailed."""
    if not coach.is_up:
        raise _counted("open")
    # Requests that wait hold a thread each, and others want some too: beyond a few nobody waits.
    slots = _slots(settings.COACH_AT_ONCE)
    if not slots.acquire(blocking=False):
        raise _counted("busy")
    try:
        tokens = quota.take(user)
        if tokens is None:
            raise _counted("quota")
        return _within(user, coach, ask, Allowance(seconds, tokens))
    finally:
        slots.release()


def _within(user, coach, ask, allowance):
    answered = False
    try:
        with not_counted(), metrics.coach_waits():
            answer = ask(coach, allowance)
        answered = True
        return answer
    finally:
        quota.settle(user, tokens=allowance.spent, answered=answered)


def _counted(reason):
    metrics.coach_failed(reason)
    return CoachFailed(reason)


@cache
def _slots(count: int) -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(count)
