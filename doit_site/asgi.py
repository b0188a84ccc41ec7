"""The application under ASGI: streams in production, everything under `make run`."""

import asyncio
import contextlib
import os
import signal

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "doit_site.settings")

from doit_site import wsgi  # noqa: F401  # sets Django up, refuses a standalone server

# isort: split
from accounts.kept_sessions import kept
from doit_site.api import telling
from doit_site.api.live import stop_all
from doit_site.handler import Handler
from doit_site.processes import STOP_SIGNALS
from goals import job_runner

_handle = Handler()


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "http":
        await _handle(scope, receive, send)
    else:
        await send({"type": "websocket.close"})


async def _live(receive, send):
    await receive()
    _end_streams_on_a_stop_signal()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    stop_all()
    # Some servers end by the signal that they were sent, without any of Python's own endings.
    await asyncio.to_thread(job_runner.stop)
    await asyncio.to_thread(telling.finish)
    await asyncio.to_thread(kept.follower.stop)  # before the database that it follows may go
    await send({"type": "lifespan.shutdown.complete"})


def _end_streams_on_a_stop_signal():
    """Servers wait for the answers in flight before they tell of their end: streams have none."""
    loop = asyncio.get_running_loop()

    def chain(before):
        def handle(number, frame):
            with contextlib.suppress(RuntimeError):  # a second one, after the loop's end
                loop.call_soon_threadsafe(stop_all)
            if callable(before):
                before(number, frame)

        return handle

    for number in STOP_SIGNALS:
        if callable(before := signal.getsignal(number)):
            signal.signal(number, chain(before))
