"""Answers told while they are made: to whoever reads, at their pace, and to their end."""

import asyncio
import json
import threading

import pytest
from rest_framework.response import Response

from doit_site.api import events, telling
from doit_site.api.telling import Told

LAST = events.event("reply", {"n": 3})


def read(told, count=None):
    """The lines, or the first so many of them."""

    async def act():
        lines = []
        async for line in told.lines():
            lines.append(line)
            if len(lines) == count:
                break
        return lines

    return asyncio.run(act())


def test_what_was_put_before_and_while_it_is_read_comes_in_order():
    told = Told()
    told.put("token", {"n": 1})
    begun = threading.Event()

    def go_on():
        begun.wait(5)
        told.put("token", {"n": 2})
        told.end(LAST)
        told.put("token", {"n": "late"})

    thread = threading.Thread(target=go_on)
    thread.start()

    async def act():
        lines = []
        async for line in told.lines():
            lines.append(json.loads(line.partition(b"data: ")[2])["n"])
            begun.set()
        return lines

    assert asyncio.run(act()) == [1, 2, 3]
    thread.join()


def test_a_comment_comes_while_nothing_does(settings):
    settings.STREAM_HEARTBEAT_SECONDS = 0.01
    assert read(Told(), 2) == [events.HEARTBEAT] * 2


@pytest.mark.parametrize(("cut_after", "cut"), [(0.01, True), (1000, False)])
def test_who_takes_nothing_does_not_keep_the_connection(monkeypatch, cut_after, cut):
    """And, as the broken twin, does where nothing ends it."""
    monkeypatch.setattr(events, "CUT_AFTER", cut_after)
    told = Told()
    told.put("token", {"n": 1})

    async def stuck():
        async for _ in told.lines():
            told.end(LAST)
            await asyncio.Event().wait()  # the connection takes no more

    async def act():
        task = asyncio.ensure_future(stuck())
        done, _ = await asyncio.wait([task], timeout=0.3)
        task.cancel()
        return bool(done)

    assert asyncio.run(act()) is cut


def told_of(act):
    response = telling.tell(act, "reply")

    async def lines():
        return [line async for line in response.streaming_content]

    return asyncio.run(lines())


def test_the_last_event_is_a_field_of_the_answer_or_its_problem():
    def act(tell):
        tell("token", {"n": 1})
        return Response({"reply": {"n": 3}, "message": {}}, status=201)

    assert told_of(act) == [events.event("token", {"n": 1}), LAST]
    problem = {"code": "not_found"}
    assert told_of(lambda tell: Response(problem, status=404)) == [events.event("error", problem)]


def test_what_breaks_is_an_error_without_its_message(caplog):
    def act(tell):
        raise RuntimeError("14155550101")

    [line] = told_of(act)
    assert line.startswith(b'event: error\ndata: {"code":"internal_error"')
    assert b"1415" not in line
