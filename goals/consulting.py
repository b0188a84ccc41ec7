"""How acts ask the coach: the llm coach where there is one and it may, else the offline coach, which says so.

Never within a transaction: a model takes seconds, and a transaction that waits holds locks. The
time it takes does not count towards the request's deadline for the database.
"""

import re
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
    Tell,
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
PIECE = re.compile(r"\S+\s*|\s+")  # a word, as a text that is there already is told
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


def reply(*, user: User, request: ChatRequest, tell: Tell | None = None) -> Reply:
    """The reply; a caring fixed one, with help lines, to what signals self-harm or danger.

    `tell` gets its text in pieces, while it is made where that can be. What was told is not taken
    back: where a model failed in the middle, the reply is another text.
    """
    if tell is None:
        return _reply(user, request, None)
    told: list[str] = []

    def heard(piece: str) -> None:
        told.append(piece)
        tell(piece)

    said = _reply(user, request, heard)
    before = "".join(told)
    if said.text.startswith(before):
        for piece in PIECE.findall(said.text[len(before) :]):
            tell(piece)
    return said


def _reply(user, request, tell):
    if caring := _caring(user, request.message):
        metrics.coach_answered("reply", "crisis")
        return Reply(caring)
    said, reason = _answer(
        user,
        "reply",
        lambda coach, allowance: coach.reply(request, allowance, tell),
        lambda: Reply(offline_coach().reply(request)),
        tells=tell is not None,
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


def is_slow() -> bool:
    """Whether a roadmap may take longer than a request: then it is made by a job."""
    return llm_coach() is not None


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
    tells: bool = False,
) -> tuple[Any, str | None]:
    """(the answer, None), or (the offline coach's, why)."""
    coach = None if _offline.get() else llm_coach()
    if coach is None:
        return otherwise(), None
    try:
        seconds = _patience.get() or seconds or settings.COACH_DEADLINE
        answer = _asked(user, coach, ask, seconds, tells)
    except CoachFailed as error:
        metrics.coach_answered(act, "offline")
        return otherwise(), error.reason
    metrics.coach_answered(act, coach.name)
    return answer, None


def _asked(user, coach, ask, seconds, tells):
    """The llm coach's answer, counted to the person's day. Raises CoachFailed."""
    if not coach.is_up:
        raise _counted("open")
    slots = _slot_of(seconds, tells)
    if slots is None:
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


def _slot_of(seconds, tells):
    """What to release once the coach has answered, or None where too many wait already.

    Requests that wait hold a thread each, and others want some too: beyond a few nobody waits. Where no
    client waits the act does, beside those: it has a thread of its own. So has a stream, of more threads.
    """
    patient = _patience.get() is not None
    if tells:
        slots = _slots(settings.COACH_STREAMS_AT_ONCE, "stream")
    else:
        slots = _slots(settings.COACH_AT_ONCE, "patient" if patient else "request")
    if not patient:
        return slots if slots.acquire(blocking=False) else None
    with not_counted():
        return slots if slots.acquire(timeout=seconds) else None


@cache
def _slots(count: int, whose: str) -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(count)
