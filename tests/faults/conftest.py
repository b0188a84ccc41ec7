"""A database and a server of their own, to be killed."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from pymongo import MongoClient

from accounts.sessions import PREFIX, token_hash
from doit_site.mongo.fields import new_id
from doit_site.mongo.local_server import LocalServer

ROOT = Path(__file__).parents[2]
TOKEN = PREFIX + "of-the-fault-tests"


def until(condition, seconds, what):
    """The first true value of condition(), polled; fails after `seconds`."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while True:
        if value := condition():
            return value
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        pause.wait(0.02)


@dataclass
class Place:
    """A running server, its database, and a signed-in person."""

    url: str
    mongod: LocalServer
    process: subprocess.Popen

    def client(self):
        headers = {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-Proto": "https"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=20)

    @contextmanager
    def database(self):
        with MongoClient(self.mongod.uri) as client:
            yield client["doit_db"]

    def freeze_database(self):
        """Until SIGCONT. The signal reaches a busy process a little later."""
        os.kill(self.mongod.pid, signal.SIGSTOP)
        state = Path(f"/proc/{self.mongod.pid}/stat")
        until(lambda: state.read_text().rpartition(")")[2].split()[0] == "T", 5, "it is stopped")

    def kill_database(self):
        os.kill(self.mongod.pid, signal.SIGKILL)
        self.mongod.stop()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def environment(uri, **more):
    return {
        **os.environ,
        "MONGODB_URI": uri,
        "TRUSTED_PROXIES": "1",
        "DJANGO_SETTINGS_MODULE": "doit_site.settings",
        **more,
    }


APPLICATION = "doit_site.wsgi:application"


def start_server(uri, application=APPLICATION, threads=8, within=20, **more):
    """(url, process) of granian serving the product; `within` seconds it answers."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)),
        *("--blocking-threads", str(threads), "--log-level", "error", application),
    ]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(uri, **more))
    url = f"http://127.0.0.1:{port}"

    def answers():
        try:
            return httpx.get(url + "/health/live/", timeout=5).is_success
        except httpx.HTTPError:
            return False

    until(answers, within, "the server answers")
    return url, process


def stop(process):
    process.terminate()
    process.wait(15)


@contextmanager
def running(folder, options=(), application=APPLICATION, **more):
    mongod = LocalServer(folder, options=list(options))
    mongod.start()
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"],
        cwd=ROOT,
        env=environment(mongod.uri),
        check=True,
    )
    url, process = start_server(mongod.uri, application, **more)
    place = Place(url, mongod, process)
    sign_in(place)
    try:
        yield place
    finally:
        stop(process)
        mongod.stop()


def sign_in(place):
    now = datetime.now(UTC)
    user_id = new_id()
    session = {
        "id": new_id(),
        "user_id": user_id,
        "token_hash": token_hash(TOKEN),
        "created_at": now,
        "last_used_at": now,
        "expires_at": now + timedelta(days=7),
    }
    with place.database() as database:
        database.users.insert_one({"id": user_id, "phone_number": "14155550100", "created_at": now})
        database.sessions.insert_one(session)


@pytest.fixture
def place(tmp_path):
    with running(tmp_path / "data") as place:
        yield place
