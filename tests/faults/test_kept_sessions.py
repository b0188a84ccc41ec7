"""trust.md: a revoked session is refused within 100 ms where workers keep sessions, whatever happens
to their change stream; with a twin that goes on without it."""

import os
import signal
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from accounts.sessions import PREFIX, token_hash
from doit_site.mongo.fields import new_id
from doit_site.mongo.following import LIVE_SECONDS
from tests.faults.conftest import Place, running, start_server, stop, until

STREAM = {"appName": "doit-following"}
BLOCKED = {"failCommands": ["getMore"], "blockConnection": True, "blockTimeMS": 1_500, **STREAM}
CUT = {"failCommands": ["getMore", "aggregate"], "closeConnection": True, **STREAM}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    options = ["--setParameter", "enableTestCommands=1"]
    with running(tmp_path_factory.mktemp("data"), options, SESSION_CACHE="true") as place:
        yield place


@pytest.fixture
def credulous(place):
    """The broken twin beside it, on the same database."""
    twin = "tests.faults.always_live:application"
    url, process = start_server(place.mongod.uri, twin, SESSION_CACHE="true")
    yield Place(url, place.mongod, process)
    stop(process)


@contextmanager
def fault(place, data):
    """Within the block; what was on its way before has arrived."""
    with place.database() as database:
        admin = database.client.admin
        admin.command("configureFailPoint", "failCommand", mode="alwaysOn", data=data)
        threading.Event().wait(0.05)
        try:
            yield
        finally:
            admin.command("configureFailPoint", "failCommand", mode="off")


class Visitor:
    """A signed-in person whose session another program ends."""

    def __init__(self, place):
        self.place, self.id, now = place, new_id(), datetime.now(UTC)
        token = PREFIX + self.id
        phone = "1415" + str(int(self.id[:6], 16)).zfill(8)
        session = {"id": new_id(), "user_id": self.id, "token_hash": token_hash(token)}
        session |= {"created_at": now, "last_used_at": now, "expires_at": now + timedelta(days=7)}
        with place.database() as database:
            database.users.insert_one({"id": self.id, "phone_number": phone, "created_at": now})
            database.sessions.insert_one(session)
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-Proto": "https"}
        self.client = httpx.Client(base_url=place.url, headers=headers, timeout=20)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.client.close()

    def is_let_in(self):
        return self.client.get("/api/v1/me/").status_code == 200

    def settle_in(self):
        """Be known to the server: a few requests while its stream is live."""
        for _ in range(20):
            assert self.is_let_in()
            threading.Event().wait(0.02)

    def latest_entry(self, seconds=0.7):
        """How long after the end of the session a request began that was still let in."""
        with self.place.database() as database:
            database.sessions.delete_one({"user_id": self.id})
        ended, latest = time.monotonic(), 0.0
        while (began := time.monotonic()) < ended + seconds:
            if self.is_let_in():
                latest = began - ended
        return latest


@pytest.fixture
def visitor(place):
    with Visitor(place) as visitor:
        visitor.settle_in()
        yield visitor


def test_undisturbed(visitor):
    assert visitor.latest_entry() < LIVE_SECONDS


def test_while_the_stream_is_silent(place, visitor):
    with fault(place, BLOCKED):
        assert visitor.latest_entry() < LIVE_SECONDS


def test_while_the_stream_is_cut_again_and_again(place, visitor):
    with fault(place, CUT):
        assert visitor.latest_entry() < LIVE_SECONDS
    with Visitor(place) as other:
        assert other.is_let_in()


def test_in_a_flood_of_changes(place, visitor):
    over = threading.Event()

    def flood():
        with place.database() as database:
            ids = database.sessions.insert_many(
                [{"id": new_id(), "token_hash": new_id()} for _ in range(500)]
            ).inserted_ids
            while not over.is_set():
                database.sessions.update_many({"_id": {"$in": ids}}, {"$inc": {"n": 1}})
            database.sessions.delete_many({"_id": {"$in": ids}})

    writer = threading.Thread(target=flood)
    writer.start()
    try:
        assert visitor.latest_entry() < LIVE_SECONDS
    finally:
        over.set()
        writer.join()


def test_over_a_restart_of_the_primary(place, visitor):
    os.kill(place.mongod.pid, signal.SIGKILL)
    place.mongod.stop()
    place.mongod.start()
    assert visitor.latest_entry() < LIVE_SECONDS
    with Visitor(place) as other:
        until(other.is_let_in, 5, "others come in")
        other.settle_in()
        assert other.latest_entry() < LIVE_SECONDS


def test_without_the_fall_back_a_silent_stream_lets_in_who_is_out(place, credulous):
    with Visitor(credulous) as visitor:
        visitor.settle_in()
        with fault(place, BLOCKED):
            assert visitor.latest_entry() > LIVE_SECONDS
