"""Chats of groups that are partly in the archive: everybody reads the same as before."""

import json

import pytest

from accounts import personal_data
from doit_site.mongo import archive
from doit_site.mongo.fields import new_id
from groups import admin_page, history, live, moderation
from groups.history import MESSAGES
from groups.models import Report
from tests.commands import kind, recorded_commands, stages
from tests.contract.test_documents import check_database
from tests.problem_details import assert_problem
from tests.races import together


@pytest.fixture(autouse=True)
def small(settings):
    settings.TAIL_ENTRIES = 10


@pytest.fixture
def long_chat(alice, bob, alice_api, bob_api, matched, database):
    """(a group, its 60 messages by alice and bob in turn); every tenth is another program's."""
    group = matched(alice_api)
    names = {alice.pk: group["username"], bob.pk: matched(bob_api)["username"]}
    rows = []
    for n in range(60):
        user_id = (alice.pk, bob.pk)[n % 2]
        row = {
            "id": new_id(),
            "user_id": user_id,
            "username": names[user_id],
            "content": f"message {n}",
            "timestamp": f"2026-02-07T14:00:{n:02}.000000Z",
        }
        if n % 10 == 5:
            del row["id"]
        rows.append(row)
    database.groups.update_one({"id": group["id"]}, {"$set": {"messages": rows}})
    return group, rows


def read_all(client, group, limit=7):
    path, seen = f"/api/v1/groups/{group['id']}/messages/?limit={limit}", []
    while path:
        page = client.get(path).json()
        seen += page["results"]
        path = page["next"]
    return seen


def archived_share(database):
    group = database.groups.find_one()
    return archive.archived(group, "messages"), len(group["messages"])


def test_members_see_the_same_before_and_after_a_move(long_chat, alice_api, bob_api, database):
    group, rows = long_chat
    before = read_all(alice_api, group)
    assert [row["content"] for row in before] == [row["content"] for row in rows[::-1]]
    MESSAGES.shorten(group["id"])
    assert archived_share(database) == (55, 5)
    for limit in (7, 100):
        assert read_all(alice_api, group, limit) == before
    assert {row["is_mine"] for row in read_all(bob_api, group)} == {True, False}
    assert check_database() == ([], 0)


def test_a_page_of_the_archive_costs_what_the_newest_costs(long_chat, alice_api):
    group, _ = long_chat
    MESSAGES.shorten(group["id"])
    path = f"/api/v1/groups/{group['id']}/messages/?limit=5"
    page, kinds = alice_api.get(path).json(), []
    for url in (path, page["next"]):
        with recorded_commands() as commands:
            page = alice_api.get(url).json()
        assert len(page["results"]) == 5
        kinds.append([kind(command) for command in commands])
    assert kinds[0][:3] == kinds[1][:3]
    assert (kinds[0][3:], kinds[1][3:]) == (["find groups"], ["find archive"])
    assert {"IXSCAN"} <= stages(commands[-1])
    assert "SORT" not in stages(commands[-1])
    back = alice_api.get(page["previous"]).json()
    assert back["results"] == alice_api.get(path).json()["results"]


def test_64_members_at_once_across_moves(alice, alice_api, matched, say, database):
    from groups import messages

    group = matched(alice_api)

    def write(writer):
        for n in range(4):
            messages.send(user=alice, group_id=group["id"], content=f"{writer} {n}")

    together(64, write)
    say(alice_api, group, "the last")
    said = [row["content"] for row in read_all(alice_api, group, 100)][::-1]
    assert len(said) == len(set(said)) == 257
    for writer in range(64):
        mine = [text for text in said if text.startswith(f"{writer} ")]
        assert mine == [f"{writer} {n}" for n in range(4)]
    assert archived_share(database)[1] <= 10


@pytest.mark.parametrize("which", [0, 5])  # with an id of its own, without
def test_an_archived_message_is_reported_hidden_and_shown_again(
    long_chat, alice_api, bob_api, carol, database, which
):
    group, rows = long_chat
    MESSAGES.shorten(group["id"])
    shown = read_all(alice_api, group)[::-1]
    reader = bob_api
    path = f"/api/v1/groups/{group['id']}/messages/{shown[which]['id']}/report/"
    assert reader.post(path, {"reason": "Spam"}).status_code == 202
    report = Report.objects.get()
    assert (report.content, report.username) == (rows[which]["content"], rows[which]["username"])
    moderation.hide(actor=carol, report_id=report.pk)
    assert read_all(alice_api, group)[::-1] == [
        row | {"hidden": True, "content": ""} if n == which else row for n, row in enumerate(shown)
    ]
    around = admin_page.context_of(report)["messages"]
    assert [row["content"] for row in around if row["reported"]] == [rows[which]["content"]]
    assert len(around) == which + 6
    moderation.restore(actor=carol, report_id=report.pk)
    assert read_all(alice_api, group)[::-1] == shown
    moderation.remove(actor=carol, report_id=report.pk)
    assert rows[which]["user_id"] not in database.groups.find_one()["members"]
    missing = path.replace(shown[which]["id"], new_id())
    assert_problem(reader.post(missing, {"reason": "x"}), 403 if which % 2 else 404)


def test_an_id_is_kept_with_its_message_though_that_is_moved_meanwhile(long_chat, database):
    group, rows = long_chat
    index, message = 5, rows[5]
    message_id = history.derived_id(group["id"], index, message)
    assert history.find(group["id"], message_id)[0] == index
    MESSAGES.shorten(group["id"])
    history.keep_id(group["id"], index, message, message_id)
    history.keep_id(group["id"], 58, rows[58], "of another, and already there")
    whole = archive.whole(MESSAGES.name, database.groups.find_one())
    assert [row.get("id") for row in whole] == [
        message_id if n == index else row.get("id") for n, row in enumerate(rows)
    ]


def test_export_erasing_and_deleting_know_the_archive(
    long_chat, alice, bob, alice_api, carol, database
):
    group, rows = long_chat
    MESSAGES.shorten(group["id"])
    [exported] = personal_data.export(bob.pk)["groups"]
    assert [row["content"] for row in exported["messages"]] == [
        row["content"] for row in rows if row["user_id"] == bob.pk
    ]
    before = read_all(alice_api, group)
    personal_data.erase(bob.pk)
    for name in database.list_collection_names():
        assert bob.pk not in json.dumps(list(database[name].find()), default=str), name
    assert read_all(alice_api, group) == before
    senders = {row["user_id"] for row in archive.whole(MESSAGES.name, database.groups.find_one())}
    assert len(senders) == 2
    shown = admin_page.standing_of(group["id"])["messages"]
    assert [row["content"] for row in shown] == [row["content"] for row in rows]
    moderation.delete(actor=carol, group_id=group["id"])
    assert database.archive.count_documents({}) == 0


class Reader:
    """What a look needs of a reader of the stream."""

    room = 8

    def __init__(self, user, place):
        self.who = live.Member(user.pk, "session", place, is_new=False)


def heard(group, readers, database):
    """What each reader is told until there is no more, one look after the other."""
    room = live.Room(database.groups.find_one()["_id"])
    said = {reader: [] for reader in readers}
    waiting = list(readers)
    while waiting:
        told = list(live.look(room, waiting, False))
        waiting = [one.reader for one in told if one.more]
        for one in told:
            assert len(one.events) <= Reader.room
            said[one.reader] += one.events
        yield said


def contents(events):
    lines = [line for event in events for line in event.decode().splitlines()]
    rows = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    return [row["content"] for row in rows]


def test_readers_far_behind_hear_everything_though_it_is_moved_meanwhile(
    long_chat, alice, bob, alice_api, say, database
):
    group, rows = long_chat
    places = [
        live.START,
        rows[3]["id"],
        history.derived_id(group["id"], 15, rows[15]),
        rows[57]["id"],
    ]
    readers = [Reader(alice, place) for place in places]
    moves = 0
    for said in heard(group, readers, database):  # noqa: B007
        if moves < 3:
            moves += 1
            for n in range(4):
                say(alice_api, group, f"later {moves}-{n}")
    everything = [row["content"] for row in rows] + [
        f"later {move}-{n}" for move in (1, 2, 3) for n in range(4)
    ]
    assert archived_share(database)[0] > 50
    for reader, first in zip(readers, (0, 4, 16), strict=False):
        assert contents(said[reader]) == everything[first:]


def test_a_reader_whose_place_is_nowhere_is_told_so(long_chat, alice, database):
    group, _ = long_chat
    MESSAGES.shorten(group["id"])
    reader = Reader(alice, new_id())
    (said,) = heard(group, [reader], database)
    assert b"event: resync" in said[reader][0]
