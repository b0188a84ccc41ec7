"""Streams of what happens to the documents of a collection: one change stream a process for all.

A change is only a hint to look at the document again. What a reader has had is known by the
reader's own place in it, so that a change stream that breaks, or a primary that is lost, costs
nobody an event: once it is open again, every document that is read gets looked at.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any

import pymongo
from django.conf import settings
from django.db import DatabaseError
from pymongo.errors import PyMongoError

from doit_site.api.events import HEARTBEAT, RETRY, Reader, event
from doit_site.mongo.changes import watch

logger = logging.getLogger("doit.streams")

THREADS = 4
RETRY_SECONDS = 0.5


@dataclass
class Room:
    """The readers of one document, `key` its `_id`. `memory` is kept for the app's look."""

    key: Any
    readers: set[Reader] = field(default_factory=set)
    memory: dict[str, Any] = field(default_factory=dict)
    wanted: bool = False  # a look is due
    checked: bool = True  # false: who reads is to be looked at too
    looking: asyncio.Task[None] | None = None


@dataclass
class Told:
    """What one reader is to be sent: `events`, at most Reader.room of them, and the `last`, if any.

    `more`: there is more than that.
    """

    reader: Reader
    events: list[bytes] = field(default_factory=list)
    last: bytes | None = None
    more: bool = False


Look = Callable[[Room, list[Reader], bool], Iterable[Told]]

HUBS: list["Hub"] = []


class Hub:
    """Fans the changes of one collection out to readers.

    `look(room, readers, check)` is the app's: it reads the document, in a thread, and says what
    to tell each reader. With `check` it also sees whether they may still read. Of a room there is
    one look at a time.
    """

    def __init__(self, collection: str, look: Look) -> None:
        self._collection = collection
        self._look = look
        self._rooms: dict[Any, Room] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="streams")
        self._stopped = False
        HUBS.append(self)

    async def stream(self, key: Any, who: Any) -> AsyncIterator[bytes]:
        """What the reader `who` of the document `key` is sent, until one side ends it."""
        reader = Reader(who, lambda: self._want(room))
        reader.put(RETRY)
        room = self._join(key, reader)
        try:
            async for data in reader.lines():
                yield data
        finally:
            self._leave(room, reader)

    def stop(self) -> None:
        """End every stream, and any that is opened after this."""
        self._stopped = True
        for task in self._tasks:
            task.cancel()
        for room in self._rooms.values():
            for reader in room.readers:
                reader.end(ended("stopping"))

    def _join(self, key: Any, reader: Reader) -> Room:
        if self._stopped:
            reader.end(ended("stopping"))
            return Room(key)
        if not self._tasks:
            self._start()
        room = self._rooms.setdefault(key, Room(key))
        room.readers.add(reader)
        self._want(room)
        return room

    def _leave(self, room: Room, reader: Reader) -> None:
        room.readers.discard(reader)
        if not room.readers:
            self._rooms.pop(room.key, None)

    def _start(self) -> None:
        # In a context of their own: that of a request has its deadline.
        for work in (self._watch(), self._beat()):
            self._tasks.append(asyncio.get_running_loop().create_task(work, context=Context()))

    async def _watch(self) -> None:
        async for key in watch(self._collection):
            rooms = self._rooms.values() if key is None else [self._rooms.get(key)]
            for room in list(rooms):
                if room:
                    self._want(room)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(settings.STREAM_HEARTBEAT_SECONDS)
            for room in list(self._rooms.values()):
                for reader in room.readers:
                    self._keep_alive(reader)
                room.checked = False
                self._want(room)

    def _keep_alive(self, reader: Reader) -> None:
        if reader.is_stuck:
            reader.cut()
        elif reader.room > 0:
            reader.put(HEARTBEAT)

    def _want(self, room: Room) -> None:
        room.wanted = True
        if room.looking is None:
            task = asyncio.get_running_loop().create_task(self._attend(room), context=Context())
            room.looking = task

    async def _attend(self, room: Room) -> None:
        """Look as long as something is due; keep at it while the database is gone."""
        try:
            while room.wanted and room.readers:
                check, room.wanted, room.checked = not room.checked, False, True
                try:
                    await self._look_once(room, check)
                except (PyMongoError, DatabaseError) as error:
                    logger.warning("a stream waits for the database: %s", type(error).__name__)
                    room.wanted, room.checked = True, not check
                    await asyncio.sleep(RETRY_SECONDS)
        except Exception:
            logger.exception("a stream cannot be read")
            for reader in room.readers:
                reader.end(ended("failed"))
        finally:
            room.looking = None

    async def _look_once(self, room: Room, check: bool) -> None:
        loop = asyncio.get_running_loop()
        for reader in room.readers:
            reader.behind = reader.room <= 0
        readers = [reader for reader in room.readers if not reader.behind]
        told = await loop.run_in_executor(self._threads, self._look_in_time, room, readers, check)
        for one in told:
            for data in one.events:
                one.reader.put(data)
            one.reader.behind = one.more
            if one.last is not None:
                one.reader.end(one.last)

    def _look_in_time(self, room: Room, readers: list[Reader], check: bool) -> list[Told]:
        with pymongo.timeout(settings.DATABASE_DEADLINE):
            return list(self._look(room, readers, check))


def ended(reason: str) -> bytes:
    """The last event of a stream that the server ends."""
    return event("end", {"reason": reason})


def stop_all() -> None:
    with contextlib.suppress(RuntimeError):  # rooms that change meanwhile: their readers leave
        for hub in HUBS:
            hub.stop()
