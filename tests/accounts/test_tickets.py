"""`POST auth/ticket/`: good once, for a minute, and no longer than its session."""

import pytest

from accounts import sessions, tickets
from accounts.models import StreamTicket
from tests.races import together

URL = "/api/v1/auth/ticket/"


@pytest.fixture
def ask():
    """ask(client) -> the ticket."""

    def act(client):
        response = client.post(URL)
        assert response.status_code == 200, response.content
        assert response.json()["expires_in"] == 60
        return response.json()["ticket"]

    return act


def test_a_ticket_stands_for_the_session_that_asked(alice, alice_api, ask):
    session = tickets.redeem(ask(alice_api))
    assert session["id"] == alice_api.session_document["id"]
    assert session["user"]["id"] == alice.pk


def test_a_ticket_is_good_once(alice_api, ask):
    ticket = ask(alice_api)
    assert tickets.redeem(ticket)
    assert tickets.redeem(ticket) is None


def test_of_many_at_once_one_gets_in(alice_api, ask):
    ticket = ask(alice_api)
    assert sum(map(bool, together(16, lambda _: tickets.redeem(ticket)))) == 1


def test_tickets_are_all_different_and_all_good(alice_api, ask):
    given = [ask(alice_api) for _ in range(3)]
    assert len(set(given)) == 3
    assert all(tickets.redeem(ticket) for ticket in given)


def test_a_ticket_is_good_for_sixty_seconds(later, client_of, alice, ask):
    client = client_of(alice)
    early, late = ask(client), ask(client)
    later(seconds=59)
    assert tickets.redeem(early)
    later(seconds=1)
    assert tickets.redeem(late) is None


def test_mongodb_deletes_an_expired_ticket(alice_api, ask, database, eventually):
    ask(alice_api)
    indexes = database.stream_tickets.index_information()
    assert indexes["expires_at_ttl"]["expireAfterSeconds"] == 0
    row = database.stream_tickets.find_one()
    database.stream_tickets.update_one(
        {}, [{"$set": {"expires_at": {"$subtract": ["$$NOW", 1000]}}}]
    )
    eventually(lambda: database.stream_tickets.find_one({"_id": row["_id"]}) is None)


def test_a_revoked_session_has_no_tickets(alice, alice_api, ask):
    ticket = ask(alice_api)
    sessions.revoke_all(user_id=alice.pk)
    assert tickets.redeem(ticket) is None


def test_nothing_else_opens_anything(alice_api, ask):
    ask(alice_api)
    stored = StreamTicket.objects.collection.find_one()["_id"]
    for wrong in ("", "x", stored, "\x00", "$ne", "é" * 1000):
        assert tickets.redeem(wrong) is None


def test_a_ticket_is_stored_as_its_hash_only(alice_api, ask, dump):
    ticket = ask(alice_api)
    assert ticket.startswith("doit_")
    assert ticket.encode() not in b"".join(dump().values())
    assert sessions.token_hash(ticket).encode() in dump()["stream_tickets"]


@pytest.mark.parametrize("path", ["me/", "goals/", "groups/", "auth/sessions/"])
def test_a_ticket_is_taken_by_streams_only(api, alice_api, ask, path):
    ticket = ask(alice_api)
    assert api.get(f"/api/v1/{path}", {"ticket": ticket}).status_code == 401
    headers = {"HTTP_AUTHORIZATION": f"Bearer {ticket}"}
    assert api.get(f"/api/v1/{path}", **headers).status_code == 401
    assert tickets.redeem(ticket)


def test_erasing_takes_the_tickets_along(alice, alice_api, ask, database):
    from accounts import personal_data

    ask(alice_api)
    personal_data.erase(user_id=alice.pk)
    assert database.stream_tickets.count_documents({}) == 0
