"""What a person may take of the llm coach in a day, and what it remembers of a chat."""

from datetime import timedelta

from doit_site import clock
from goals import memory, quota
from goals.consulting import NOTES
from tests.goals.llm.steps import OFFLINE, say
from tests.goals.steps import stored, url_of
from tests.races import together


def test_the_share_of_calls_is_never_passed(alice, settings, database):
    settings.COACH_CALLS_A_DAY = 5
    taken = together(16, lambda _: quota.take(alice))
    assert sum(tokens is not None for tokens in taken) == 5
    assert quota.left(alice)["calls_left"] == 0
    assert database.rate_limits.count_documents({}) == 1
    assert alice.pk not in str(list(database.rate_limits.find()))


def test_the_share_ends_and_comes_back_with_the_next_day(
    configured, endpoint, alice_api, goal, settings, time_machine
):
    configured()
    settings.COACH_CALLS_A_DAY = 1
    assert OFFLINE not in say(alice_api, goal).json()["reply"]["content"]
    assert NOTES["quota"] in say(alice_api, goal).json()["reply"]["content"]
    assert len(endpoint.calls) == 1
    time_machine.move_to(clock.now() + timedelta(days=1), tick=True)
    assert OFFLINE not in say(alice_api, goal).json()["reply"]["content"]


def test_tokens_are_a_share_too(configured, endpoint, alice_api, bob_api, goal, a_goal, settings):
    configured()
    settings.COACH_TOKENS_A_DAY = 100
    assert OFFLINE not in say(alice_api, goal).json()["reply"]["content"]
    assert NOTES["quota"] in say(alice_api, goal).json()["reply"]["content"]
    assert alice_api.get("/api/v1/me/coach/").json()["tokens_left"] == 0
    assert bob_api.get("/api/v1/me/coach/").json()["tokens_left"] == 100


def test_offline_there_is_no_share(alice_api):
    body = alice_api.get("/api/v1/me/coach/").json()
    assert body == {"coach": "offline", "calls_left": None, "tokens_left": None, "resets_at": None}


def long_chat(database, goal, count, size=400):
    row = {"is_user": True, "timestamp": "2026-02-07T12:00:00.000000Z"}
    messages = [row | {"content": f"{n} " + "m" * size} for n in range(count)]
    database.goals.update_one({"id": goal["id"]}, {"$set": {"messages": messages}})


def test_older_messages_become_a_summary_that_is_kept(
    configured, endpoint, alice_api, goal, database
):
    configured()
    long_chat(database, goal, 60)
    say(alice_api, goal)
    kept = stored(database, goal)["coach_memory"]
    summed = endpoint.of("summary")[0].data["messages"]
    assert kept == {"summary": f"{len(summed)} messages, after none", "upto": len(summed)}
    assert 30 < len(summed) < 60
    sent = endpoint.of("chat")[0].data["history"]
    assert sum(len(row["text"]) for row in sent) / 4 < memory.BUDGET

    endpoint.calls.clear()
    say(alice_api, goal, "And now?")
    (call,) = endpoint.calls  # no second summary yet
    assert call.data["earlier"] == kept["summary"]
    texts = [row["text"] for row in call.data["history"]]
    assert texts[0].startswith(f"{kept['upto']} ")  # nothing is lost between summary and messages
    assert texts[-2] == "What now?"


def test_positions_count_from_the_beginning_of_the_archive(database, goal):
    long_chat(database, goal, 60)
    document = stored(database, goal) | {"archived": {"messages": 100}}
    document["coach_memory"] = {"summary": "s", "upto": 120}
    recalled = memory.recall(document)
    assert recalled.older[0].content.startswith("20 ")
    assert recalled.upto == 120 + len(recalled.older)
    assert memory.recall(document | {"coach_memory": None}).upto > 100


def test_of_two_summaries_at_once_one_is_kept(alice, goal, database):
    long_chat(database, goal, 60)
    recalled = memory.recall(stored(database, goal))
    for text in ("first", "second"):
        memory.keep(user=alice, goal_id=goal["id"], recalled=recalled, summary=text)
    assert stored(database, goal)["coach_memory"] == {"summary": "first", "upto": recalled.upto}


def test_the_memory_is_in_the_export_and_goes_with_the_goal(configured, alice_api, goal, database):
    configured()
    long_chat(database, goal, 60)
    say(alice_api, goal)
    assert (
        "after none"
        in alice_api.get("/api/v1/me/export/").json()["goals"][0]["coach_memory"]["summary"]
    )
    alice_api.delete(url_of(goal))
    assert database.goals.count_documents({}) == 0
