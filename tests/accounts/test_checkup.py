"""`manage.py check_database`, as far as it looks at people."""

import json
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import call_command

from accounts import sessions
from doit_site import clock
from doit_site.mongo.fields import new_id

SEED = {
    "id": "550e8400-e29b-41d4-a716-446655440000",
    "phone_number": "1234567890",
    "created_at": "2026-02-07T12:00:00.000000Z",
}


def check(*options):
    """(exit code, the findings as (collection, id, problem, fixed))."""
    output, code = StringIO(), 0
    try:
        call_command("check_database", *options, "--format", "json", stdout=output)
    except SystemExit as end:
        code = end.code
    rows = json.loads(output.getvalue())
    return code, [(row["collection"], row["id"], row["problem"], row["fixed"]) for row in rows]


def insert(database, **fields):
    database.users.insert_one({**SEED, **fields}, bypass_document_validation=True)


def test_nothing_is_wrong_with_people_who_signed_in(alice, alice_api, carol, client):
    client.force_login(carol)
    assert check() == (0, [])


def test_a_text_for_a_date_is_found_and_converted(database):
    insert(database)
    problem = ("users", SEED["id"], "created_at is a text")
    assert check() == (1, [(*problem, False)])
    assert database.users.find_one()["created_at"] == SEED["created_at"]

    assert check("--fix") == (0, [(*problem, True)])
    moment = database.users.find_one()["created_at"].replace(tzinfo=UTC)
    assert moment == datetime(2026, 2, 7, 12, tzinfo=UTC)
    assert check() == (0, [])


def test_a_text_that_is_no_time_is_found_and_left(database):
    insert(database, created_at="long ago")
    assert check("--fix") == (1, [("users", SEED["id"], "created_at is a text", False)])
    assert database.users.find_one()["created_at"] == "long ago"


@pytest.mark.parametrize(
    "wrong", [{"phone_number": "+1 234"}, {"id": "not-a-uuid"}, {"phone_number": None}]
)
def test_what_nobody_can_guess_right_is_found_and_left(wrong, database):
    insert(database, created_at=clock.now(), **wrong)
    before = database.users.find_one()
    code, ((collection, _, problem, fixed),) = check("--fix")
    assert (code, collection, fixed) == (1, "users", False)
    assert problem == "does not fit the documented schema"
    assert database.users.find_one() == before


def test_a_document_without_an_id_is_found_by_mongodbs_own(database):
    database.users.insert_one(
        {"phone_number": "1234567890", "created_at": clock.now()}, bypass_document_validation=True
    )
    _, ((_, identity, _, _),) = check()
    assert identity == str(database.users.find_one()["_id"])


def test_sessions_of_nobody_are_found_and_deleted(alice, database):
    nobody = new_id()
    _, orphan = sessions.open_session(user_id=nobody)
    sessions.open_session(user_id=alice.pk)
    row = {"user_id": nobody, "expires_at": clock.now()}
    admin = database.admin_sessions.insert_one({**row, "session_key": "k"}).inserted_id
    database.admin_sessions.insert_one({"user_id": "", "session_key": "of-no-one-yet"})
    problem = f"user_id names nobody: {nobody}"

    assert check() == (
        1,
        [
            ("sessions", orphan["id"], problem, False),
            ("admin_sessions", str(admin), problem, False),
        ],
    )
    code, findings = check("--fix")
    assert code == 0
    assert [fixed for *_, fixed in findings] == [True, True]
    assert [row["user_id"] for row in database.sessions.find()] == [alice.pk]
    assert [row["session_key"] for row in database.admin_sessions.find()] == ["of-no-one-yet"]
