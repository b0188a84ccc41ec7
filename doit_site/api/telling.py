"""An answer told as server-sent events while it is made, and made to its end whether or not it is read.

What makes it runs in a thread of its own, because it may wait for others for long; whoever reads takes
none, and who goes away changes nothing.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from functools import cache
from typing import Any

import pymongo
from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.response import Response

from doit_site.api import events
from doit_site.api.problems import Code
from doit_site.logs import current_request

logger = logging.getLogger("doit.streams")

Tell = Callable[[str, Any], None]


class Told:
    """The events of one answer, put by any thread and read by one client, perhaps.

    An answer has an end, so what waits for a client that is slow is bounded by what is told.
    """

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()
        self._ended = False
        self._wake: Callable[[], Any] = lambda: None

    def put(self, name: str, data: Any) -> None:
        if not self._ended:
            self._waiting.append(events.event(name, data))
            self._wake()

    def end(self, last: bytes) -> None:
        """Tell this as the last."""
        self._waiting.append(last)
        self._ended = True
        self._wake()

    async def lines(self) -> AsyncIterator[bytes]:
        loop, reader = asyncio.get_running_loop(), asyncio.current_task()
        filled, cuts = asyncio.Event(), list[asyncio.TimerHandle]()

        def look() -> None:
            filled.set()
            if self._ended and reader and not cuts:
                # Who takes nothing may not keep the connection for ever.
                cuts.append(loop.call_later(events.CUT_AFTER, reader.cancel))

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and its readers with it
                loop.call_soon_threadsafe(look)

        self._wake = wake
        look()  # at what is there already; it is told of all that comes after this
        try:
            while self._waiting or not self._ended:
                filled.clear()
                while self._waiting:
                    yield self._waiting.popleft()
                if not self._ended and not await _within(filled, settings.STREAM_HEARTBEAT_SECONDS):
                    yield events.HEARTBEAT
        finally:
            for cut in cuts:
                cut.cancel()


async def _within(filled, seconds):
    """Whether something came in time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await filled.wait()
    return False


def tell(act: Callable[[Tell], Response], last: str) -> StreamingHttpResponse:
    """Begin `act(tell)` and answer with what it tells, `tell(event, data)`.

    The last event is `last`, of the field of that name of what the act returns; or `error` with the
    problem, where it returns one. The act raises nothing.
    """
    told, request = Told(), current_request.get()
    _threads().submit(Context().run, _go_on, act, told, last, request)
    return events.response(told.lines())


def finish() -> None:
    """Wait for what is being made: for the end of the process, when no request comes any more."""
    _threads().shutdown()


def replayed(response: Response, last: str) -> HttpResponse:
    """What was kept of an answer as one event; a problem as it is anywhere."""
    if response.status_code >= 400:
        return response
    headers = {"Content-Type": events.CONTENT_TYPE, "Cache-Control": "no-store"}
    return HttpResponse(_last(response, last), headers={**headers, "Idempotent-Replayed": "true"})


def _go_on(act, told, last, request):
    current_request.set(request)
    try:
        # Its own: the request's ended with the beginning of the stream.
        with pymongo.timeout(settings.DATABASE_DEADLINE):
            told.end(_last(act(told.put), last))
    except Exception:
        logger.exception("an answer could not be told")
        told.end(events.error(Code.internal_error))


def _last(response, name):
    if response.status_code >= 400:
        return events.event("error", response.data)
    return events.event(name, response.data[name])


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings.STREAM_THREADS, thread_name_prefix="telling")
