"""The llm coach itself: each act over each protocol, and each way in which a model fails."""

from dataclasses import replace

import pytest

from goals import coach
from goals.coach.interface import Allowance, ChatMessage, Classification, CoachFailed
from tests.goals.llm.endpoint import Cut, Raw, Status, Text, Waits, good_question, well
from tests.goals.llm.requests import CHAT, GOAL, QUIZ, request
from tests.races import together


def test_a_reply(llm, endpoint, allowance):
    reply = llm.reply(CHAT, allowance)
    assert reply.text == "On day one: 2 messages before this."
    assert reply.summary is None
    (call,) = endpoint.calls
    assert call.data["message"] == "What now?"
    assert call.data["earlier"] == "They are shy."
    assert call.data["progress"]["days_behind"] == 1
    assert [day["day"] for day in call.data["plan"]["near"]] == list(range(2, 12))
    assert len(call.data["plan"]["later"]) == 19
    assert allowance.spent == 120


def test_older_messages_are_summarised_beside_the_reply(llm, endpoint, allowance):
    older = tuple(ChatMessage(f"old {n}", n % 2 == 0) for n in range(4))
    reply = llm.reply(replace(CHAT, older=older), allowance)
    assert reply.summary == "4 messages, after They are shy."
    assert [row["from"] for row in endpoint.of("summary")[0].data["messages"]][:2] == [
        "person",
        "coach",
    ]
    assert allowance.spent == 240


def test_a_summary_that_fails_does_not_cost_the_reply(llm, endpoint, allowance):
    endpoint.default = lambda call: Status(400) if call.act == "summary" else well(call)
    reply = llm.reply(replace(CHAT, older=CHAT.history), allowance)
    assert (reply.text[:6], reply.summary) == ("On day", None)


def test_a_category(llm, allowance):
    assert llm.classify(GOAL, allowance) == Classification("music", "banjo")


@pytest.mark.parametrize(
    ("given", "slug"), [("Clawhammer Banjo", "clawhammer-banjo"), ("a/b", None), ("x" * 51, None)]
)
def test_a_subcategory_is_a_slug_or_none(llm_by_openai, endpoint, allowance, given, slug):
    endpoint.script = [{"category": "music", "subcategory": given}]
    assert llm_by_openai.classify(GOAL, allowance).subcategory == slug


def test_a_category_that_is_none_goes_back_to_the_model(llm, endpoint, allowance):
    endpoint.script = [{"category": "banjos"}]
    assert llm.classify(GOAL, allowance).category == "music"
    first, second = endpoint.calls
    assert len(second.body["messages"]) > len(first.body["messages"])
    assert allowance.spent == 240


def test_questions_and_the_places_of_their_answers(llm, endpoint, allowance):
    questions = llm.questions(QUIZ, allowance)
    assert len(questions) == 5
    assert endpoint.calls[0].data["asked"] == ["Asked?"]
    for number, question in enumerate(questions):
        assert question.choices[question.answer] == f"It is tuned to note {number}"
        assert len(set(question.choices)) == 4
    assert len({question.answer for question in questions}) > 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"questions": []},
        {"questions": [good_question(n) for n in range(4)]},
        {"questions": [good_question(0)] * 5},
        {"questions": [good_question(n) | {"prompt": "ASKED"} for n in range(5)]},
        {"questions": [good_question(n) | {"wrong": ["a", "a", "b"]} for n in range(5)]},
        {"questions": [good_question(n) | {"wrong": ["a", "b"]} for n in range(5)]},
    ],
)
def test_unfit_questions_go_back_with_the_reason(llm_by_openai, endpoint, allowance, wrong):
    endpoint.script = [wrong]
    assert len(llm_by_openai.questions(QUIZ, allowance)) == 5
    assert len(endpoint.calls) == 2


@pytest.mark.parametrize("bad", [Text("As an AI I would rather not."), {"reply": ""}, {"no": 1}])
def test_what_stays_unfit_is_given_up_after_two_repairs(llm, endpoint, allowance, bad):
    endpoint.default = lambda call: bad
    with pytest.raises(CoachFailed, match="invalid"):
        llm.reply(CHAT, allowance)
    assert len(endpoint.calls) == 3
    assert allowance.spent == 360


def test_no_json_at_all(llm, endpoint, allowance):
    endpoint.default = lambda call: Raw(b"<html>a proxy says hello</html>")
    with pytest.raises(CoachFailed):
        llm.reply(CHAT, allowance)


@pytest.mark.parametrize("trouble", [Status(429), Status(500), Status(503), Status(529), Cut()])
def test_what_passes_by_itself_is_tried_again(llm, endpoint, allowance, trouble):
    endpoint.script = [trouble, trouble]
    assert llm.reply(CHAT, allowance).text.startswith("On day one")
    assert len(endpoint.calls) == 3


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [(Status(429), "limited"), (Status(500), "server"), (Cut(), "connection")],
)
def test_what_does_not_pass_ends_after_three_retries(llm, endpoint, allowance, trouble, reason):
    endpoint.default = lambda call: trouble
    with pytest.raises(CoachFailed, match=reason):
        llm.reply(CHAT, allowance)
    assert len(endpoint.calls) == 4


@pytest.mark.parametrize("code", [400, 401, 403, 404])
def test_a_refused_request_is_not_sent_again(llm, endpoint, allowance, code):
    endpoint.default = lambda call: Status(code)
    with pytest.raises(CoachFailed, match="refused"):
        llm.reply(CHAT, allowance)
    assert len(endpoint.calls) == 1


def test_a_slow_model_is_left_at_the_deadline(llm, endpoint):
    waits = Waits({"reply": "late"})
    endpoint.default = lambda call: waits
    with pytest.raises(CoachFailed, match="slow"):
        llm.reply(CHAT, Allowance(seconds=0.2, tokens=1000))
    waits.release.set()


@pytest.mark.parametrize(("pause", "reason"), [("60", "limited"), ("5", "slow")])
def test_a_pause_that_the_endpoint_asks_for(llm_by_openai, endpoint, pause, reason):
    """Too long, and nobody waits at all; else it ends with the deadline."""
    endpoint.default = lambda call: Status(429, {"Retry-After": pause})
    with pytest.raises(CoachFailed, match=reason):
        llm_by_openai.reply(CHAT, Allowance(seconds=0.2, tokens=1000))
    assert len(endpoint.calls) == 1


def test_a_process_has_one_coach_however_many_ask_for_the_first(configured):
    """And so one breaker."""
    configured()
    coach.llm_coach().close()
    coach._llm_coach.cache_clear()
    assert len(set(map(id, together(8, lambda _: coach.llm_coach())))) == 1


def test_an_endpoint_that_is_not_there(configured, allowance):
    configured(COACH_BASE_URL="http://127.0.0.1:9/v1")
    with pytest.raises(CoachFailed, match="connection"):
        coach.llm_coach().reply(CHAT, allowance)


def test_the_breaker_opens_after_five_failures_and_closes_with_a_success(llm, endpoint, allowance):
    endpoint.default = lambda call: Status(500)
    for _ in range(2):
        with pytest.raises(CoachFailed):
            llm.reply(CHAT, allowance)
    assert len(endpoint.calls) == 5  # 4, and one before it opened
    assert not llm.is_up
    with pytest.raises(CoachFailed, match="open"):
        llm.reply(CHAT, allowance)
    assert len(endpoint.calls) == 5
    endpoint.default = well
    llm.breaker._open_until = 0.0  # its time is over
    assert llm.is_up
    assert llm.reply(CHAT, allowance).text
    assert llm.breaker.state == "closed"


def test_tokens_end_with_the_allowance(llm_by_openai, endpoint):
    """The answer that passes it counts still; no other is asked for."""
    allowance = Allowance(seconds=20, tokens=100)
    assert llm_by_openai.reply(CHAT, allowance).text
    assert allowance.tokens_left == 0
    with pytest.raises(CoachFailed, match="tokens"):
        llm_by_openai.reply(CHAT, allowance)
    with pytest.raises(CoachFailed, match="tokens"):
        llm_by_openai.plan(request(60), Allowance(seconds=20, tokens=300))
    assert len(endpoint.of("part")) < 9


def test_model_and_key_are_those_of_the_settings(llm, endpoint, allowance):
    llm.reply(CHAT, allowance)
    headers = {name.lower(): value for name, value in endpoint.calls[0].headers.items()}
    key = headers.get("x-api-key") or headers["authorization"]
    assert key.removeprefix("Bearer ") == "a-key-of-the-tests"
    assert endpoint.calls[0].body["model"] == "a-model"
