"""messages/stream/: the reply word by word, and the exchange stored whole, once, whoever reads it.

The server is one of the tests (served.py).
"""

import asyncio

import pytest

from doit_site.api import telling
from goals.consulting import NOTES
from tests.faults.conftest import until
from tests.goals.llm.endpoint import Cut, Fails, Garbled, Paced, Raw, Status, Text, Waits
from tests.goals.llm.served import Served
from tests.goals.llm.steps import OFFLINE, say
from tests.goals.steps import stored, url_of
from tests.groups.streams import Stream, token_of
from tests.problem_details import assert_problem
from tests.races import together

LONG = "Two chords a day are enough, said slowly and played twice: C, then G. That is all."
BODY = {"content": "What now?"}


@pytest.fixture(scope="module")
def server(_database):
    served = Served()
    yield served
    served.close()


@pytest.fixture
def talk(server, alice, goal):
    """talk(content, key=...) -> the Stream of alice's message to the coach."""
    token = token_of(alice)[0]
    streams = []

    def act(
        content="What now?", key=None, path=f"goals/{goal['id']}/messages/stream/", token=token
    ):
        streams.append(Stream(server, path, token, body={"content": content}, key=key))
        return streams[-1]

    yield act
    for stream in streams:
        stream.close()


def ended(stream):
    """The stream, at its proper end."""
    until(lambda: stream.over, 10, "the end")
    assert stream.whole
    return stream


def text_of(stream):
    return "".join(event.data["text"] for event in stream.of("token"))


def exchange_of(stream):
    return [stream.of("message")[0].data, stream.of("reply")[0].data]


def test_message_tokens_and_reply(configured, endpoint, protocol, talk, goal, database):
    configured(protocol)
    endpoint.default = lambda call: {"reply": LONG}
    stream = ended(talk())
    assert stream.headers["Content-Type"] == "text/event-stream"
    names = [event.name for event in stream.events]
    assert names == ["message", *["token"] * (len(names) - 2), "reply"]
    assert len(names) > 10
    assert text_of(stream) == stream.events[-1].data["content"] == LONG
    assert stored(database, goal)["messages"] == exchange_of(stream)


@pytest.mark.parametrize("content", ["What is on today?", "I don't want to live anymore."])
def test_the_offline_coach_and_the_caring_reply_stream_too(talk, goal, database, content):
    stream = ended(talk(content))
    said = stream.of("reply")[0].data["content"]
    assert ("988" in said) == ("live" in content)
    assert len(stream.of("token")) > 10
    assert text_of(stream) == said
    assert stored(database, goal)["messages"] == exchange_of(stream)


def test_the_first_token_arrives_before_the_model_has_finished(
    configured, endpoint, protocol, talk, goal, database
):
    configured(protocol)
    paced = Paced({"reply": LONG}, count=4)
    endpoint.default = lambda call: paced
    stream = talk()
    stream.wait("token")
    assert not stream.of("reply")
    assert stored(database, goal)["messages"] == []  # together or not at all
    paced.release.set()
    assert text_of(ended(stream)) == LONG


def test_a_client_that_goes_leaves_the_exchange_whole(
    configured, endpoint, protocol, talk, goal, database
):
    configured(protocol)
    paced = Paced({"reply": LONG}, count=4)
    endpoint.default = lambda call: paced
    stream = talk(key="k")
    stream.wait("token")
    stream.close()
    refused = talk(key="k")
    assert (refused.status, refused.body["code"]) == (409, "idempotency_in_progress")
    paced.release.set()
    until(lambda: stored(database, goal)["messages"], 10, "the exchange")
    again = until(lambda: (s := talk(key="k")).status == 200 and s, 10, "the key is done")
    assert again.headers["Idempotent-Replayed"] == "true"
    [event] = ended(again).events
    said = stored(database, goal)["messages"]
    assert [row["content"] for row in said] == ["What now?", LONG]
    assert (event.name, event.data) == ("reply", said[1])
    assert len(endpoint.calls) == 1


class ReadersOnly(telling.Told):
    """The work belongs to the stream: what ends the one cancels the other."""

    gone = False

    async def lines(self):
        try:
            async for line in super().lines():
                yield line
        finally:
            self.gone = True

    def put(self, name, data):
        if self.gone:
            raise asyncio.CancelledError
        super().put(name, data)


def test_made_for_its_reader_alone_it_would_be_lost(
    configured, endpoint, talk, goal, database, monkeypatch
):
    """The broken twin: who goes away takes the exchange along."""
    configured()
    told = []
    monkeypatch.setattr(telling, "Told", lambda: told.append(ReadersOnly()) or told[-1])
    paced = Paced({"reply": LONG}, count=4)
    endpoint.default = lambda call: paced
    stream = talk()
    stream.wait("token")
    stream.close()
    until(lambda: told[0].gone, 10, "it is noticed")
    paced.release.set()
    until(lambda: told[0]._ended, 10, "the end")
    assert stored(database, goal)["messages"] == []


@pytest.mark.parametrize("kind", [Cut, Fails])
def test_a_stream_cut_by_the_model_is_made_whole(configured, endpoint, talk, goal, database, kind):
    configured()
    endpoint.script = [kind({"reply": "Quite another text than the later one."}), {"reply": LONG}]
    stream = ended(talk())
    assert stream.of("reply")[0].data["content"] == LONG  # whatever was told before
    assert "Quite another text".startswith(text_of(stream)[:10])
    assert stored(database, goal)["messages"] == exchange_of(stream)


TROUBLES = {
    "cut": Cut({"reply": LONG}),
    "garbled": Garbled({"reply": LONG}),
    "malformed": Text("I would rather write a poem."),
    "no events": Raw(b"{"),
    "429": Status(429),
    "500": Status(500),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_whatever_fails_the_offline_coach_answers(
    configured, endpoint, talk, alice_api, goal, database, trouble
):
    configured()
    endpoint.default = lambda call: TROUBLES[trouble]
    stream = ended(talk())
    assert OFFLINE in stream.of("reply")[0].data["content"]
    assert stream.of("token")
    assert not stream.of("error")
    assert stored(database, goal)["messages"] == exchange_of(stream)
    assert alice_api.get("/api/v1/me/coach/").json()["calls_left"] == 100


def test_the_share_counts_streams(configured, endpoint, talk, alice_api, settings):
    configured()
    settings.COACH_CALLS_A_DAY = 1
    ended(talk())
    left = alice_api.get("/api/v1/me/coach/").json()
    assert (left["calls_left"], left["tokens_left"]) == (0, 300_000 - 120)
    assert NOTES["quota"] in text_of(ended(talk()))


def test_a_slow_model_is_left_at_the_deadline(configured, endpoint, talk, goal, database, settings):
    configured()
    settings.COACH_DEADLINE, settings.DATABASE_DEADLINE = 1.5, 1.4
    paced = Paced({"reply": LONG}, count=4)
    endpoint.default = lambda call: paced
    stream = ended(talk())
    paced.release.set()
    assert LONG.startswith(text_of(stream))
    assert NOTES["slow"] in stream.of("reply")[0].data["content"]
    assert stored(database, goal)["messages"] == exchange_of(stream)


def test_eight_that_wait_hold_no_thread_of_the_others(
    configured, endpoint, talk, alice, client_of, goal, server
):
    """Twice as many as there are threads for requests; JSON replies have their own limit."""
    configured()
    waits = Waits({"reply": "At last."})
    endpoint.default = lambda call: waits
    streams = [talk(str(number)) for number in range(8)]
    for _ in streams:
        assert waits.begun.acquire(timeout=10)
    path = f"goals/{goal['id']}/messages/?limit=1"
    listed = Stream(server, path, token_of(alice)[0])
    assert listed.status == 200
    listed.close()
    waits.release.set()
    assert {text_of(ended(stream)) for stream in streams} == {"At last."}


def test_beyond_the_limit_of_streams_nobody_waits(configured, endpoint, talk, settings):
    configured()
    settings.COACH_STREAMS_AT_ONCE = 1
    waits = Waits({"reply": "At last."})
    endpoint.default = lambda call: waits
    first = talk()
    assert waits.begun.acquire(timeout=10)
    assert NOTES["busy"] in text_of(ended(talk()))
    waits.release.set()
    assert text_of(ended(first)) == "At last."


def test_one_key_at_once_has_one_effect(configured, endpoint, talk, goal, database):
    configured()
    streams = together(6, lambda _: talk(key="k"))
    until(lambda: all(stream.status != 200 or stream.over for stream in streams), 10, "the end")
    assert {stream.status for stream in streams} <= {200, 409}
    assert len(stored(database, goal)["messages"]) == 2
    assert len(endpoint.calls) == 1


def test_what_fails_after_the_beginning_is_an_error_event(
    configured, endpoint, talk, goal, database
):
    configured()

    def delete(call):
        database.goals.delete_one({"id": goal["id"]})
        return {"reply": LONG}

    endpoint.default = delete
    stream = ended(talk(key="k"))
    last = stream.events[-1]
    assert (last.name, last.data["code"], last.data["status"]) == ("error", "not_found", 404)
    assert last.data["request_id"] == stream.headers["X-Request-ID"]
    assert talk(key="k").status == 404


def test_refusals_come_before_the_stream(talk, bob, goal, alice_api):
    assert talk("").body["errors"][0]["pointer"] == "/content"
    assert talk(token=None).status == 401
    assert talk(token=token_of(bob)[0]).status == 404
    assert talk(key="k" * 256).body["code"] == "invalid_idempotency_key"
    ticket = alice_api.post("/api/v1/auth/ticket/").json()["ticket"]
    path = f"goals/{goal['id']}/messages/stream/?ticket={ticket}"
    assert ended(talk(path=path, token=None)).of("reply")


def test_a_key_is_not_used_up_where_streams_are_not_served(talk, alice_api, goal, database):
    """The worker of WSGI refuses; the ASGI process then takes the same key."""
    url = url_of(goal) + "messages/stream/"
    refused = alice_api.post(url, BODY, HTTP_IDEMPOTENCY_KEY="k")
    assert_problem(refused, 421, "misdirected")
    assert ended(talk(key="k")).of("token")
    replayed = alice_api.post(url, BODY, HTTP_IDEMPOTENCY_KEY="k")
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert replayed.content.startswith(b"event: reply\ndata: ")
    other = alice_api.post(url, {"content": "Other"}, HTTP_IDEMPOTENCY_KEY="k")
    assert_problem(other, 422, "idempotency_key_reused")
    assert len(stored(database, goal)["messages"]) == 2


def test_json_replies_are_asked_for_whole(configured, endpoint, alice_api, goal):
    configured()
    assert say(alice_api, goal).status_code == 201
    assert not endpoint.calls[0].body.get("stream")
