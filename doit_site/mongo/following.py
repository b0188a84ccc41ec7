"""Following, in a thread of this process, what any program changes, with proof of how fresh that is.

That an answer is recent does not mean that it tells everything: a change stream that is flooded
answers with what happened long ago. Each answer of the server carries the time of its newest write,
and the stream's resume token the time up to which it has told everything. So once the token has
come as far as the newest write of an earlier answer, all that was written before that answer was
asked for has been told; and that is what `is_live` measures.
"""

import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from typing import Any

from bson import Timestamp
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from pymongo.monitoring import CommandListener

from doit_site.mongo.client import connection

logger = logging.getLogger("doit.following")

LIVE_SECONDS = 0.1
AWAIT_MS = 25  # the server answers within this, so that twice that is how stale one mostly is
AGAIN_SECONDS = (0.2, 0.2, 0.5, 1, 5)  # after each failure in a row; the last for all further
SILENCE_MS = 2_000


class Follower:
    """Tells `on_change(collection, _id)` of each document written, deletions too, inserts aside.

    `on_gap()` is called first, and whenever changes may have been missed. Both run in the
    follower's thread, which starts with the first `start()`.
    """

    def __init__(
        self,
        collections: Collection[str],
        on_change: Callable[[str, Any], None],
        on_gap: Callable[[], None],
    ) -> None:
        self._pipeline = [
            {
                "$match": {
                    "ns.coll": {"$in": list(collections)},
                    "operationType": {"$ne": "insert"},
                }
            },
            {"$project": {"ns": 1, "documentKey": 1, "operationType": 1}},
        ]
        self._on_change, self._on_gap = on_change, on_gap
        self._known = 0.0  # all that was written before this moment has been told
        self._answers = _Answers()
        self._failures = 0
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._stopped = threading.Event()

    def is_live(self) -> bool:
        """Whether all that was written LIVE_SECONDS ago has been told."""
        return time.monotonic() - self._known < LIVE_SECONDS

    def start(self) -> None:
        """Begin to follow; from the second call on nothing."""
        if self._thread is not None:
            return
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="following", daemon=True)
                self._thread.start()
                atexit.register(self.stop)

    def stop(self) -> None:
        """End the thread, and with it the liveness."""
        self._stopped.set()
        if self._thread:
            self._thread.join(1)

    def _run(self) -> None:
        settings = connection.settings_dict
        options = {
            **settings["OPTIONS"],
            "appName": "doit-following",
            "minPoolSize": 0,
            "socketTimeoutMS": SILENCE_MS,
            "event_listeners": [self._answers],
        }
        with MongoClient(settings["HOST"], **options) as client:
            while not self._stopped.is_set():
                try:
                    self._follow(client[settings["NAME"]])
                except PyMongoError as error:
                    logger.warning("following begins anew: %s", type(error).__name__)
                pause = AGAIN_SECONDS[min(self._failures, len(AGAIN_SECONDS) - 1)]
                self._failures += 1
                self._stopped.wait(pause)

    def _follow(self, database: Any) -> None:
        with database.watch(self._pipeline, max_await_time_ms=AWAIT_MS) as stream:
            self._on_gap()
            self._answers.clear()
            while not self._stopped.is_set():
                change = stream.try_next()
                if change is not None:
                    self._tell(change)
                self._learn(stream.resume_token, told_all=change is None)

    def _tell(self, change: Any) -> None:
        if "documentKey" in change:
            self._on_change(change["ns"]["coll"], change["documentKey"]["_id"])
        else:  # a collection was dropped or renamed
            self._on_gap()

    def _learn(self, token: Any, told_all: bool) -> None:
        """With changes still to be told, those of the token's own time may be among them."""
        upto = time_of(token)
        while self._answers and (newest := self._answers[0][1]) <= upto:
            if newest == upto and not told_all:
                break
            self._known = self._answers.popleft()[0]
            self._failures = 0


class _Answers(deque[tuple[float, Timestamp]], CommandListener):
    """(when it was asked for, the newest write that the server knew) of each answer."""

    def started(self, event: Any) -> None:
        pass

    def succeeded(self, event: Any) -> None:
        if event.command_name in ("aggregate", "getMore"):
            asked = time.monotonic() - event.duration_micros / 1e6
            self.append((asked, event.reply["operationTime"]))

    def failed(self, event: Any) -> None:
        pass


def time_of(token: Any) -> Timestamp:
    """The cluster time of a resume token; the beginning of time for one of an unknown form.

    Its text is that of the server's KeyString, where 82 announces a timestamp.
    """
    text = str((token or {}).get("_data", ""))
    if not text.startswith("82"):
        return Timestamp(0, 0)
    return Timestamp(int(text[2:10], 16), int(text[10:18], 16))
