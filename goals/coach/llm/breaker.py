"""A circuit breaker: after failures in a row nobody is kept waiting for a model that is down.

closed: everything is let through. open: nothing is, for a while. Then half-open: one trial, whose
outcome closes it or opens it again.
"""

import threading
import time
from collections.abc import Callable


class Breaker:
    """Opens after `failures` in a row, for `seconds`. Thread-safe; one a process."""

    def __init__(
        self, failures: int, seconds: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._seconds, self._clock = failures, seconds, clock
        self._lock = threading.Lock()
        self._failed = 0
        self._open_until: float | None = None
        self._on_trial = False

    @property
    def state(self) -> str:
        """closed, open or half-open."""
        with self._lock:
            return self._state()

    def _state(self):
        if self._open_until is None:
            return "closed"
        return "half-open" if self._clock() >= self._open_until else "open"

    def lets_through(self) -> bool:
        """Whether a call may be made now; the one of a half-open breaker is the caller's then."""
        with self._lock:
            state = self._state()
            if state == "half-open" and not self._on_trial:
                self._on_trial = True
                return True
            return state == "closed"

    def succeeded(self) -> None:
        with self._lock:
            self._failed, self._open_until, self._on_trial = 0, None, False

    def failed(self) -> None:
        with self._lock:
            self._failed += 1
            if self._on_trial or self._failed >= self._most:
                self._open_until = self._clock() + self._seconds
            self._on_trial = False

    def left(self) -> None:
        """A call ended without telling anything of the model."""
        with self._lock:
            self._on_trial = False
