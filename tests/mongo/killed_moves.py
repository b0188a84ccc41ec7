"""A program that appends to diaries and kills itself in the middle of the move that follows.

    python -m tests.mongo.killed_moves URI DATABASE TWIN POINTS

For each point, a number of an event of the driver (a command begins, a command ends), a child
appends to the diary `point-N` and dies by SIGKILL at that event. Prints, as JSON, of each point
the command and whether the child was killed there.
"""

import json
import os
import signal
import sys
from itertools import count

import django
from bson import Binary
from pymongo import MongoClient
from pymongo.monitoring import CommandListener

WATCHED = ("update", "find", "findAndModify", "insert", "commitTransaction")


class Deadly(CommandListener):
    """Kills the process at one of the events."""

    def __init__(self, point, told):
        self.point, self.told, self.events = point, told, count()
        self.sessions = set()

    def started(self, event):
        if lsid := event.command.get("lsid"):
            self.sessions.add(lsid["id"].hex())
        self._happened(event)

    def succeeded(self, event):
        self._happened(event)

    def failed(self, event):
        pass

    def _happened(self, event):
        if event.command_name in WATCHED and next(self.events) == self.point:
            text = {"command": event.command_name, "sessions": sorted(self.sessions)}
            os.write(self.told, json.dumps(text).encode())
            os.kill(os.getpid(), signal.SIGKILL)


def main(twin, points):
    told = []
    for point in range(points):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            append(point, twin, writing)
            os._exit(0)
        os.close(writing)
        _, status = os.waitpid(child, 0)
        with os.fdopen(reading, "rb") as pipe:
            text = pipe.read()
        died = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        seen = json.loads(text or '{"sessions": []}')
        end(seen.pop("sessions"))
        told.append({"killed": died, **seen})
    sys.stdout.write(json.dumps(told))


def end(sessions):
    """What MongoDB does by itself after a minute: end transactions of whom it hears no more."""
    ids = [{"id": Binary(bytes.fromhex(text), 4)} for text in sessions]
    with MongoClient(os.environ["MONGODB_URI"]) as client:  # closed before the next child
        if ids:  # without any, it would end those of all others
            client.admin.command("killSessions", ids)


def append(point, twin, told):
    from django.db import connection

    from tests.mongo.diaries import DIARIES, TWINS

    connection.settings_dict["OPTIONS"]["event_listeners"] = [Deadly(point, told)]
    history = TWINS.get(twin, DIARIES)
    history.push({"id": f"point-{point}"}, [{"n": 20}])


if __name__ == "__main__":
    os.environ["MONGODB_URI"], os.environ["DATABASE_NAME"] = sys.argv[1:3]
    os.environ["DJANGO_SETTINGS_MODULE"] = "doit_site.settings"
    django.setup()
    main(sys.argv[3], int(sys.argv[4]))
