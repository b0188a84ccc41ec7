"""The daily run of a command, and the probe of a container."""

import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from doit_site import probe
from doit_site.daily import TRIES, Daily, next_time

MAIN = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-02-07T01:00", "2026-02-07T02:30"),
        ("2026-02-07T02:30", "2026-02-08T02:30"),
        ("2026-02-28T23:59", "2026-03-01T02:30"),
    ],
)
def test_the_next_time(now, due):
    moments = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, due)]
    assert next_time(time(2, 30), moments[0]) == moments[1]


def counting(file, code):
    """A command that adds a line to `file` and exits with `code`."""
    text = f"import sys; print(file=open({str(file)!r}, 'a')); sys.exit({code})"
    return [sys.executable, "-c", text]


def test_a_run_that_succeeds_is_not_repeated(tmp_path):
    assert Daily(time(2, 30), counting(tmp_path / "runs", 0)).run()
    assert (tmp_path / "runs").read_text() == "\n"


def test_a_run_that_fails_is_tried_again_and_told(tmp_path, capfd):
    daily = Daily(time(2, 30), counting(tmp_path / "runs", 1), retry=timedelta(0))
    assert not daily.run()
    assert (tmp_path / "runs").read_text() == "\n" * TRIES
    assert "tries left today: 0" in capfd.readouterr().err


def test_it_waits_for_its_time_and_ends_with_a_signal():
    process = subprocess.Popen(
        [sys.executable, "-m", "doit_site.daily", "02:30", "no_such_command"],
        cwd=MAIN,
        stderr=subprocess.PIPE,
    )
    with process:
        assert b"no_such_command: next at " in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stderr.read() == b""


@pytest.fixture
def server():
    """A server that answers its own name only, as Django does."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            good = self.headers["Host"] == "doit.example" and self.path == "/health/live/"
            self.send_response(200 if good else 400)
            self.end_headers()

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_the_probe_asks_for_the_public_host(server, monkeypatch):
    port = str(server.server_port)
    monkeypatch.setenv("PUBLIC_URL", "https://doit.example/")
    assert probe.main(port=port)
    assert not probe.main("/health/ready/", port)
    monkeypatch.delenv("PUBLIC_URL")
    assert not probe.main(port=port)


def test_the_probe_says_no_where_nobody_listens(server):
    port = server.server_port
    server.server_close()
    assert not probe.answers("/health/live/", port, "doit.example")
