"""A manage.py command once a day, where nothing else does it (systemd's timers, cron).

    python -m doit_site.daily 02:30 backup --keep 7 /backups

The time is UTC. A run that fails is tried again after 10 minutes, up to 6 times, then the next day. Ends with
SIGTERM, after the command that is running.
"""

import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from doit_site import clock

TRIES = 6
RETRY = timedelta(minutes=10)


class Daily:
    """Runs `command` (program and arguments) every day at `at`, UTC, until `stop()`."""

    def __init__(self, at: time, command: Sequence[str], *, retry: timedelta = RETRY) -> None:
        self._at = at
        self._command = command
        self._retry = retry
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()

    def serve(self) -> None:
        """Return once stopped."""
        while not self._stopped.is_set():
            due = next_time(self._at, clock.now())
            _tell(f"{' '.join(self._command)}: next at {due:%Y-%m-%d %H:%M} UTC")
            if not self._wait(until=due):
                self.run()

    def run(self) -> bool:
        """One day's run with its tries; whether one succeeded."""
        for left in reversed(range(TRIES)):
            if subprocess.run(self._command, check=False).returncode == 0:
                return True
            _tell(f"{' '.join(self._command)} failed; tries left today: {left}")
            if not left or self._stopped.wait(self._retry.total_seconds()):
                break
        return False

    def _wait(self, *, until: datetime) -> bool:
        """Wait; whether it was stopped meanwhile. Looks at the clock again, as that may be set."""
        while (seconds := (until - clock.now()).total_seconds()) > 0:
            if self._stopped.wait(min(seconds, 60)):
                return True
        return self._stopped.is_set()


def next_time(at: time, now: datetime) -> datetime:
    """The first moment after `now` that has the time `at` of the same time zone."""
    today = datetime.combine(now.date(), at, tzinfo=now.tzinfo)
    return today if today > now else today + timedelta(days=1)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def main(at: str, *arguments: str) -> None:
    daily = Daily(time.fromisoformat(at), [sys.executable, "manage.py", *arguments])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: daily.stop())
    daily.serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
