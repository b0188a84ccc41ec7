"""What the peers share: the fields they show, JSON, links to pages, a message, the sign-in.

It is what a careful developer would write: every query has an index, a projection where it helps, and
as few operations as the sign-in allows.
"""

import base64
import os
import time
import uuid
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import bson
import orjson
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

SUMMARY = (
    "id",
    "user_id",
    "title",
    "description",
    "target_date",
    "created_at",
    "streak",
    "progress",
    "category",
    "subcategory",
    "status",
    "paused_until",
    "version",
    "roadmap_outdated",
)
WHOLE = (*SUMMARY, "roadmap", "daily_verifications", "verification_stats", "completed_at")
LIST = {"_id": 0, **dict.fromkeys(SUMMARY, 1)}
DETAIL: dict[str, Any] = {"_id": 0, **dict.fromkeys(WHOLE, 1), "messages": {"$slice": -50}}
NEWEST_FIRST = [("created_at", -1), ("id", -1)]
LIMIT, MOST = 20, 100
MAX_CONTENT = 10_000

SIGN_IN = os.environ.get("SIGN_IN", "2q")
KEPT_SECONDS = 5.0
KEPT_AT_MOST = 100_000

Document = dict[str, Any]
T = TypeVar("T")


def client() -> AsyncMongoClient[Document]:
    return AsyncMongoClient(os.environ["MONGODB_URI"], w="majority")


def database(of: AsyncMongoClient[Document]) -> AsyncDatabase[Document]:
    return of[os.environ.get("DATABASE_NAME", "doit_db")]


def dumps(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z)


def page_filter(user_id: str, cursor: str | None) -> Document:
    """The goals of a person from the cursor on. ValueError for one that is none."""
    if cursor is None:
        return {"user_id": user_id}
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    created_at, id = bson.decode(raw)["p"]
    later = {"created_at": {"$lt": created_at}}
    return {"user_id": user_id, "$or": [later, {"created_at": created_at, "id": {"$lte": id}}]}


def next_link(scheme: str, host: str, path: str, row: Any) -> str:
    """The address of the page that begins with `row`, which holds `created_at` and `id`."""
    raw = bson.encode({"p": [row["created_at"], row["id"]], "b": False})
    cursor = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return f"{scheme}://{host}{path}?{urlencode({'cursor': cursor})}"


def completed(goal: Document) -> Document:
    """The goal with the one shown field that a document may lack."""
    goal.setdefault("completed_at", None)
    return goal


def new_message(user_id: str, username: str, content: str) -> Document:
    """As it is stored in a group. In the data of the benchmark a person's name is their pseudonym."""
    return {
        "id": str(uuid.uuid4()),
        "user_id": user_id,
        "username": username,
        "content": content,
        "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }


def shown(message: Document) -> Document:
    """A message as its sender sees it."""
    kept = {name: message[name] for name in ("id", "username", "content", "timestamp")}
    return {**kept, "is_mine": True, "hidden": False}


def token_hash(authorization: str) -> str:
    return sha256(authorization.removeprefix("Bearer ").encode()).hexdigest()


def expired(moment: datetime) -> bool:
    return moment <= datetime.now(UTC).replace(tzinfo=None)


class Kept(Generic[T]):
    """What sign-ins found, for a few seconds: a revocation counts that much later."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[float, T]] = {}

    def get(self, key: str) -> T | None:
        until, value = self._found.get(key, (0.0, None))
        return value if until > time.monotonic() else None

    def put(self, key: str, value: T) -> None:
        if len(self._found) >= KEPT_AT_MOST:
            self._found.clear()
        self._found[key] = (time.monotonic() + KEPT_SECONDS, value)


_kept: Kept[Document] = Kept()


async def signed_in(db: AsyncDatabase[Document], authorization: str) -> Document | None:
    """The person of the token: by two queries, by one, or kept."""
    key = token_hash(authorization)
    if SIGN_IN == "cache":
        if person := _kept.get(key):
            return person
        if person := await _by_one_query(db, key):
            _kept.put(key, person)
        return person
    return await (_by_one_query if SIGN_IN == "1q" else _by_two_queries)(db, key)


async def _by_two_queries(db: AsyncDatabase[Document], key: str) -> Document | None:
    which = {"_id": 0, "user_id": 1, "expires_at": 1}
    session = await db.sessions.find_one({"token_hash": key}, which)
    if session is None or expired(session["expires_at"]):
        return None
    person = await db.users.find_one({"id": session["user_id"]}, {"_id": 0, "password": 0})
    return person if person and _is_active(person) else None


async def _by_one_query(db: AsyncDatabase[Document], key: str) -> Document | None:
    session = await db.sessions.find_one(
        {"token_hash": key}, {"_id": 0, "user": 1, "expires_at": 1}
    )
    if session is None or expired(session["expires_at"]) or not _is_active(session["user"]):
        return None
    return session["user"]


def _is_active(person: Document) -> bool:
    return person.get("status", "active") == "active"
