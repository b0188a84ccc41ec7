"""The chat of a group: paged without loss, shown without a trace of who writes."""

import json
from datetime import UTC, datetime

import pytest
from bson import encode

from doit_site.mongo import archive
from doit_site.mongo.fields import new_id
from groups import messages
from tests.problem_details import assert_problem
from tests.races import together

SHOWN = {"id", "username", "is_mine", "content", "timestamp", "hidden"}


def test_members_read_what_members_write(alice_api, bob_api, matched, say, read):
    group = matched(alice_api)
    matched(bob_api)
    sent = say(alice_api, group, "Hello")
    assert set(sent) == SHOWN
    assert (sent["is_mine"], sent["username"]) == (True, group["username"])
    assert read(alice_api, group) == [sent]
    assert read(bob_api, group) == [sent | {"is_mine": False}]


def test_who_is_no_member_neither_reads_nor_writes(alice_api, bob_api, matched, database):
    group = matched(alice_api)
    path = f"/api/v1/groups/{group['id']}/messages/"
    assert_problem(bob_api.get(path), 403, "not_a_member")
    assert_problem(bob_api.post(path, {"content": "x"}), 403, "not_a_member")
    assert database.group_memberships.count_documents({}) == 1
    missing = f"/api/v1/groups/{new_id()}/messages/"
    assert_problem(bob_api.get(missing), 404, "not_found")
    assert_problem(bob_api.post(missing, {"content": "x"}), 404, "not_found")


def test_a_member_whom_another_program_put_in_gets_a_pseudonym(
    bob, alice_api, bob_api, matched, say, database
):
    group = matched(alice_api)
    database.groups.update_one({"id": group["id"]}, {"$push": {"members": bob.pk}})
    sent = say(bob_api, group)
    assert sent["username"] not in (group["username"], None)
    assert say(bob_api, group)["username"] == sent["username"]


def test_a_hundred_and_fifty_messages_page_without_loss(alice_api, matched, database, alice):
    group = matched(alice_api)
    together(
        30,
        lambda n: [
            messages.send(user=alice, group_id=group["id"], content=f"{n}-{k}") for k in range(5)
        ],
    )
    path, seen = f"/api/v1/groups/{group['id']}/messages/?limit=40", []
    while path:
        page = alice_api.get(path).json()
        seen += page["results"]
        path = page["next"]
    assert len(seen) == len({row["id"] for row in seen}) == 150
    group = database.groups.find_one()
    stored = [row["content"] for row in archive.whole("groups.messages", group)]
    assert [row["content"] for row in seen] == stored[::-1]
    assert len(group["messages"]) <= 100


def test_the_group_knows_when_its_newest_message_was(alice_api, matched, say, database):
    group = matched(alice_api)
    sent = say(alice_api, group)
    newest = database.groups.find_one()["last_message_at"].replace(tzinfo=UTC)
    assert sent["timestamp"] == newest.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def foreign(database, group, **fields):
    """A message as another program pushes it."""
    message = {
        "user_id": new_id(),
        "username": "StellarFox11",
        "content": "From elsewhere",
        "timestamp": "2026-02-07T14:00:00.000000Z",
        **fields,
    }
    message = {name: value for name, value in message.items() if value is not None}
    database.groups.update_one(
        {"id": group["id"]}, {"$push": {"messages": message}}, bypass_document_validation=True
    )
    return message


def test_a_message_without_an_id_has_a_stable_one_that_tells_nothing(
    alice_api, bob_api, matched, say, read, database
):
    group = matched(alice_api)
    matched(bob_api)
    pushed = [foreign(database, group) for _ in range(3)]
    say(alice_api, group, "after")
    first = read(alice_api, group)
    ids = [row["id"] for row in first]
    assert len(set(ids)) == 4
    assert [row["id"] for row in read(bob_api, group)] == ids
    (page,) = [alice_api.get(f"/api/v1/groups/{group['id']}/messages/?limit=3").json()]
    older = alice_api.get(page["next"]).json()["results"]
    assert [row["id"] for row in page["results"] + older] == ids
    for message in pushed:
        assert message["user_id"] not in json.dumps(first)
        assert message["user_id"].replace("-", "") not in json.dumps(first).replace("-", "")


@pytest.mark.parametrize(
    "fields",
    [
        {"username": None},
        {"content": None},
        {"user_id": None},
        {"timestamp": datetime(2026, 2, 7, 14, tzinfo=UTC)},
        {"timestamp": None},
    ],
)
def test_other_shapes_are_shown(alice_api, matched, read, database, fields):
    group = matched(alice_api)
    foreign(database, group, **fields)
    (row,) = read(alice_api, group)
    assert set(row) == SHOWN
    assert row["is_mine"] is False
    if isinstance(fields.get("timestamp"), datetime):
        assert row["timestamp"] == "2026-02-07T14:00:00.000000Z"


def test_a_retried_message_is_sent_once(alice_api, matched, read):
    group = matched(alice_api)
    path = f"/api/v1/groups/{group['id']}/messages/"
    sent = [
        alice_api.post(path, {"content": "Once"}, HTTP_IDEMPOTENCY_KEY="k").json() for _ in range(5)
    ]
    assert sent == [sent[0]] * 5
    assert len(read(alice_api, group)) == 1


def test_a_document_that_another_program_filled_is_told(alice_api, matched, database):
    group = matched(alice_api)
    room = 16 * 1024 * 1024 - len(encode(database.groups.find_one()))
    database.groups.update_one({}, {"$set": {"of_another_program": "x" * (room - 100)}})
    path = f"/api/v1/groups/{group['id']}/messages/"
    assert_problem(alice_api.post(path, {"content": "z" * 10_000}), 409, "group_chat_full")


def test_a_chat_that_another_program_filled_makes_room(alice_api, matched, say, read, database):
    group = matched(alice_api)
    big = {"user_id": new_id(), "username": "x", "timestamp": "t", "content": "y" * 4_193_000}
    for _ in range(4):
        database.groups.update_one({}, {"$push": {"messages": big}})
    say(alice_api, group, "z" * 10_000)
    stored = database.groups.find_one()
    assert len(encode(stored)) < 600_000
    assert [len(row["content"]) for row in read(alice_api, group)] == [10_000] + [4_193_000] * 4
