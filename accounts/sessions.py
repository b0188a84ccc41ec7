"""Sessions: opening, finding by token, listing, revoking (trust.md, "Protocol")."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from accounts.kept_sessions import kept
from accounts.models import AdminSession, Session, User
from doit_site import clock
from doit_site.mongo.client import current_session
from doit_site.mongo.fields import new_id
from doit_site.mongo.shapes import as_datetime

PREFIX = "doit_"
UNUSED_FOR = timedelta(days=7)
AT_MOST = timedelta(days=90)
TOUCHED_EVERY = timedelta(hours=1)
# A session carries a copy of its user, so that a request looks up one document. What the product
# changes strikes the copy out at once; what another program changes counts after this long.
COPIED_FOR = timedelta(minutes=5)
COPIED = {"_id": 0, "password": 0}
KEPT = {"password": 0}


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
        "user_changes": 0,
    }
    Session.objects.collection.insert_one(session, session=current_session())
    return token, session


def find(token: str) -> dict | None:
    """The live session of a token, touched at most hourly; None for any other token.

    Its `user` is the document of its owner, without the password. To be read only: where
    sessions are kept (accounts.kept_sessions), other requests are given the same.
    """
    digest = token_hash(token)
    if not kept.is_live():
        return _live({"token_hash": digest})
    session = kept.get(digest)
    if session and _is_as_it_was(session):
        return session
    changes = kept.changes
    if session := _live({"token_hash": digest}, copies=False):
        kept.keep(session, changes)
    return session


def find_by_id(session_id: str) -> dict | None:
    """As `find`, for who has been told the token already: a ticket, an open stream."""
    return _live({"id": session_id})


def _is_as_it_was(session: dict) -> bool:
    """Whether a kept session has neither expired nor is to be touched."""
    now = clock.now()
    return as_datetime(session["expires_at"]) > now and not _is_to_be_touched(session, now)


def _is_to_be_touched(session: dict, now: datetime) -> bool:
    return as_datetime(session["last_used_at"]) <= now - TOUCHED_EVERY


def _live(which: dict, copies: bool = True) -> dict | None:
    """The session and its user; without `copies` the user as stored, whoever changed it."""
    now = clock.now()
    session = Session.objects.collection.find_one(which, session=current_session())
    # The TTL may lag by a minute, so the expiry counts here too.
    if session is None or as_datetime(session["expires_at"]) <= now:
        return None
    if _is_to_be_touched(session, now):
        _touch(session, now)
    if not copies:
        session["user"] = _user(session, KEPT)
    elif not session.get("user") or as_datetime(session["user_until"]) <= now:
        session["user"] = _copy_user(session, now)
    return session if session["user"] else None


def _copy_user(session: dict, now: datetime) -> dict | None:
    """The session's user as stored, copied into it unless it changed since the session was read."""
    user = _user(session, COPIED)
    Session.objects.collection.update_one(
        {"id": session["id"], "user_changes": session.get("user_changes")},
        {"$set": {"user": user, "user_until": now + COPIED_FOR}},
        session=current_session(),
    )
    return user


def _user(session: dict, projection: dict) -> dict | None:
    return User.objects.collection.find_one(
        {"id": session["user_id"]}, projection, session=current_session()
    )


def strike_out(*, user_id: str) -> None:
    """Drop the copies of the user: to be called in the transaction that changes the user."""
    Session.objects.collection.update_many(
        {"user_id": user_id},
        {"$unset": {"user": "", "user_until": ""}, "$inc": {"user_changes": 1}},
        session=current_session(),
    )


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
