"""A streaming server of the tests, in a process of its own, and clients of its streams."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from django.db import connection

from accounts import sessions
from tests.faults.conftest import environment, free_port, until

ROOT = Path(__file__).parents[2]


class StreamServer:
    """uvicorn as docs/operations.md starts it, on the database of the tests."""

    def __init__(
        self, uri=None, settings="tests.groups.brisk", app=None, errors=None, graceful="4", **more
    ):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        name = connection.settings_dict["NAME"] if uri is None else "doit_db"
        more |= {"DJANGO_SETTINGS_MODULE": settings, "DATABASE_NAME": name}
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "uvicorn", app or "doit_site.asgi:application"),
                *("--port", str(self.port), "--log-level", "critical", "--no-access-log"),
                *("--no-proxy-headers", "--timeout-graceful-shutdown", graceful),
            ],
            cwd=ROOT,
            env=environment(uri or os.environ["MONGODB_URI"], **more),
            stderr=errors,
        )
        until(self.answers, 30, "the server answers")

    def answers(self):
        try:
            return httpx.get(self.url + "/health/live/", timeout=5).is_success
        except httpx.HTTPError:
            return False

    def stop(self):
        """The exit code, and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        return code, time.monotonic() - began

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()


@dataclass(frozen=True)
class Event:
    name: str
    data: dict
    id: str | None
    at: float = field(compare=False)


class Stream:
    """One open stream, read in a thread: `events`, `comments`; `over` once it has ended, and
    `whole` where the answer came to its proper end."""

    def __init__(self, server, path, token=None, last=None, body=None, key=None):
        self.events, self.comments, self.raw = [], 0, []
        self.over = self.whole = False
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        headers = {"X-Forwarded-Proto": "https"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if last:
            headers["Last-Event-ID"] = last
        if key:
            headers["Idempotency-Key"] = key
        if body is None:
            self.connection.request("GET", f"/api/v1/{path}", headers=headers)
        else:
            headers["Content-Type"] = "application/json"
            self.connection.request("POST", f"/api/v1/{path}", json.dumps(body), headers)
        self.answer = self.connection.getresponse()
        self.status, self.headers = self.answer.status, self.answer.headers
        self.thread = None
        if self.status == 200:
            self.thread = threading.Thread(target=self._read, daemon=True)
            self.thread.start()
        else:
            self.body = json.loads(self.answer.read())
            self.connection.close()

    def _read(self):
        fields = {}
        try:
            for raw in iter(self.answer.readline, b""):
                self.raw.append(raw.decode())
                line = raw.decode().rstrip("\n")
                if line.startswith(":"):
                    self.comments += 1
                elif line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif "event" in fields:
                    self.events.append(
                        Event(
                            fields["event"],
                            json.loads(fields["data"]),
                            fields.get("id"),
                            time.monotonic(),
                        )
                    )
                    fields = {}
                else:
                    fields = {}
            self.whole = True
        except (OSError, http.client.HTTPException):
            pass
        self.over = True

    def of(self, name):
        return [event for event in list(self.events) if event.name == name]

    def said(self):
        """The contents of the messages, in order."""
        return [event.data["content"] for event in self.of("message")]

    def wait(self, name, count=1, seconds=10):
        """The events of this name once there are so many."""
        until(lambda: len(self.of(name)) >= count, seconds, f"{count} x {name}: {self.events}")
        return self.of(name)

    def place(self):
        """What a browser would send as Last-Event-ID."""
        return [event.id for event in list(self.events) if event.id][-1]

    def close(self):
        # The socket itself: closing the buffered reader would wait for the thread that reads it.
        if self.connection.sock:
            with suppress(OSError):  # the other side has gone
                self.connection.sock.shutdown(socket.SHUT_RDWR)
        if self.thread:
            self.thread.join(5)
        self.answer.close()
        self.connection.close()


def token_of(user):
    """(token, session) of a new sign-in of the person."""
    return sessions.open_session(user_id=user.pk)
