"""connect_db(), get_db(), close_db() of seed 1-doit.md, and how the driver is set."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from doit_site.mongo.client import close_db, connect_db, current_session, get_db, redact
from doit_site.mongo.options import DEFAULTS, client_options

MAIN = Path(__file__).resolve().parents[2]


def test_connecting_gives_the_database_and_closing_ends_its_client(db):
    database = connect_db()
    assert database.name == get_db().name
    client = database.client
    close_db()
    assert connection.connection is None
    assert get_db().client is not client
    assert get_db().users.count_documents({}) == 0
    close_db()
    close_db()
    assert connect_db().command("ping")["ok"] == 1


def test_there_is_one_client_a_process(db):
    assert get_db().client is connection.connection
    assert get_db() is get_db()


def test_outside_a_transaction_there_is_no_session(db):
    assert current_session() is None


def attempt(uri):
    """What an operator reads when connect_db() fails in a process with this MONGODB_URI."""
    script = (
        "import django; django.setup()\n"
        "from doit_site.mongo.client import DatabaseUnavailable, connect_db\n"
        "try: connect_db(); print('connected')\n"
        "except DatabaseUnavailable as error: print(error)"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "doit_site.settings", "MONGODB_URI": uri}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=MAIN,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    (line,) = done.stdout.splitlines()
    return line


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        (
            "mongodb://u:hush@127.0.0.1:1/?replicaSet=rs0&serverSelectionTimeoutMS=200",
            "MongoDB does not answer at mongodb://127.0.0.1:1/",
        ),
        ("http://127.0.0.1:1/", "MONGODB_URI cannot be used"),
        ("mongodb://", "MONGODB_URI cannot be used"),
    ],
)
def test_what_cannot_be_reached_is_told_in_one_line_without_passwords(uri, told):
    line = attempt(uri)
    assert told in line
    assert "hush" not in line


def test_a_reachable_replica_set_is_connected_to(mongodb_uri):
    assert attempt(mongodb_uri) == "connected"


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("mongodb://u:p@h:1/d?x=y", "mongodb://h:1/d?x=y"),
        ("mongodb://u:p%40@h1,h2/", "mongodb://h1,h2/"),
        ("mongodb://h/d", "mongodb://h/d"),
        ("mongodb+srv://u:p@h/", "mongodb+srv://h/"),
        ("the embedded database", "the embedded database"),
    ],
)
def test_a_uri_is_shown_without_user_and_password(uri, shown):
    assert redact(uri) == shown


def test_the_driver_retries_majority_writes_under_api_version_1():
    options = client_options(None)
    assert options["server_api"].version == "1"
    assert not options["server_api"].strict
    assert (options["retryWrites"], options["retryReads"], options["w"]) == (True, True, "majority")
    assert DEFAULTS.items() <= options.items()


def test_what_the_uri_says_of_pool_and_time_outs_wins():
    options = client_options("mongodb://h/?maxpoolsize=7&connectTimeoutMS=5")
    assert "maxPoolSize" not in options
    assert "connectTimeoutMS" not in options
    assert options["minPoolSize"] == 1


def test_what_the_uri_says_of_promises_does_not_count():
    options = client_options("mongodb://h/?w=0&retryWrites=false")
    assert (options["retryWrites"], options["w"]) == (True, "majority")


def test_the_client_of_the_product_has_these_options(db):
    options = get_db().client.options
    assert options.retry_writes
    assert options.retry_reads
    assert options.write_concern.document == {"w": "majority"}
    assert options.pool_options.max_pool_size == 128  # as the URI of the tests has it
