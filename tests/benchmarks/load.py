"""Load from wrk: requests in a file, one sample a run."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

CONNECTIONS = 16
TRIES = 3  # where the machine stood still for the whole of a run, which says nothing
SCRIPT = Path(__file__).with_name("wrk.lua")
HOST = "doit.example"  # the same for all, so that links in answers are


class Failed(Exception):
    """The run shows nothing; the message is one line that says why."""


class Request(NamedTuple):
    method: str
    path: str
    token: str
    body: str = ""

    @property
    def headers(self) -> dict[str, str]:
        kind = {"Content-Type": "application/json"} if self.body else {}
        who = {"Authorization": f"Bearer {self.token}", "X-Forwarded-Proto": "https"}
        return {"Host": HOST, "Accept": "application/json", **who, **kind}


@dataclass(frozen=True)
class Cores:
    """Their numbers: of the worker that is measured, and of wrk."""

    worker: int
    load: int


@dataclass(frozen=True)
class Sample:
    """Requests a second, milliseconds, and how many of the requests had another answer than 2xx."""

    rate: float
    p50: float
    p99: float
    requests: int
    failed: int


def require_wrk() -> None:
    if not shutil.which("wrk"):
        raise Failed("wrk is not installed: make bench-packages")


def write(path: Path, requests: Iterable[Request]) -> Path:
    path.write_text("".join("\t".join(request) + "\n" for request in requests))
    return path


def run(
    port: int,
    requests: Path,
    seconds: int,
    core: int,
    *,
    connections: int = CONNECTIONS,
    from_first: bool = False,
    who: str = "DoIt",
) -> Sample:
    """One run of wrk on its core. Raises Failed where any answer was not 2xx."""
    command = [
        *("wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"),
        *("-s", str(SCRIPT), f"http://127.0.0.1:{port}"),
    ]
    environment = {"PATH": os.environ["PATH"], "REQUESTS": str(requests), "HOST": HOST}
    environment |= {"FROM_FIRST": "1"} if from_first else {}
    for _ in range(TRIES):
        sample = _run(command, environment, core)
        if sample.failed:
            count = f"{sample.failed} of {sample.requests}"
            raise Failed(f"{who} answered {count} requests of {requests.stem} with other than 2xx")
        if sample.requests:
            return sample
    raise Failed(f"{who} answered no request of {requests.stem} within {seconds} s")


def _run(command: list[str], environment: dict[str, str], core: int) -> Sample:
    done = subprocess.run(
        command,
        env=environment,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        capture_output=True,
        text=True,
        check=False,
    )
    line = next((line for line in done.stdout.splitlines() if line.startswith("{")), None)
    if done.returncode or line is None:
        raise Failed(f"wrk failed: {(done.stderr or done.stdout).strip()[-300:]}")
    return Sample(**json.loads(line))
