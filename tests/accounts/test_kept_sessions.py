"""Sessions kept in the process: no look-up, and nothing that changed is kept for long."""

import pytest

from accounts import kept_sessions, profile, sessions
from accounts.kept_sessions import Kept
from doit_site import clock
from tests.commands import recorded_commands
from tests.faults.conftest import until

ME = "/api/v1/me/"
IN_TIME = 1.0  # of a busy machine; tests/faults/test_kept_sessions.py measures the 0.1 s


@pytest.fixture
def kept(database, settings, monkeypatch):
    settings.SESSION_CACHE = True
    kept = Kept()
    monkeypatch.setattr(sessions, "kept", kept)
    until(kept.is_live, 10, "it is live")
    yield kept
    kept.follower.stop()


def asked_of(commands, collection):
    return [command for command in commands if collection in command.values()]


def answer(client, live):
    """A request that surely found the cache live."""
    until(live.is_live, 10, "it is live")
    return client.get(ME)


def test_the_second_request_looks_up_neither_session_nor_user(kept, alice_api):
    assert answer(alice_api, kept).status_code == 200
    with recorded_commands() as commands:
        assert answer(alice_api, kept).json()["name"] == "Alice"
    assert not asked_of(commands, "sessions")
    assert not asked_of(commands, "users")


def test_switched_off_each_request_looks_up(kept, alice_api, settings):
    settings.SESSION_CACHE = False
    alice_api.get(ME)
    with recorded_commands() as commands:
        alice_api.get(ME)
    assert len(asked_of(commands, "sessions")) == 1


def test_while_the_stream_is_not_live_each_request_looks_up(kept, alice_api, database):
    answer(alice_api, kept)
    kept.follower.stop()
    until(lambda: not kept.is_live(), 1, "it is no more live")
    database.sessions.delete_many({})
    assert alice_api.get(ME).status_code == 401


def revoked(alice, alice_api, database):
    sessions.revoke(user_id=alice.pk, session_id=alice_api.session_document["id"])


def revoked_everywhere(alice, alice_api, database):
    sessions.revoke_all(user_id=alice.pk)


def deleted_by_another_program(alice, alice_api, database):
    database.sessions.delete_one({"user_id": alice.pk})


@pytest.mark.parametrize("end", [revoked, revoked_everywhere, deleted_by_another_program])
def test_an_ended_session_is_refused(kept, alice, alice_api, database, end):
    answer(alice_api, kept)
    end(alice, alice_api, database)
    until(lambda: alice_api.get(ME).status_code == 401, IN_TIME, "it is refused")


def test_a_suspended_person_is_out(kept, alice, alice_api, suspend):
    answer(alice_api, kept)
    suspend(alice)
    until(lambda: alice_api.get(ME).status_code == 403, IN_TIME, "they are out")


def test_a_change_of_the_person_is_seen_whoever_made_it(kept, alice, alice_api, database):
    answer(alice_api, kept)
    profile.update(user=alice, name="Alice Liddell")
    until(lambda: alice_api.get(ME).json()["name"] == "Alice Liddell", IN_TIME, "it is seen")
    database.users.update_one({"id": alice.pk}, {"$set": {"name": "Alice L."}})
    until(lambda: alice_api.get(ME).json()["name"] == "Alice L.", IN_TIME, "it is seen")


def test_a_session_that_expires_meanwhile_is_refused(kept, alice_api):
    answer(alice_api, kept)
    with clock.at(clock.now() + sessions.UNUSED_FOR):
        assert alice_api.get(ME).status_code == 401


def test_use_is_still_noted_each_hour(kept, alice_api, database):
    answer(alice_api, kept)
    before = database.sessions.find_one()["last_used_at"]
    with clock.at(clock.now() + sessions.TOUCHED_EVERY):
        assert answer(alice_api, kept).status_code == 200
    assert database.sessions.find_one()["last_used_at"] > before


def test_what_one_request_does_to_its_user_is_not_seen_by_the_next(kept, alice_api, alice):
    until(kept.is_live, 10, "it is live")
    token = alice_api._credentials["HTTP_AUTHORIZATION"].split()[1]
    sessions.find(token)
    first, second = (sessions.find(token)["owner"].twin() for _ in range(2))
    first.name = "Changed"
    assert second.name == "Alice"
    assert second == alice


def session(number=1):
    user = {"_id": f"user {number}", "id": f"id {number}", "phone_number": "14155550100"}
    return {"_id": f"session {number}", "token_hash": f"hash {number}", "user": user}


def test_a_session_read_before_a_change_was_told_is_not_kept():
    kept = Kept()
    before = kept.changes
    kept.strike_out("session 1")
    kept.keep(session(), before)
    assert kept.get("hash 1") is None
    kept.keep(session(), kept.changes)
    assert kept.get("hash 1")


@pytest.mark.parametrize("key", ["session 1", "user 1"])
def test_by_its_own_key_or_its_users_it_is_struck_out(key):
    kept = Kept()
    for number in (1, 2):
        kept.keep(session(number), kept.changes)
    kept.strike_out(key)
    assert kept.get("hash 1") is None
    assert kept.get("hash 2")


def test_the_longest_kept_makes_room(monkeypatch):
    monkeypatch.setattr(kept_sessions, "MOST", 2)
    kept = Kept()
    for number in (1, 2, 3):
        kept.keep(session(number), kept.changes)
    assert [bool(kept.get(f"hash {number}")) for number in (1, 2, 3)] == [False, True, True]
    kept.strike_out("user 1")  # nothing is left of it
    kept.clear()
    assert not kept.get("hash 3")
