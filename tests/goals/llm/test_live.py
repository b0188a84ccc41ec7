"""A reply told while the model writes it: over both protocols, in order, and nothing that would not stay."""

import re

import pytest

from goals.coach.interface import CoachFailed
from goals.coach.llm import live
from goals.coach.llm.live import complete
from tests.goals.llm.endpoint import Cut, Fails, Garbled, Paced, Raw, Status, Text
from tests.goals.llm.requests import CHAT

LONG = "Two chords a day are enough, said slowly and played twice: C, then G. That is all for now, really."


def told_of(llm, allowance):
    """(the reply, what was told)."""
    told = []
    return llm.reply(CHAT, allowance, told.append).text, told


def test_pieces_come_in_order_and_make_the_reply(llm, endpoint, allowance):
    endpoint.default = lambda call: {"reply": LONG}
    text, told = told_of(llm, allowance)
    assert text == LONG
    assert LONG.startswith("".join(told))
    assert len("".join(told)) > len(LONG) - 20
    assert len(told) > 10
    assert endpoint.calls[0].body["stream"] is True
    assert allowance.spent == 120


def test_the_first_piece_is_told_while_the_model_still_writes(llm, endpoint, allowance):
    """The endpoint keeps the rest until the first has been told."""
    paced = Paced({"reply": LONG}, count=4)
    endpoint.default = lambda call: paced
    told = []

    def tell(piece):
        told.append((piece, paced.release.is_set()))
        paced.release.set()

    assert llm.reply(CHAT, allowance, tell).text == LONG
    assert told[0] == (LONG[: len(told[0][0])], False)


def test_anthropic_is_asked_not_to_keep_the_argument_back(configured, endpoint, allowance):
    configured("anthropic")
    from goals.coach import llm_coach

    told_of(llm_coach(), allowance)
    assert endpoint.calls[0].body["tools"][0]["eager_input_streaming"] is True


@pytest.mark.parametrize("trouble", [Status(429), Status(500)])
def test_what_fails_before_it_begins_is_tried_again(llm, endpoint, allowance, trouble):
    endpoint.script = [trouble, {"reply": LONG}]
    text, told = told_of(llm, allowance)
    assert (text, LONG.startswith("".join(told))) == (LONG, True)
    assert len(endpoint.calls) == 2


@pytest.mark.parametrize("kind", [Cut, Fails])
def test_a_stream_that_breaks_goes_on_where_it_was(llm, endpoint, allowance, kind):
    endpoint.script = [kind({"reply": LONG}), {"reply": LONG}]
    text, told = told_of(llm, allowance)
    assert text == LONG
    assert LONG.startswith("".join(told))
    assert len("".join(told)) > len(LONG) - 20


def test_where_the_new_text_is_another_one_nothing_more_is_told(llm, endpoint, allowance):
    endpoint.script = [Cut({"reply": "Quite another text than the later one."}), {"reply": LONG}]
    text, told = told_of(llm, allowance)
    assert text == LONG
    assert "Quite another text than the later one.".startswith("".join(told))
    assert told


@pytest.mark.parametrize(
    ("bad", "reasons"),
    [
        (Garbled({"reply": LONG}), {"invalid", "server", "connection"}),
        (Fails({"reply": LONG}), {"server"}),
        (Raw(b"<html>a proxy says hello</html>"), {"invalid", "server", "connection"}),
        (Text("I would rather write a poem."), {"invalid"}),
        (Status(401), {"refused"}),
    ],
)
def test_what_stays_broken_is_given_up(llm, endpoint, allowance, bad, reasons):
    endpoint.default = lambda call: bad
    with pytest.raises(CoachFailed) as failed:
        told_of(llm, allowance)
    assert failed.value.reason in reasons


def test_an_endpoint_that_does_not_stream_is_asked_for_the_whole(llm, endpoint, allowance):
    endpoint.default = lambda call: Status(400) if call.body.get("stream") else {"reply": LONG}
    assert told_of(llm, allowance) == (LONG, [])


HOSTILE = (
    "See [our help](https://evil.example/otp), www.evil.example or gopher://evil.example, "
    "![x](http://10.0.0.1/x.png) hxxp and https://docs.python.org/3/tutorial/ now. [a] (b) !"
)


def test_no_link_is_told_that_would_not_stay(llm, endpoint, allowance):
    endpoint.default = lambda call: {"reply": HOSTILE}
    text, told = told_of(llm, allowance)
    said = "".join(told)
    assert "evil" not in said + text
    assert "10.0.0.1" not in said + text
    assert "See our help" in said  # what was held back was told, cleaned


def test_told_as_it_comes_it_would_be_told(llm, endpoint, allowance, monkeypatch):
    """The broken twin: pieces as the model sends them."""
    monkeypatch.setattr(live, "RISKY", re.compile(r"(?!)"))
    endpoint.default = lambda call: {"reply": HOSTILE}
    assert "evil" in "".join(told_of(llm, allowance)[1])


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("", ""),
        ("one two", "one "),
        ("one [a b", "one "),
        ("one [a b]", "one "),
        ("one [a b](c d", "one "),
        ("one [a b](c d) e", "one [a b](c d) "),
        ("[a] b", "[a] "),
        ("[[[[ ", ""),
    ],
)
def test_what_can_be_looked_at_as_a_whole(text, whole):
    assert text[: complete(text)] == whole
