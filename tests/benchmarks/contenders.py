"""The contenders: DoIt as in production, and the peers. One worker each, pinned to one core."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx

from doit_site.processes import lead_own_session, stop_signals_held
from tests.benchmarks.load import Cores, Failed

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BENCH_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
START_SECONDS, STOP_SECONDS = 60, 10

DOIT = "DoIt"
THREADS = 6  # as in production
PEERS = {
    "FastAPI": "fastapi_pymongo",
    "Beanie": "fastapi_beanie",
    "ASGI": "bare_asgi",
}


@dataclass(frozen=True)
class Contender:
    """`sign_in` is 2q (session, then user), 1q (session with its user) or cache.

    `threads` are those of DoIt's worker; the peers have an event loop.
    """

    framework: str
    sign_in: str
    logs: bool = False
    threads: int = THREADS

    @property
    def key(self) -> str:
        name = f"{self.framework} {self.sign_in}" + (" log" if self.logs else "")
        return name if self.threads == THREADS else f"{name} {self.threads} threads"

    def command(self, port: int) -> list[str]:
        if self.framework == DOIT:
            return _granian(port, self.threads)
        return _uvicorn(port, PEERS[self.framework])

    def environment(self, base: dict[str, str], folder: Path) -> dict[str, str]:
        """`base` is production's; each process has a folder of its own for its figures."""
        if self.framework == DOIT:
            cached = str(self.sign_in == "cache").lower()
            level = "info" if self.logs else "warning"
            return base | {
                "SESSION_CACHE": cached,
                "LOG_LEVEL": level,
                "METRICS_DIR": str(folder / self.key.replace(" ", "-")),
            }
        shared = {name: base[name] for name in ("PATH", "MONGODB_URI", "DATABASE_NAME")}
        return shared | {"SIGN_IN": self.sign_in}


ALL = (
    Contender(DOIT, "1q"),
    Contender(DOIT, "cache"),
    Contender(DOIT, "1q", logs=True),
    *(Contender(peer, sign_in) for peer in PEERS for sign_in in ("2q", "1q", "cache")),
)


def _granian(port: int, threads: int) -> list[str]:
    """The command of docs/systemd/doit-web.service, with one worker."""
    return [
        *(str(BENCH_PYTHON), "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
        *("--port", str(port), "--workers", "1", "--runtime-mode", "st"),
        *("--blocking-threads", str(threads), "--workers-kill-timeout", "10"),
        *("--respawn-failed-workers", "--log-level", "warning", "doit_site.wsgi:application"),
    ]


def _uvicorn(port: int, module: str) -> list[str]:
    return [
        *(str(BENCH_PYTHON), "-m", "uvicorn", "--app-dir", str(HERE), "--port", str(port)),
        *("--loop", "uvloop", "--http", "httptools", "--no-access-log"),
        *("--log-level", "warning", f"peers.{module}:app"),
    ]


@dataclass
class Running:
    """A contender's process; `memory` is the most its worker has held, in MB."""

    contender: Contender
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    memory: float = field(default=0.0)

    @contextmanager
    def working(self, cores: Cores) -> Iterator[None]:
        """On the worker's core, which it has for itself: a session cache is never quite idle."""
        _pin(self.process.pid, cores.worker)
        try:
            yield
        finally:
            self.note_memory()
            _pin(self.process.pid, cores.load)

    def note_memory(self) -> None:
        self.memory = max(self.memory, _resident(_worker(self.process.pid)))

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self.process.kill()
            self.process.wait()


@contextmanager
def running(
    contenders: tuple[Contender, ...], base: dict[str, str], folder: Path, cores: Cores
) -> Iterator[dict[str, Running]]:
    """All of them, idle on the load's core; ended by their ids whatever happens."""
    if not BENCH_PYTHON.exists():
        raise Failed("The contenders are not installed: make bench")
    started: dict[str, Running] = {}
    try:
        for contender, port in zip(contenders, free_ports(len(contenders)), strict=True):
            with stop_signals_held():
                started[contender.key] = _start(contender, port, base, folder)
        for one in started.values():
            _wait_for(one)
            _pin(one.process.pid, cores.load)
        yield started
    finally:
        for one in started.values():
            one.process.terminate()
        for one in started.values():
            one.stop()


def free_ports(count: int) -> list[int]:
    """All held until the last is found, so that they differ."""
    with ExitStack() as stack:
        probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
        for probe in probes:
            stack.enter_context(probe)
        return [int(probe.getsockname()[1]) for probe in probes]


def _start(contender: Contender, port: int, base: dict[str, str], folder: Path) -> Running:
    log = folder / f"{contender.key.replace(' ', '-')}.log"
    process = launch(contender.command(port), contender.environment(base, folder), log)
    return Running(contender, port, process, log)


def launch(command: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """A process that ends with this one and writes to `log`; to be ended by its id."""
    with log.open("wb") as out:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=partial(lead_own_session, os.getpid()),
        )


def _pin(pid: int, core: int) -> None:
    """Each thread of the process and its children; threads to come inherit it."""
    for process in (pid, *_children(pid)):
        for thread in Path(f"/proc/{process}/task").iterdir():
            with suppress(ProcessLookupError):  # it has ended since
                os.sched_setaffinity(int(thread.name), {core})


def _wait_for(one: Running) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if one.process.poll() is not None:
            break
        try:
            httpx.get(f"http://127.0.0.1:{one.port}/", timeout=5)
            return
        except httpx.HTTPError:
            time.sleep(0.05)
    last = (one.log.read_text(errors="replace").strip().splitlines() or ["it says nothing"])[-1]
    raise Failed(f"{one.contender.key} does not start: {last[:300]}")


def _worker(pid: int) -> int:
    """The process that serves: granian's child (the largest, one only tracks), uvicorn itself."""
    return max(_children(pid), key=_resident, default=pid)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _resident(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith("VmRSS"))
    return int(kilobytes) * 1024 / 1e6
