"""The cast, the database and the clients of the tests.

alice and bob are people, carol works for the place, a stranger has never signed in.
"""

import gc
import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from accounts import sessions
from accounts.models import User
from doit_site import clock
from doit_site.api import throttles
from doit_site.mongo.client import get_db

# Filled by migrations; the same for every test.
KEPT = {
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "auth_group",
    "auth_group_permissions",
}


# The files that take longest, which begin first: a worker runs a file as a whole (Makefile).
LONGEST = (
    "browser/test_admin.py",
    "tests/test_quickstart.py",
    "faults/test_database_gone.py",
    "faults/test_least_privilege.py",
    "groups/test_stream.py",
    "faults/test_streams.py",
    "faults/test_jobs.py",
    "faults/test_kept_sessions.py",
    "mongo/test_dump.py",
    "site/test_backup.py",
    "site/test_canaries.py",
    "tests/test_commands.py",
    "contract/test_openapi.py",
)


def pytest_configure():
    # A real hash takes half a second on purpose; test_passwords.py looks at one.
    hashers = "django.contrib.auth.hashers."
    settings.PASSWORD_HASHERS = [hashers + "MD5PasswordHasher", hashers + "PBKDF2PasswordHasher"]


def pytest_collection_modifyitems(items):
    def place(item):
        path = item.path.as_posix()
        return next((n for n, end in enumerate(LONGEST) if path.endswith(end)), len(LONGEST))

    items.sort(key=place)


def pytest_collection_finish():
    # Four thousand tests and all modules stay to the end: the collector need not look at them again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def _database(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def db(_database):
    """The real database, empty. Cheaper than pytest-django's, which flushes every collection."""
    throttles.forget_windows()
    yield
    database = get_db()
    for name in _filled(database):
        database[name].delete_many({})


def _filled(database):
    """The collections with documents that a test left, found by one operation."""
    names = [
        name
        for name in database.list_collection_names()
        if name not in KEPT and not name.startswith("system.")
    ]
    first, *others = [
        [{"$collStats": {"count": {}}}, {"$project": {"count": 1, "name": {"$literal": name}}}]
        for name in names
    ]
    union = [
        {"$unionWith": {"coll": name, "pipeline": count}}
        for name, count in zip(names[1:], others, strict=True)
    ]
    rows = database[names[0]].aggregate([*first, *union, {"$match": {"count": {"$gt": 0}}}])
    return [row["name"] for row in rows]


@pytest.fixture
def database(db):
    """The pymongo Database."""
    return get_db()


@pytest.fixture
def sms_box(tmp_path, settings):
    """Reads the messages sent: sms_box() -> [{"to", "body", "code"}, ...]."""
    settings.SMS_FILE = str(tmp_path / "sms.jsonl")

    def read():
        path = Path(settings.SMS_FILE)
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    return read


@pytest.fixture
def alice(db):
    return User.objects.create_user("+1 415 555 0101", name="Alice")


@pytest.fixture
def bob(db):
    return User.objects.create_user("+1 415 555 0102", name="Bob")


@pytest.fixture
def carol(db):
    """Staff with every right."""
    return User.objects.create_superuser("+1 415 555 0103", "a long pass phrase", name="Carol")


@pytest.fixture
def suspend(db):
    """suspend(user), as the admin does."""

    def act(user, status=User.SUSPENDED):
        get_db().users.update_one({"id": user.pk}, {"$set": {"status": status}})
        sessions.strike_out(user_id=user.pk)

    return act


class Client(APIClient):
    """DRF's client, signed in by bearer token, speaking JSON, over HTTPS as production does."""

    def __init__(self, user=None):
        super().__init__()
        if user:
            token, self.session_document = sessions.open_session(user_id=user.pk)
            sessions.find(token)  # as any request after the first finds it
            self.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    def generic(self, *args, **kwargs):
        return super().generic(*args, **{"secure": True, **kwargs})


@pytest.fixture
def api(db):
    """Nobody's client."""
    return Client()


@pytest.fixture
def alice_api(alice):
    return Client(alice)


@pytest.fixture
def bob_api(bob):
    return Client(bob)


@pytest.fixture
def client_of():
    """client_of(user) -> Client."""
    return Client


@pytest.fixture
def in_days():
    """in_days(30) -> the UTC midnight so many days ahead, as the API takes it."""

    def text(days):
        moment = clock.now() + timedelta(days=days)
        return datetime(moment.year, moment.month, moment.day, tzinfo=moment.tzinfo).isoformat()

    return text


@pytest.fixture
def a_goal(alice_api, in_days):
    """A goal of alice's, as the API answered it; a_goal(title=...) for another."""

    def create(client=alice_api, **fields):
        body = {
            "title": "Learn Python in 30 days",
            "description": "From the basics to a small finished program.",
            "target_date": in_days(30),
            **fields,
        }
        response = client.post("/api/v1/goals/", body)
        assert response.status_code == 201, response.content
        return response.json()

    return create


@pytest.fixture
def mongodb_uri():
    return os.environ["MONGODB_URI"]
