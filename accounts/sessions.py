"""Sessions: opening, finding by token, listing, revoking (trust.md, "Protocol")."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from accounts.models import AdminSession, Session
from doit_site import clock
from doit_site.mongo.client import current_session
from doit_site.mongo.fields import new_id
from doit_site.mongo.shapes import as_datetime

PREFIX = "doit_"
UNUSED_FOR = timedelta(days=7)
AT_MOST = timedelta(days=90)
TOUCHED_EVERY = timedelta(hours=1)
WITH_ITS_USER = {
    "$lookup": {"from": "users", "localField": "user_id", "foreignField": "id", "as": "users"}
}


def open_session(*, user_id: str, device: str = "") -> tuple[str, dict]:
    """A new token, shown only now, and the session's document."""
    token = PREFIX + secrets.token_urlsafe(32)
    now = clock.now()
    session = {
        "id": new_id(),
        "user_id": user_id,
        "token_hash": token_hash(token),
        "created_at": now,
        "last_used_at": now,
        "expires_at": now + UNUSED_FOR,
        "device": device[:200],
    }
    Session.objects.collection.insert_one(session, session=current_session())
    return token, session


def find(token: str) -> dict | None:
    """The live session of a token, touched at most hourly; None for any other token.

    Its `users` holds the document of its owner: one operation for both, on every request.
    """
    now = clock.now()
    pipeline = [{"$match": {"token_hash": token_hash(token)}}, WITH_ITS_USER]
    found = Session.objects.collection.aggregate(pipeline, session=current_session())
    session = next(found, None)
    # The TTL may lag by a minute, so the expiry counts here too.
    if session is None or as_datetime(session["expires_at"]) <= now:
        return None
    if as_datetime(session["last_used_at"]) <= now - TOUCHED_EVERY:
        _touch(session, now)
    return session


def _touch(session: dict, now: datetime) -> None:
    expires_at = min(now + UNUSED_FOR, as_datetime(session["created_at"]) + AT_MOST)
    Session.objects.collection.update_one(
        # Of requests at once only the first writes.
        {"id": session["id"], "last_used_at": session["last_used_at"]},
        {"$set": {"last_used_at": now, "expires_at": expires_at}},
        session=current_session(),
    )


def unexpired() -> dict:
    """A filter: the TTL may lag by a minute, so whoever reads sessions counts the expiry too."""
    return {"expires_at": {"$gt": clock.now()}}


def revoke(*, user_id: str, session_id: str) -> bool:
    """End one session of the person; False where there is none of that id."""
    return bool(
        Session.objects.collection.delete_one(
            {"id": session_id, "user_id": user_id}, session=current_session()
        ).deleted_count
    )


def revoke_all(*, user_id: str) -> None:
    """End every session of the person, the admin's too."""
    for model in (Session, AdminSession):
        collection = model._meta.db_table
        Session.objects.collection.database[collection].delete_many(
            {"user_id": user_id}, session=current_session()
        )


def token_hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
