"""`GET groups/{id}/stream/` over HTTP, from a real ASGI server."""

import contextlib
import socket
import time

import httpx
import pytest

from accounts import sessions
from doit_site.mongo.fields import new_id
from groups.history import MESSAGES
from groups.models import Group
from tests.faults.conftest import until
from tests.groups.streams import Stream, StreamServer, token_of
from tests.problem_details import assert_problem


@pytest.fixture(scope="module")
def server(_database):
    with StreamServer() as server:
        yield server


@pytest.fixture
def listen(server):
    """listen(user, group) -> an open Stream whose reader is known to be in place."""
    streams = []

    def act(user, group, **more):
        token = token_of(user)[0]
        stream = Stream(server, f"groups/{group['id']}/stream/", token, **more)
        streams.append(stream)
        if stream.status == 200 and not more:
            stream.wait("open")
        return stream

    yield act
    for stream in streams:
        stream.close()


def stored(content):
    return {
        "id": new_id(),
        "user_id": new_id(),
        "username": "CosmicLearner42",
        "content": content,
        "timestamp": "2026-02-07T12:30:00.000000Z",
    }


def test_members_hear_what_is_said_and_nothing_of_who_says_it(
    alice, bob, alice_api, bob_api, matched, say, listen, database
):
    group = matched(alice_api)
    pseudonym = matched(bob_api)["username"]
    hers, his = listen(alice, group), listen(bob, group)
    said = say(bob_api, group, "Anyone up early?")
    [heard], [own] = hers.wait("message"), his.wait("message")
    assert heard.id == said["id"]
    assert heard.data == said | {"is_mine": False}
    assert own.data == said | {"is_mine": True}
    assert heard.data["username"] == pseudonym
    traces = [bob.pk, bob.phone_number, "Bob", alice.pk, alice.phone_number]
    traces += [str(database.groups.find_one()["_id"])]
    assert [trace for trace in traces if trace in "".join(hers.raw + his.raw)] == []


def test_the_answer_is_a_stream_that_nothing_on_the_way_keeps(alice, alice_api, matched, listen):
    stream = listen(alice, matched(alice_api))
    assert stream.headers["Content-Type"] == "text/event-stream"
    assert stream.headers["Cache-Control"] == "no-store"
    assert stream.headers["X-Accel-Buffering"] == "no"
    assert len(stream.headers["X-Request-ID"]) == 32
    assert stream.raw[0] == "retry: 2000\n"


def test_who_comes_back_gets_what_was_missed_once(alice, bob_api, alice_api, matched, say, listen):
    group = matched(alice_api)
    matched(bob_api)
    first = listen(alice, group)
    say(bob_api, group, "one")
    first.wait("message")
    place = first.place()
    first.close()
    for text in ("two", "three"):
        say(bob_api, group, text)
    again = listen(alice, group, last=place)
    again.wait("message", 2)
    say(bob_api, group, "four")
    again.wait("message", 3)
    assert again.said() == ["two", "three", "four"]


def test_who_left_before_the_first_message_misses_nothing(
    alice, bob_api, alice_api, matched, say, listen
):
    group = matched(alice_api)
    matched(bob_api)
    first = listen(alice, group)
    place = first.place()
    first.close()
    say(bob_api, group, "one")
    again = listen(alice, group, last=place)
    again.wait("message")
    assert again.said() == ["one"]


@pytest.mark.parametrize("archived", [0, 200])
def test_the_place_may_be_a_parameter_and_lie_further_back_than_the_queue_is_long(
    server, alice, alice_api, matched, database, archived
):
    group = matched(alice_api)
    rows = [stored(str(n)) for n in range(250)]
    database.groups.update_one({"id": group["id"]}, {"$set": {"messages": rows}})
    assert not archived or MESSAGES.shorten(group["id"]) == archived
    path = f"groups/{group['id']}/stream/?last_event_id={rows[9]['id']}"
    stream = Stream(server, path, token_of(alice)[0])
    stream.wait("message", 240)
    assert stream.said() == [str(n) for n in range(10, 250)]
    stream.close()


def test_a_place_that_is_not_there_is_said_to_be_lost(
    alice, bob_api, alice_api, matched, say, listen
):
    group = matched(alice_api)
    matched(bob_api)
    before = say(bob_api, group, "before")
    stream = listen(alice, group, last=new_id())
    [lost] = stream.wait("resync")
    assert lost.id == before["id"]
    say(bob_api, group, "after")
    stream.wait("message")
    assert stream.said() == ["after"]


def test_what_another_program_pushes_is_heard_under_the_id_that_the_history_has(
    alice, alice_api, matched, listen, read, database
):
    group = matched(alice_api)
    stream = listen(alice, group)
    message = stored("From outside")
    del message["id"]
    database.groups.update_one({"id": group["id"]}, {"$push": {"messages": message}})
    [heard] = stream.wait("message")
    assert read(alice_api, group) == [heard.data]
    assert heard.id == heard.data["id"]
    assert message["user_id"] not in "".join(stream.raw)


def test_of_two_one_of_whom_mutes_the_other_neither_hears_the_other(
    alice, bob, alice_api, bob_api, matched, say, listen
):
    group = matched(alice_api)
    name = matched(bob_api)["username"]
    hers, his = listen(alice, group), listen(bob, group)
    url = f"/api/v1/groups/{group['id']}/mutes/"
    assert alice_api.post(url, {"username": name}).status_code == 201
    say(bob_api, group, "unheard by her")
    say(alice_api, group, "unheard by him")
    his.wait("message")
    hers.wait("message")
    assert alice_api.delete(f"{url}{name}/").status_code == 204
    say(bob_api, group, "heard again")
    hers.wait("message", 2)
    assert hers.said() == ["unheard by him", "heard again"]
    assert his.wait("message", 2)
    assert his.said() == ["unheard by her", "heard again"]


def test_a_message_that_is_hidden_is_told_of(
    alice, bob_api, alice_api, matched, say, listen, database
):
    group = matched(alice_api)
    matched(bob_api)
    stream = listen(alice, group)
    said = say(bob_api, group, "rude")
    stream.wait("message")
    which = {"id": group["id"], "messages.id": said["id"]}
    for hidden in (True, False):
        database.groups.update_one(which, {"$set": {"messages.$.hidden": hidden}})
        assert stream.wait("hidden", 2 - hidden)[-1].data == {"id": said["id"], "hidden": hidden}


def ended(stream):
    until(lambda: stream.over, 10, "the end")
    [last] = stream.of("end")
    assert stream.events[-1] == last
    return last.data["reason"]


def test_leaving_ends_the_stream(alice, bob, alice_api, bob_api, matched, say, listen):
    group = matched(alice_api)
    matched(bob_api)
    hers, his = listen(alice, group), listen(bob, group)
    assert alice_api.post(f"/api/v1/groups/{group['id']}/leave/").status_code == 204
    assert ended(hers) == "left"
    say(bob_api, group, "after")
    his.wait("message")
    assert hers.said() == []


def test_a_group_that_is_gone_ends_the_stream(alice, alice_api, matched, listen):
    group = matched(alice_api)
    stream = listen(alice, group)
    Group.objects.collection.delete_one({"id": group["id"]})
    assert ended(stream) == "closed"


def test_signing_out_ends_the_stream_within_a_heartbeat(
    alice, bob, alice_api, bob_api, matched, listen, suspend
):
    group = matched(alice_api)
    matched(bob_api)
    hers, his = listen(alice, group), listen(bob, group)
    sessions.revoke_all(user_id=alice.pk)
    suspend(bob)
    assert ended(hers) == ended(his) == "signed_out"


def test_heartbeats_keep_a_silent_stream_alive(alice, alice_api, matched, listen):
    stream = listen(alice, matched(alice_api))
    until(lambda: stream.comments >= 3, 10, "three heartbeats")
    assert not stream.over


def refused(stream, status, code):
    assert (stream.status, stream.body["code"]) == (status, code)
    assert stream.headers["Content-Type"] == "application/problem+json"
    assert stream.body["request_id"] == stream.headers["X-Request-ID"]


def test_refusals_are_problems_and_come_before_the_stream(
    server, alice, bob, alice_api, matched, listen
):
    group = matched(alice_api)
    path = f"groups/{group['id']}/stream/"
    refused(Stream(server, path), 401, "not_authenticated")
    refused(Stream(server, path, "doit_unknown"), 401, "invalid_token")
    refused(listen(bob, group), 403, "not_a_member")
    refused(listen(alice, {"id": new_id()}), 404, "not_found")
    refused(Stream(server, path + "?x=1", token_of(alice)[0]), 400, "unknown_parameter")
    refused(listen(alice, group, last="x" * 65), 400, "bad_request")


def test_a_wsgi_worker_refuses_a_stream(alice_api, matched):
    response = alice_api.get(f"/api/v1/groups/{matched(alice_api)['id']}/stream/")
    assert_problem(response, 421, "misdirected")


def test_a_ticket_opens_one_stream(server, alice_api, matched, say):
    group = matched(alice_api)
    ticket = alice_api.post("/api/v1/auth/ticket/").json()["ticket"]
    path = f"groups/{group['id']}/stream/?ticket={ticket}"
    stream = Stream(server, path)
    stream.wait("open")
    say(alice_api, group, "Hello")
    stream.wait("message")
    refused(Stream(server, path), 401, "invalid_token")
    assert not stream.over
    stream.close()


def test_the_same_process_serves_the_whole_api(server, alice, alice_api, matched, listen):
    group = matched(alice_api)
    headers = {"Authorization": f"Bearer {token_of(alice)[0]}", "X-Forwarded-Proto": "https"}
    with httpx.Client(base_url=server.url, headers=headers) as client:
        url = f"/api/v1/groups/{group['id']}/messages/"
        stream = listen(alice, group)
        assert client.post(url, json={"content": "x"}).status_code == 201
        stream.wait("message")
        assert client.get(url).headers["ETag"]
        assert client.post(url, content=b"x" * (1024 * 1024 + 1)).status_code == 413
        assert client.post(url, content=iter([b"{}"])).status_code == 411
        assert client.get("/static/doit/admin.css").status_code in (200, 404)
        assert client.get("/api/docs/").status_code == 200


@pytest.fixture
def stuck(server, alice):
    """stuck(group, server) -> the socket of a client of alice's that takes nothing of its stream."""
    sockets = []

    def act(group, server=server):
        client = socket.socket()
        sockets.append(client)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", server.port))
        head = f"GET /api/v1/groups/{group['id']}/stream/ HTTP/1.1\r\nHost: localhost\r\n"
        head += f"Authorization: Bearer {token_of(alice)[0]}\r\nX-Forwarded-Proto: https\r\n\r\n"
        client.sendall(head.encode())
        assert client.recv(4096).startswith(b"HTTP/1.1 200")
        return client

    yield act
    for client in sockets:
        client.close()


def flood(database, group, other):
    """More than the kernel, the connection and the queue hold; each heard by `other`."""
    for count in range(1, 801):
        message = stored("x" * 10_000)
        pushed = {"$each": [message], "$slice": -20}
        database.groups.update_one({"id": group["id"]}, {"$push": {"messages": pushed}})
        if count % 10 == 0:
            until(lambda count=count: len(other.of("message")) >= count, 10, f"message {count}")


def rest(client):
    """What the stuck client's stream holds for it."""
    received, deadline = bytearray(), time.monotonic() + 4
    client.settimeout(1)
    with contextlib.suppress(TimeoutError):
        while time.monotonic() < deadline and (chunk := client.recv(1 << 20)):
            received += chunk
    return bytes(received)


def beats(stream, number):
    seen = stream.comments
    until(lambda: stream.comments >= seen + number, 20, f"{number} heartbeats")


def test_a_reader_that_takes_nothing_is_cut_while_others_go_on(
    bob, alice_api, bob_api, matched, say, listen, database, stuck
):
    group = matched(alice_api)
    matched(bob_api)
    his = listen(bob, group)
    client = stuck(group)
    flood(database, group, his)
    beats(his, 5)  # longer than a reader may be stuck
    received = rest(client)
    assert received.count(b"event: message") < 800
    assert received.endswith(b"\r\n0\r\n\r\n")  # the end of a whole answer
    assert b'event: error\ndata: {"code":"too_slow"' in received
    say(bob_api, group, "still here")
    his.wait("message", 801)
    assert not his.over


def test_with_endless_patience_it_is_not_cut(bob, alice_api, bob_api, matched, database, stuck):
    """The twin: what is not cut goes on when it is read again."""
    group = matched(alice_api)
    matched(bob_api)
    with StreamServer(settings="tests.groups.patient") as server:
        his = Stream(server, f"groups/{group['id']}/stream/", token_of(bob)[0])
        his.wait("open")
        client = stuck(group, server)
        flood(database, group, his)
        beats(his, 5)
        assert b"too_slow" not in rest(client)
        his.close()
