"""A stop in the middle of a reply: the process ends once the exchange is stored."""

import signal

import pytest

from tests.faults.conftest import until
from tests.goals.llm.endpoint import Paced
from tests.goals.steps import stored
from tests.groups.streams import Stream, StreamServer, token_of

LONG = "Two chords a day are enough, said slowly and played twice."


@pytest.mark.parametrize(
    ("app", "kept"),
    [("doit_site.asgi:application", 2), ("tests.goals.llm.unfinished:application", 0)],
)
def test_a_stop_waits_for_the_reply(endpoint, alice, goal, database, app, kept):
    """Its reader is let go before that. The twin stops at once."""
    paced = Paced({"reply": LONG}, count=4)
    endpoint.default = lambda call: paced
    coach = {"COACH": "llm", "COACH_MODEL": "openai:a-model", "COACH_API_KEY": "none"}
    coach["COACH_BASE_URL"] = endpoint.url + "/v1"
    with StreamServer(app=app, graceful="0", **coach) as server:
        path = f"goals/{goal['id']}/messages/stream/"
        stream = Stream(server, path, token_of(alice)[0], body={"content": "What now?"})
        stream.wait("token")
        server.process.send_signal(signal.SIGTERM)
        until(lambda: stream.over, 10, "the reader is let go")
        if not kept:
            server.process.wait(10)
        paced.release.set()
        server.process.wait(10)
        stream.close()
    assert len(stored(database, goal)["messages"]) == kept
