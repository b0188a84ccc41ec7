"""What the tests of accounts share: time, races, sign-in, and what the database holds."""

import threading
import time
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day

import pytest

from tests.races import together


@pytest.fixture
def morning(time_machine):
    """Tomorrow, 10:00:00.600 UTC, far from the edge of an hour or a day; time stands still."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    moment = datetime.combine(tomorrow, time_of_day(10, 0, 0, 600_000), UTC)
    time_machine.move_to(moment, tick=False)
    return moment


@pytest.fixture
def later(morning, time_machine):
    """later(minutes=5) moves the clock on. Name it before the clients, so that their sessions live."""

    def move(**parts):
        time_machine.shift(timedelta(**parts))

    return move


@pytest.fixture
def at_once():
    """at_once(act) -> what act(0) ... act(63) returned, each in its own thread, begun together."""
    return lambda act, number=64: together(number, act)


@pytest.fixture
def eventually():
    """eventually(happens) polls until it is true, and fails after 10 s."""

    def poll(happens, seconds=10):
        deadline, pause = time.monotonic() + seconds, threading.Event()
        while not happens():
            assert time.monotonic() < deadline, "it did not happen in time"
            pause.wait(0.02)

    return poll


@pytest.fixture
def dump(database):
    """dump() -> {collection: the bytes of all its documents}: what a thief of the database has."""

    def read():
        return {
            name: b"".join(database[name].find_raw_batches())
            for name in database.list_collection_names()
            if not name.startswith("system.")
        }

    return read


@pytest.fixture
def code_for(api, sms_box):
    """code_for("14155550101") asks for a sign-in code and reads it from the phone."""

    def ask(phone_number):
        sent = api.post("/api/v1/auth/otp/", {"phone_number": phone_number})
        assert sent.status_code == 202, sent.content
        message = sms_box()[-1]
        assert message["to"] == phone_number
        return message["code"]

    return ask


@pytest.fixture
def verify(client_of, db):
    """verify("14155550101", code) -> the response of auth/otp/verify/, from an address."""

    def post(phone_number, code, address="192.0.2.1", **headers):
        body = {"phone_number": phone_number, "code": code}
        url = "/api/v1/auth/otp/verify/"
        return client_of().post(url, body, REMOTE_ADDR=address, **headers)

    return post


@pytest.fixture
def other_than():
    """other_than(code) -> six digits that are not the code."""
    return lambda code: f"{(int(code) + 1) % 10**6:06}"
