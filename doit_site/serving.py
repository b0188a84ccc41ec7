"""The application served by granian from this process, until a signal ends it."""

import http.client
import importlib
import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from granian import Granian
from granian.constants import Interfaces, RuntimeModes
from granian.log import LogLevels
from granian.server.common import AbstractServer

from doit_site.processes import STOP_SIGNALS, lead_own_session

POLL_SECONDS = 0.05
START_SECONDS = 30
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
        # Measured with 3 to 8 threads: on one core more of them only pass the interpreter around.
        blocking_threads=4,
        runtime_mode=RuntimeModes.st,
        workers_kill_timeout=STOP_SECONDS,
        log_level=LogLevels.error,
    )
    stop = _Stop(server)
    arguments = (address, port, stop, announce)
    server.on_startup(stop.take_signals)
    server.on_startup(threading.Thread(target=_wait, args=arguments, daemon=True).start)
    server.serve(target_loader=partial(_load, os.getpid()))


class _Stop:
    """Passes the stop signals on to granian once its worker answers: before, they would be lost."""

    def __init__(self, server: AbstractServer[Any]) -> None:
        self._server = server
        self._ready = False
        self.wanted = False

    def take_signals(self) -> None:
        for number in STOP_SIGNALS:
            signal.signal(number, self._on_signal)

    def ready(self) -> None:
        self._ready = True
        if self.wanted:
            self._server.signal_handler_interrupt()

    def _on_signal(self, number: int, frame: object) -> None:
        self.wanted = True
        if self._ready:
            self._server.signal_handler_interrupt()


def _load(parent: int, target: str) -> Any:
    """The application, in the worker."""
    lead_own_session(parent)
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def _wait(address: str, port: int, stop: _Stop, announce: Callable[[], None]) -> None:
    own = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)
    pause, deadline = threading.Event(), time.monotonic() + START_SECONDS
    while not (answers := _answers(own, port)) and time.monotonic() < deadline:
        pause.wait(POLL_SECONDS)
    stop.ready()
    if answers and not stop.wanted:
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
