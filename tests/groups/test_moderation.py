"""Mutes between members, reports by them, and what moderators do."""

import pytest

from groups import moderation
from groups.models import Report
from tests.problem_details import assert_problem


@pytest.fixture
def pair(alice_api, bob_api, matched):
    """(the group as alice sees it, as bob sees it)."""
    matched(alice_api)
    return matched(alice_api), matched(bob_api)


def mutes_of(group):
    return f"/api/v1/groups/{group['id']}/mutes/"


def report_of(group, message):
    return f"/api/v1/groups/{group['id']}/messages/{message['id']}/report/"


def texts(rows):
    return [row["content"] for row in rows]


def test_of_two_neither_sees_the_others_messages_again(alice_api, bob_api, pair, say, read):
    mine, theirs = pair
    say(alice_api, mine, "from alice")
    say(bob_api, mine, "from bob")
    muted = alice_api.post(mutes_of(mine), {"username": theirs["username"].upper()})
    assert muted.status_code == 201
    assert muted.json()["username"] == theirs["username"]
    assert set(muted.json()) == {"username", "created_at"}
    assert alice_api.post(mutes_of(mine), {"username": theirs["username"]}).json() == muted.json()
    assert texts(read(alice_api, mine)) == ["from alice"]
    assert texts(read(bob_api, mine)) == ["from bob"]

    assert alice_api.get(mutes_of(mine)).json()["results"] == [muted.json()]
    assert bob_api.get(mutes_of(mine)).json()["results"] == []

    path = mutes_of(mine) + theirs["username"] + "/"
    assert alice_api.delete(path).status_code == 204
    assert_problem(alice_api.delete(path), 404, "not_found")
    assert texts(read(alice_api, mine)) == ["from bob", "from alice"]


def test_pages_are_full_though_most_of_the_chat_is_muted(alice_api, bob_api, pair, say, read):
    mine, theirs = pair
    for n in range(12):
        say(alice_api, mine, f"a{n}")
        for k in range(3):
            say(bob_api, mine, f"b{n}-{k}")
    alice_api.post(mutes_of(mine), {"username": theirs["username"]})
    path, seen = f"/api/v1/groups/{mine['id']}/messages/?limit=5", []
    while path:
        page = alice_api.get(path).json()
        assert len(page["results"]) == 5 or not page["next"]
        seen += texts(page["results"])
        path = page["next"]
    assert seen == [f"a{n}" for n in reversed(range(12))]
    back = alice_api.get(page["previous"]).json()
    assert texts(back["results"]) == [f"a{n}" for n in reversed(range(2, 7))]


@pytest.mark.parametrize(("name", "code"), [("Nobody99", "unknown"), (None, "oneself")])
def test_who_cannot_be_muted(alice_api, pair, name, code):
    mine, _ = pair
    body = {"username": name or mine["username"]}
    problem = assert_problem(alice_api.post(mutes_of(mine), body), 400)
    assert (problem["errors"][0]["pointer"], problem["errors"][0]["code"]) == ("/username", code)


def test_only_members_mute_and_report(api, carol, client_of, alice_api, pair, say):
    mine, theirs = pair
    message = say(alice_api, mine)
    outsider = client_of(carol)
    body = {"username": theirs["username"]}
    assert_problem(outsider.post(mutes_of(mine), body), 403, "not_a_member")
    assert_problem(outsider.post(report_of(mine, message), {"reason": "x"}), 403, "not_a_member")


def test_a_report_waits_once_however_often_it_is_sent(alice_api, bob, bob_api, pair, say, database):
    mine, _ = pair
    message = say(alice_api, mine, "Buy my course")
    for _ in range(3):
        assert bob_api.post(report_of(mine, message), {"reason": "Spam"}).status_code == 202
    (row,) = database.group_reports.find()
    assert (row["status"], row["reason"], row["content"]) == ("waiting", "Spam", "Buy my course")
    assert (row["reporter_id"], row["username"]) == (bob.pk, mine["username"])


def test_a_message_that_does_not_exist_cannot_be_reported(bob_api, pair):
    mine, _ = pair
    gone = {"id": "00000000-0000-4000-8000-000000000000"}
    assert_problem(bob_api.post(report_of(mine, gone), {"reason": "x"}), 404, "not_found")


def test_a_message_of_another_program_is_reported_by_the_id_it_is_shown_with(
    alice, bob_api, pair, read, database, carol
):
    mine, _ = pair
    pushed = {
        "user_id": alice.pk,
        "username": mine["username"],
        "content": "Pushed",
        "timestamp": "2026-02-07T14:00:00.000000Z",
    }
    database.groups.update_one({}, {"$push": {"messages": {"$each": [dict(pushed)] * 2}}})
    newest, oldest = read(bob_api, mine)
    assert bob_api.post(report_of(mine, oldest), {"reason": "x"}).status_code == 202
    assert read(bob_api, mine) == [newest, oldest]
    moderation.hide(actor=carol, report_id=database.group_reports.find_one()["id"])
    assert [row["hidden"] for row in read(bob_api, mine)] == [False, True]


@pytest.fixture
def reported(alice_api, bob_api, pair, say, database):
    mine, _ = pair
    message = say(alice_api, mine, "Buy my course")
    bob_api.post(report_of(mine, message), {"reason": "Spam"})
    return database.group_reports.find_one()["id"]


def test_a_hidden_message_leaves_a_placeholder(reported, carol, pair, alice_api, read, database):
    moderation.hide(actor=carol, report_id=reported)
    (row,) = read(alice_api, pair[0])
    assert (row["hidden"], row["content"]) == (True, "")
    assert database.groups.find_one()["messages"][0]["content"] == "Buy my course"
    assert database.group_reports.find_one()["status"] == Report.ACTED
    moderation.restore(actor=carol, report_id=reported)
    assert texts(read(alice_api, pair[0])) == ["Buy my course"]
    assert database.group_reports.find_one()["status"] == Report.DISMISSED


def test_a_dismissed_report_changes_no_message(reported, carol, pair, alice_api, read, database):
    moderation.dismiss(actor=carol, report_id=reported)
    assert texts(read(alice_api, pair[0])) == ["Buy my course"]
    assert database.group_reports.find_one()["status"] == Report.DISMISSED


def test_removing_the_sender_hides_the_message_and_shuts_the_door(
    reported, carol, pair, alice, alice_api, bob_api, read, database
):
    moderation.remove(actor=carol, report_id=reported)
    group = pair[0]
    assert alice.pk not in database.groups.find_one()["members"]
    assert_problem(alice_api.get(f"/api/v1/groups/{group['id']}/messages/"), 403, "not_a_member")
    assert_problem(alice_api.post(f"/api/v1/groups/{group['id']}/join/"), 403, "removed")
    assert [row["hidden"] for row in read(bob_api, group)] == [True]
