"""The application served by granian from this process, until a signal ends it."""

import http.client
import importlib
import os
import signal
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from doit_site.processes import lead_own_session

POLL_SECONDS = 0.05
STOP_SECONDS = 10


def serve(address: str, port: int, announce: Callable[[], None]) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP, then let the requests in flight finish.

    `announce` is called, in a thread, once the server answers. To be called from the main thread,
    without open database connections: the worker is forked. Raises SystemExit if the worker fails.
    """
    server = Granian(
        "doit_site.wsgi:application",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=8,
        workers_kill_timeout=STOP_SECONDS,
        log_level=LogLevels.error,
    )

    @server.on_startup
    def begin() -> None:
        # granian would take a closed terminal as the wish to reload.
        signal.signal(signal.SIGHUP, server.signal_handler_interrupt)
        arguments = (address, port, announce)
        threading.Thread(target=_announce_when_ready, args=arguments, daemon=True).start()

    server.serve(target_loader=partial(_load, os.getpid()))


def _load(parent: int, target: str) -> Any:
    """The application, in the worker."""
    lead_own_session(parent)
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def _announce_when_ready(address: str, port: int, announce: Callable[[], None]) -> None:
    own = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)
    pause = threading.Event()
    while not _answers(own, port):
        pause.wait(POLL_SECONDS)
    announce()


def _answers(address: str, port: int) -> bool:
    connection = http.client.HTTPConnection(address, port, timeout=5)
    try:
        connection.request("GET", "/health/live/")
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
