"""What programs that start and end together need from the operating system."""

import contextlib
import ctypes
import errno
import os
import signal
import socket
import sys
from collections.abc import Iterator

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # SIGHUP: the terminal was closed
PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def port_is_free(address: str, port: int) -> bool:
    """Whether a server could listen there now. OSError where it may not, whoever listens."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # TIME_WAIT is free
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
    return True


def lead_own_session(parent: int | None = None) -> None:
    """In a child: leave the terminal, whose Ctrl-C is for the parent, and take signals as new.

    With `parent`, its process id, also be terminated when it ends, on Linux. The kernel watches the
    thread that started the child, so that has to be one that lasts.
    """
    os.setsid()
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    if _prctl and parent:
        _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it ended before the request
            os._exit(1)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)


@contextlib.contextmanager
def stop_signals_held() -> Iterator[None]:
    """Within the block they wait: no child is started without its process id being known."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Stopped(SystemExit):
    """A stop signal came. Unlike KeyboardInterrupt it never makes Python end by SIGINT."""


class StopSignals:
    """From now on the stop signals raise Stopped.

    Python prints and drops what is raised in a destructor or beside a fork: not printed here,
    `check()` between two steps raises it again.
    """

    def __init__(self) -> None:
        self._came = False
        for number in STOP_SIGNALS:
            signal.signal(number, self._stop)
        sys.unraisablehook = _print_unless_stopped

    def check(self) -> None:
        if self._came:
            raise Stopped

    def _stop(self, number: int, frame: object) -> None:
        self._came = True
        raise Stopped


def _print_unless_stopped(dropped: "sys.UnraisableHookArgs") -> None:
    if not isinstance(dropped.exc_value, Stopped):
        sys.__unraisablehook__(dropped)
