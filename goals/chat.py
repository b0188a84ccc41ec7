"""The act of talking a goal over with the coach."""

from django_mongodb_backend.transaction import on_commit
from pymongo.errors import WriteError

from accounts.models import User
from doit_site import clock, metrics
from doit_site.api.problems import Code, Problem
from doit_site.mongo.client import current_session
from doit_site.mongo.shapes import as_datetime
from goals import briefs, standing, streaks
from goals.coach import the_coach
from goals.coach.interface import ChatMessage, ChatRequest
from goals.editing import target_day
from goals.models import Goal

REMEMBERED = 20
MAX_CONTENT = 10_000
TOO_LARGE = (10334, 17419)  # MongoDB: the document would pass 16 MB


def send(*, user: User, goal_id: str, content: str) -> dict:
    """Store the message and the coach's reply together: {"message", "reply"}.

    Raises Problem `not_found`, or `goal_full` when the document would pass MongoDB's 16 MB.
    """
    request = _request(user, goal_id, content)
    message = {"content": content, "is_user": True, "timestamp": clock.text(clock.now())}
    answer = the_coach().reply(request)
    reply = {"content": answer, "is_user": False, "timestamp": clock.text(clock.now())}
    _append(user, goal_id, [message, reply])
    on_commit(metrics.goal_messages.inc)
    return {"message": message, "reply": reply}


def _request(user, goal_id, content):
    goal = Goal.objects.own(user, goal_id, {"_id": 0, "messages": {"$slice": -REMEMBERED}})
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
        history=tuple(
            ChatMessage(message.get("content") or "", bool(message.get("is_user")))
            for message in goal.get("messages") or ()
        ),
    )


def _append(user, goal_id, messages):
    try:
        done = Goal.objects.collection.update_one(
            {"id": goal_id, "user_id": user.pk},
            {"$push": {"messages": {"$each": messages}}},
            session=current_session(),
        )
    except WriteError as error:
        if error.code in TOO_LARGE:
            raise Problem(Code.goal_full, "The chat of this goal is full.") from error
        raise
    if not done.matched_count:
        raise Problem(Code.not_found)
