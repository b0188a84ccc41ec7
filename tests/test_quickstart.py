"""`manage.py quickstart` as people run it: a process of its own, its output, its end."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from doit_site.mongo.local_server import packaged_binary

MAIN = Path(__file__).resolve().parents[1]
STARTED = "Ctrl-C stops everything."
UNTRACED = {"COVERAGE_PROCESS_CONFIG": "", "COVERAGE_PROCESS_START": ""}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


class Quickstart:
    """A running `manage.py quickstart` and what it has printed."""

    def __init__(self, folder, port, **environment):
        self.output = folder / f"output-{port}-{time.monotonic_ns()}"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "quickstart"],
                cwd=MAIN,
                env=environment_for(folder, port, **environment),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def text(self):
        return self.output.read_text()

    def wait_for(self, text, seconds=30):
        def printed():
            assert self.process.poll() is None, self.text()
            return text in self.text()

        eventually(printed, seconds)

    def curl(self, path, **replacements):
        """Run the printed curl line for this path, in a shell, as pasted."""
        lines = [line.strip() for line in self.text().splitlines()]
        [line] = [x for x in lines if x.startswith("curl ") and x.endswith(path)]
        for old, new in replacements.items():
            line = line.replace(old, new)
        silent = line.replace("curl ", "curl --silent --show-error --fail-with-body ", 1)
        return json.loads(subprocess.check_output(["sh", "-c", silent], text=True))

    def family(self):
        """The process ids of this process and all that it started, however deep."""
        parents = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
        members = [self.process.pid]
        for pid in members:
            members += [child for child, parent in parents.items() if parent == pid]
        return members

    def stop(self, number):
        """Send the signal as a terminal does, to the whole group; the exit code."""
        os.killpg(self.process.pid, number)
        return self.process.wait(timeout=30)


def environment_for(folder, port, **more):
    return {
        **os.environ,
        "DEBUG": "true",
        "DATA_DIR": str(folder / "data"),
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SMS_BACKEND": "console",
        "MONGODB_URI": "",
        "DATABASE_NAME": "doit_db",
        **more,
    }


@contextmanager
def quickstart(folder, port, **environment):
    running = Quickstart(folder, port, **environment)
    try:
        yield running
    finally:
        family = running.family()
        running.process.kill()
        running.process.wait()
        eventually(lambda: all(map(has_ended, family)))


def refusal(folder, port, **environment):
    """What quickstart writes on stderr when it cannot start: one line."""
    result = subprocess.run(
        [sys.executable, "manage.py", "quickstart"],
        cwd=MAIN,
        env=environment_for(folder, port, **environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 1, result.stdout + result.stderr
    [line] = result.stderr.splitlines()
    return line


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def eventually(happens, seconds=10):
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not happens():
        assert time.monotonic() < deadline, "it did not happen in time"
        pause.wait(0.02)


def has_ended(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_from_an_empty_folder_to_a_second_start(tmp_path):
    port = free_port()
    with quickstart(tmp_path, port) as first:
        first.wait_for(STARTED)
        assert f"http://127.0.0.1:{port}/api/docs/" in first.text()
        assert f"http://127.0.0.1:{port}/admin/" in first.text()
        family = first.family()
        assert len(family) == 2  # quickstart, which is the server, and mongod
        assert all(os.getsid(pid) == pid for pid in family)  # Ctrl-C reaches the first alone

        goals = first.curl("/goals/")
        assert goals["results"]
        sign_in_by_phone(first)

        assert f"Port {port} is in use" in refusal(tmp_path / "other", port)
        line = refusal(tmp_path, free_port())
        assert f"data folder {tmp_path / 'data'} is in use by mongod with process id" in line

        assert first.stop(signal.SIGTERM) == 0
        assert all(map(has_ended, family))
        assert "Traceback" not in first.text()

    with quickstart(tmp_path, port) as second:
        second.wait_for(STARTED)
        assert "demo data" not in second.text().partition("DoIt runs at")[0]
        assert titles(second.curl("/goals/")) == titles(goals)
        family = second.family()
        assert second.stop(signal.SIGINT) == 0
        assert all(map(has_ended, family))
        assert second.text().rstrip().endswith("Stopped.")

    assert fastest_start(tmp_path, port) < 5


def fastest_start(folder, port, tries=3):
    """Seconds; of several, since the tests share the machine, and without coverage's tracer."""
    seconds = []
    while len(seconds) < tries and min(seconds, default=5) >= 5:
        began = time.monotonic()
        with quickstart(folder, port, **UNTRACED) as again:
            again.wait_for(STARTED)
            seconds.append(time.monotonic() - began)
            again.stop(signal.SIGTERM)
    return min(seconds)


def sign_in_by_phone(running):
    asked = running.curl("/auth/otp/")
    assert asked["expires_in"] == 300
    running.wait_for("is your DoIt code")
    code = re.search(r"(\d{6}) is your DoIt code", running.text())[1]
    assert running.curl("/auth/otp/verify/", CODE=code)["token"]


def titles(page):
    return [goal["title"] for goal in page["results"]]


def test_a_killed_quickstart_leaves_nothing_behind(tmp_path):
    with quickstart(tmp_path, free_port()) as running:
        running.wait_for(STARTED)
        family = running.family()
        running.process.kill()
        eventually(lambda: all(map(has_ended, family)))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("moment", ["Database: starting", "Database: migrating"])
def test_a_signal_during_start_up_cleans_up(tmp_path, moment, number):
    with quickstart(tmp_path, free_port()) as running:
        running.wait_for(moment)
        family = running.family()
        assert running.stop(number) == 0
        eventually(lambda: all(map(has_ended, family)))
        assert STARTED not in running.text()
        assert running.text().rstrip().endswith("Stopped.")
        assert "Traceback" not in running.text()


def test_a_signal_while_the_server_starts_is_not_lost(tmp_path):
    with quickstart(tmp_path, free_port()) as running:
        running.wait_for("Server: starting")
        began = time.monotonic()
        assert running.stop(signal.SIGTERM) == 0
        assert time.monotonic() - began < 8  # lost, it would have to be killed after 10 s
        assert STARTED not in running.text()


def test_a_database_that_does_not_answer_is_one_line(tmp_path):
    uri = f"mongodb://me:secret@127.0.0.1:{free_port()}/?replicaSet=rs"
    line = refusal(tmp_path, free_port(), MONGODB_URI=uri)
    assert "MongoDB does not answer" in line
    assert "secret" not in line


def test_a_standalone_server_is_one_line(tmp_path):
    port = free_port()
    (tmp_path / "db").mkdir()
    with (tmp_path / "log").open("wb") as log:
        mongod = subprocess.Popen(
            [packaged_binary(), f"--dbpath={tmp_path / 'db'}", f"--port={port}", "--nounixsocket"],
            stdout=log,
        )
    with mongod:
        try:
            eventually(lambda: "Waiting for connections" in (tmp_path / "log").read_text())
            line = refusal(tmp_path, free_port(), MONGODB_URI=f"mongodb://127.0.0.1:{port}/")
        finally:
            mongod.kill()
    assert "standalone server" in line
    assert "replica set" in line


def test_a_data_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "data").touch()
    assert "cannot be written" in refusal(tmp_path, free_port())


@pytest.mark.parametrize("port", ["70000", "-1"])
def test_a_port_that_does_not_exist_is_one_line(tmp_path, port):
    assert f"127.0.0.1:{port}" in refusal(tmp_path, port)
