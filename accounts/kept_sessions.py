"""The sessions that this process has seen, kept so that a request looks up none.

What is changed in `sessions` or `users`, by whatever program, is struck out by a change stream.
While that is not live, nothing is taken from here: trust.md, "refused within 100 ms where
workers keep sessions". SESSION_CACHE turns it off.
"""

import threading
from typing import Any

from django.conf import settings

from accounts.models import Session, User
from doit_site.mongo.following import Follower

MOST = 5_000  # about 4 KB each


class Kept:
    """Sessions, each with its `user`, both with their `_id`, by the hash of their token.

    What is kept has `owner` too, the User, of whom each request takes a twin.
    """

    def __init__(self) -> None:
        self._sessions: dict[str, dict] = {}
        self._hashes: dict[Any, set[str]] = {}  # by the _id of the session, and that of the user
        self._changes = 0
        self._lock = threading.Lock()
        collections = (Session._meta.db_table, User._meta.db_table)
        self.follower = Follower(collections, lambda _, key: self.strike_out(key), self.clear)

    def is_live(self) -> bool:
        """Whether what is kept may be used; starts to follow where it is wanted."""
        if not settings.SESSION_CACHE:
            return False
        self.follower.start()
        return self.follower.is_live()

    def get(self, token_hash: str) -> dict | None:
        """To be read only: other requests are given the same."""
        return self._sessions.get(token_hash)

    @property
    def changes(self) -> int:
        """How many changes were told: to be read before the session that is to be kept is."""
        return self._changes

    def keep(self, session: dict, changes: int) -> None:
        """Unless a change was told since `changes` was read, which may be one of this session."""
        with self._lock:
            if changes != self._changes:
                return
            if len(self._sessions) >= MOST:
                self._forget(next(iter(self._sessions)))
            token_hash = session["token_hash"]
            session["owner"] = User.from_document(session["user"])
            session["owner"].calendar  # noqa: B018  # made once, for all its twins
            self._sessions[token_hash] = session
            for key in (session["_id"], session["user"]["_id"]):
                self._hashes.setdefault(key, set()).add(token_hash)

    def strike_out(self, key: Any) -> None:
        """The session with this `_id`, or all of the user with it."""
        with self._lock:
            self._changes += 1
            for token_hash in list(self._hashes.get(key, ())):
                self._forget(token_hash)

    def clear(self) -> None:
        with self._lock:
            self._changes += 1
            self._sessions.clear()
            self._hashes.clear()

    def _forget(self, token_hash: str) -> None:
        session = self._sessions.pop(token_hash)
        for key in (session["_id"], session["user"]["_id"]):
            self._hashes[key].discard(token_hash)
            if not self._hashes[key]:
                del self._hashes[key]


kept = Kept()
