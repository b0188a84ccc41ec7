"""Server-sent events to one client: a bounded queue that the loop fills and the connection drains."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse

from doit_site.api.json import dumps
from doit_site.api.problems import Code, Problem

CONTENT_TYPE = "text/event-stream"
HEARTBEAT = b": \n\n"
RETRY = b"retry: 2000\n\n"  # milliseconds until a browser connects again
# What lies before the last event, in the queue and the connection, may take so long to be taken.
CUT_AFTER = 10.0


def event(name: str, data: Any, id: str | None = None) -> bytes:
    """One event. With an `id` the client resumes after it."""
    mark = f"id: {_one_line(id)}\n" if id is not None else ""
    return f"event: {name}\n{mark}data: ".encode() + dumps(data) + b"\n\n"


def error(code: Code) -> bytes:
    """What an answer of problem details would say, had the stream not begun."""
    return event("error", {"code": code.name, "title": code.title, "status": code.status})


def _one_line(text: str) -> str:
    return "".join(text.splitlines())


class Reader:
    """One open stream. `who` is the app's: what it needs to know of whoever reads.

    At most STREAM_QUEUE events wait in `_waiting`. A reader that is `behind` has more to come, and
    asks for it, by `more`, when it has taken those. Only the event loop changes it.
    """

    def __init__(self, who: Any, more: Callable[[], None]) -> None:
        self.who = who
        self.ended = self.behind = False
        self._more = more
        self._waiting: deque[bytes] = deque()
        self._filled = asyncio.Event()
        self._took = time.monotonic()
        self._task: asyncio.Task[Any] | None = None

    @property
    def room(self) -> int:
        """How many events may be put."""
        return 0 if self.ended else settings.STREAM_QUEUE - len(self._waiting)

    @property
    def is_stuck(self) -> bool:
        """Whether the client has taken nothing for long, though much is waiting."""
        silent = time.monotonic() - self._took
        return self.room <= 0 and not self.ended and silent > settings.STREAM_PATIENCE_SECONDS

    def put(self, data: bytes) -> None:
        """Queue what is to be sent."""
        self._waiting.append(data)
        self._filled.set()

    def end(self, data: bytes) -> None:
        """Send this after what is queued, and nothing more."""
        if not self.ended:
            self.put(data)
            self.ended = True

    def cut(self) -> None:
        """End a stuck reader: it is told, if it takes something soon, else the connection ends."""
        self.end(error(Code.too_slow))
        asyncio.get_running_loop().call_later(CUT_AFTER, self._break_off)

    def _break_off(self) -> None:
        if self._task:
            self._task.cancel()

    async def lines(self) -> AsyncIterator[bytes]:
        self._task = asyncio.current_task()
        try:
            while True:
                while self._waiting:
                    yield self._waiting.popleft()
                    self._took = time.monotonic()
                if self.ended:
                    return
                self._filled.clear()
                if self.behind:
                    self._more()
                await self._filled.wait()
        finally:
            self._task = None


def refuse_elsewhere(request: Any) -> None:
    """Raises Problem `misdirected` in a WSGI worker, where a stream would take a thread."""
    if not isinstance(request._request, ASGIRequest):
        raise Problem(Code.misdirected)


def response(lines: AsyncIterator[bytes]) -> StreamingHttpResponse:
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(lines, content_type=CONTENT_TYPE, headers=headers)
