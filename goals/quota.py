"""What one person may take of the llm coach in a day: calls and tokens, one document a person and local day."""

from datetime import datetime, timedelta
from typing import TypedDict

from django.conf import settings
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from accounts.models import User
from doit_site import clock
from doit_site.api.throttles import digest
from doit_site.models import RateLimit

KEPT = timedelta(days=2)  # a day is at most 25 hours, or two for who flies west


class Left(TypedDict):
    calls_left: int
    tokens_left: int
    resets_at: datetime


def take(user: User) -> int | None:
    """Count one call more; the tokens left for it, or None when the day's calls or tokens are used up.

    One atomic update, so that never one call more is given. What a call takes in tokens is known
    afterwards only: calls at the same time may each take what was left.
    """
    calls, tokens = settings.COACH_CALLS_A_DAY, settings.COACH_TOKENS_A_DAY
    if calls < 1 or tokens < 1:
        return None
    try:
        row = RateLimit.objects.collection.find_one_and_update(
            {"_id": _key(user), "count": {"$lt": calls}, "tokens": {"$lt": tokens}},
            {
                "$inc": {"count": 1},
                "$setOnInsert": {"tokens": 0, "expires_at": clock.now() + KEPT},
            },
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
    except DuplicateKeyError:
        return _take_existing(user, calls, tokens)
    return tokens - int(row["tokens"])


def _take_existing(user, calls, tokens):
    """The document is there: used up, or made by another request a moment ago."""
    row = RateLimit.objects.collection.find_one_and_update(
        {"_id": _key(user), "count": {"$lt": calls}, "tokens": {"$lt": tokens}},
        {"$inc": {"count": 1}},
        return_document=ReturnDocument.AFTER,
    )
    return tokens - int(row["tokens"]) if row else None


def settle(user: User, *, tokens: int, answered: bool) -> None:
    """Count the tokens that a call took; give the call back where nothing came of it."""
    change = {"tokens": tokens, "count": 0 if answered else -1}
    RateLimit.objects.collection.update_one({"_id": _key(user)}, {"$inc": change})


def left(user: User) -> Left:
    """What is left of the person's day, and when the next begins."""
    row = RateLimit.objects.collection.find_one({"_id": _key(user)}) or {}
    return {
        "calls_left": max(0, settings.COACH_CALLS_A_DAY - int(row.get("count") or 0)),
        "tokens_left": max(0, settings.COACH_TOKENS_A_DAY - int(row.get("tokens") or 0)),
        "resets_at": user.calendar.next_midnight(clock.now()),
    }


def _key(user: User) -> str:
    return f"coach:{digest(user.pk)[:48]}:{user.today()}"
