"""How long each process takes from its command to its first answer, and what it holds then.

    python -m tests.benchmarks.starting

On a database that is migrated, all on one machine; needs redis-server (make test-packages).
"""

import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from doit_site.processes import stop_signals_held
from tests.benchmarks import contenders, production
from tests.benchmarks.contenders import BENCH_PYTHON, DOIT, Contender, Running
from tests.benchmarks.load import Failed

ROUNDS = 5
LOOK_SECONDS, LONGEST_SECONDS = 0.01, 120
UVICORN = ("-m", "uvicorn", "--host=127.0.0.1", "--ws=none", "--log-level=warning")
CELERY = ("-m", "celery", "--app=doit_site", "worker", "--pool=threads", "--loglevel=INFO")
LLM = {"COACH": "llm", "COACH_MODEL": "openai:model", "COACH_API_KEY": "key"}


@dataclass(frozen=True)
class Process:
    """It is there once it answers at its port, or once its log has `says`, or else once it `ends`."""

    key: str
    command: Callable[[int], list[str]]
    own: dict[str, str]
    says: str = ""
    ends: bool = False

    def is_there(self, started: Running) -> bool:
        code = started.process.poll()
        if code is not None and not (self.ends and code == 0):
            raise Failed(f"{self.key} does not start: {started.log.read_text()[-300:]}")
        if self.ends:
            return code == 0
        if self.says:
            return self.says in started.log.read_text()
        try:
            return httpx.get(f"http://127.0.0.1:{started.port}/health/live/").is_success
        except httpx.HTTPError:
            return False


def processes(folder: Path, broker: str) -> list[Process]:
    data = {"DATA_DIR": str(folder / "quickstart"), "MONGODB_URI": "", "DEBUG": "true"}
    worker = LLM | {"CELERY_BROKER_URL": broker}
    return [
        Process("web", Contender(DOIT, "cache").command, {}),
        Process("web, COACH=llm", Contender(DOIT, "cache").command, LLM),
        Process("streams", serving(*UVICORN, "doit_site.asgi:application"), {}),
        Process("Celery's worker", command(*CELERY), worker, says=" ready."),
        Process("quickstart, empty folder", quickstart, data),
        Process("quickstart, with its data", quickstart, data),
        Process("send_reminders", command("manage.py", "send_reminders"), {}, ends=True),
        Process(
            "create_token --help", command("manage.py", "create_token", "--help"), {}, ends=True
        ),
    ]


def command(*arguments: str) -> Callable[[int], list[str]]:
    return lambda port: [str(BENCH_PYTHON), *arguments]


def quickstart(port: int) -> list[str]:
    """By this Python, which has the embedded mongod."""
    return [sys.executable, "manage.py", "quickstart", f"--port={port}"]


def serving(*arguments: str) -> Callable[[int], list[str]]:
    return lambda port: [str(BENCH_PYTHON), *arguments, f"--port={port}"]


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """The URL of a Redis, gone afterwards."""
    port = contenders.free_ports(1)[0]
    where = ("--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder))
    asked = ["redis-server", *where, "--save", ""]
    with stop_signals_held():
        server = contenders.launch(asked, {"PATH": os.environ["PATH"]}, folder / "redis.log")
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait()


def measured(process: Process, folder: Path) -> tuple[float, float]:
    """(seconds until it is there, MB that its largest process holds then)"""
    port, log = contenders.free_ports(1)[0], folder / "log"
    with stop_signals_held():
        began = time.monotonic()
        popen = contenders.launch(process.command(port), production.passed_on() | process.own, log)
    started = Running(Contender(DOIT, "cache"), port, popen, log)
    try:
        while not process.is_there(started):
            if time.monotonic() - began > LONGEST_SECONDS:
                raise Failed(f"{process.key} is not there after {LONGEST_SECONDS} s")
            time.sleep(LOOK_SECONDS)
        seconds = time.monotonic() - began
        if not process.ends:
            started.note_memory()
        return seconds, started.memory
    finally:
        started.stop()


def main() -> None:
    with production.place() as folder, redis(folder) as broker:
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        found: dict[str, list[tuple[float, float]]] = {}
        for _ in range(ROUNDS):
            shutil.rmtree(folder / "quickstart", ignore_errors=True)
            for process in processes(folder, broker):
                sys.stderr.write(f"{process.key}\n")
                found.setdefault(process.key, []).append(measured(process, folder))
    for key, runs in found.items():
        seconds = [each for each, _ in runs]
        memory = statistics.median(held for _, held in runs)
        spread = f"{min(seconds):.2f} to {max(seconds):.2f}"
        held = f"{memory:4.0f} MB" if memory else ""
        sys.stdout.write(f"{key:28}{statistics.median(seconds):6.2f} s  ({spread})  {held}\n")


if __name__ == "__main__":
    main()
