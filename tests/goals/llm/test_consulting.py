"""COACH=llm over the API: whatever the model does, the person has an answer and the goal is whole."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pymongo
import pytest

from doit_site import checks
from doit_site.mongo.deadline import not_counted
from doit_site.mongo.transactions import in_transaction
from goals import chat, consulting, roadmap
from goals.consulting import NOTES
from tests.goals.llm.endpoint import Cut, Raw, Status, Text, Waits, well
from tests.goals.llm.steps import OFFLINE, say
from tests.goals.steps import ask, finish, make_roadmap, stored, url_of

TROUBLES = {
    "malformed": Text("I would rather write a poem."),
    "no json": Raw(b"{"),
    "429": Status(429),
    "500": Status(500),
    "cut": Cut(),
    "refused": Status(401),
}


def test_the_whole_day_with_a_model(configured, endpoint, alice_api, a_goal, database):
    configured()
    goal = a_goal()
    assert (goal["category"], goal["subcategory"]) == ("music", "banjo")
    plan = make_roadmap(alice_api, goal, minutes_per_day=15)
    assert plan["summary"] == "From the first chord to the concert."
    assert plan["total_days"] == len(plan["days"]) == 30
    assert {day["tasks"][0]["duration_minutes"] for day in plan["days"]} == {15}
    assert say(alice_api, goal).json()["reply"]["content"].startswith("On day one")
    test = ask(alice_api, goal)
    assert "note" not in test
    assert test["questions"][0]["prompt"].startswith("What holds of string")
    left = alice_api.get("/api/v1/me/coach/").json()
    calls = len(endpoint.calls)
    assert calls == 1 + 6 + 1 + 1
    assert left["coach"] == "llm"
    assert left["calls_left"] == 96
    assert left["tokens_left"] == 300_000 - 120 * calls
    assert left["resets_at"].endswith("T00:00:00Z")


@pytest.mark.parametrize("trouble", TROUBLES)
def test_whatever_fails_the_offline_coach_answers_and_says_so(
    configured, endpoint, alice_api, goal, database, trouble
):
    configured()
    endpoint.default = lambda call: TROUBLES[trouble]
    exchange = say(alice_api, goal).json()
    assert OFFLINE in exchange["reply"]["content"]
    assert stored(database, goal)["messages"] == [exchange["message"], exchange["reply"]]
    plan = make_roadmap(alice_api, goal)
    assert "the offline coach made this plan" in plan["summary"]
    assert stored(database, goal)["roadmap"] == plan
    test = ask(alice_api, goal)
    assert test["note"].endswith("the offline coach asks.")
    assert len(test["questions"]) == 5
    assert alice_api.get("/api/v1/me/coach/").json()["calls_left"] == 100  # nothing came of them


def test_the_offline_coach_goes_on_with_a_plan_of_the_model(
    configured, endpoint, alice_api, a_goal, grown
):
    configured()
    goal = a_goal()
    make_roadmap(alice_api, goal)
    endpoint.default = lambda call: Status(500)
    reply = say(alice_api, goal, "What is on today?").json()["reply"]["content"]
    assert OFFLINE in reply
    assert "Theme 0, step 0" in reply
    assert len(ask(alice_api, goal)["questions"]) == 5
    assert grown("doit_coach_answers_total", act="reply", coach="offline") == 1
    assert grown("doit_coach_answers_total", act="plan", coach="llm") == 1
    assert grown("doit_coach_failures_total", reason="server") == 5  # the breaker opened
    assert grown("doit_coach_failures_total", reason="open") == 1
    assert grown("doit_coach_tokens_total", kind="input") == 700
    assert grown("doit_coach_waiting") == 0


def test_a_slow_model_does_not_use_up_the_database_s_time(
    configured, endpoint, alice_api, goal, settings
):
    configured()
    settings.DATABASE_DEADLINE = 2.0
    settings.COACH_DEADLINE = 2.1
    waits = Waits({"reply": "late"})
    endpoint.default = lambda call: waits
    response = say(alice_api, goal, HTTP_IDEMPOTENCY_KEY="k")
    waits.release.set()
    assert response.status_code == 201
    assert "did not answer in time" in response.json()["reply"]["content"]


def test_counted_waiting_would_leave_no_time(database):
    """The broken twin of the one before."""
    pause = threading.Event()
    with pymongo.timeout(0.2):
        with not_counted():
            pause.wait(0.25)
        assert database.goals.find_one({}) is None
        pause.wait(0.25)
        with pytest.raises(pymongo.errors.PyMongoError):
            database.goals.find_one({})


def open_transactions(database):
    """Transactions of this server that wait for their client and go on to: other tests' end meanwhile."""
    stages = [
        {"$currentOp": {"idleSessions": True}},
        {"$match": {"transaction": {"$exists": True}, "active": False}},
    ]

    def now():
        rows = database.client.admin.aggregate(stages)
        return {(row["lsid"]["id"].hex(), row["transaction"]["startWallClockTime"]) for row in rows}

    found, pause = now(), threading.Event()
    for _ in range(30):
        if not found:
            break
        pause.wait(0.01)
        found &= now()
    return sorted(found)


def test_no_transaction_waits_for_the_model(configured, endpoint, alice_api, goal, database):
    """Each act with an Idempotency-Key: its transaction begins after the answer."""
    configured()
    found = []

    def look(call):
        found.append(open_transactions(database))
        return well(call)

    endpoint.default = look
    key = {"HTTP_IDEMPOTENCY_KEY": "k"}
    assert say(alice_api, goal, **key).status_code == 201
    accepted = alice_api.post(url_of(goal) + "roadmap/", {}, **key)
    assert finish(alice_api, accepted)["state"] == "done"
    assert alice_api.post(url_of(goal) + "verifications/", {}, **key).status_code == 201
    body = {"title": "Sing", "description": "One song.", "target_date": goal["target_date"]}
    assert alice_api.post("/api/v1/goals/", body, **key).status_code == 201
    assert {call.act for call in endpoint.calls} == {
        "chat",
        "outline",
        "part",
        "questions",
        "category",
    }
    assert found == [[]] * len(endpoint.calls)


def test_a_transaction_that_waits_would_be_seen(configured, endpoint, alice, goal, database):
    """The broken twin: the act as a whole within one."""
    configured()
    found = []

    def look(call):
        found.append(open_transactions(database))
        return well(call)

    endpoint.default = look
    in_transaction(lambda: chat.send(user=alice, goal_id=goal["id"], content="What now?"))
    assert found[0] != []


def test_a_retried_message_never_doubles(configured, endpoint, alice_api, goal, database):
    configured()
    first = say(alice_api, goal, HTTP_IDEMPOTENCY_KEY="k")
    again = say(alice_api, goal, HTTP_IDEMPOTENCY_KEY="k")
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(endpoint.calls) == 1
    assert len(stored(database, goal)["messages"]) == 2


def test_a_goal_that_changes_while_the_model_plans_is_planned_anew(
    configured, endpoint, alice_api, goal, database
):
    configured()

    def change_once(call):
        if call.act == "outline" and len(endpoint.of("outline")) == 1:
            database.goals.update_one({"id": goal["id"]}, {"$inc": {"version": 1}})
        return well(call)

    endpoint.default = change_once
    make_roadmap(alice_api, goal)
    assert len(endpoint.of("outline")) == 2


# Many at once


def test_beyond_a_few_nobody_waits(configured, endpoint, alice, client_of, goal, settings):
    """Two wait for the model; four more are answered offline at once, and other requests go on."""
    configured()
    waits = Waits({"reply": "At last."})
    endpoint.default = lambda call: waits
    clients = [client_of(alice) for _ in range(7)]
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(say, clients[n], goal) for n in range(2)]
        for _ in range(2):
            assert waits.begun.acquire(timeout=10)
        others = [say(clients[n], goal).json()["reply"]["content"] for n in range(2, 6)]
        assert all(NOTES["busy"] in text for text in others)
        assert clients[6].get(url_of(goal) + "today/").status_code == 200
        waits.release.set()
        replies = [future.result().json()["reply"]["content"] for future in waiting]
    assert replies == ["At last."] * 2
    assert say(clients[0], goal).json()["reply"]["content"] == "At last."


def test_without_the_limit_all_would_wait(configured, endpoint, alice, client_of, goal, settings):
    """The broken twin."""
    configured()
    settings.COACH_AT_ONCE = 4
    waits = Waits({"reply": "At last."})
    endpoint.default = lambda call: waits
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(say, client_of(alice), goal) for _ in range(4)]
        for _ in range(4):
            assert waits.begun.acquire(timeout=10)
        waits.release.set()
        assert {f.result().json()["reply"]["content"] for f in waiting} == {"At last."}


# Danger


@pytest.mark.parametrize("coach", ["offline", "llm"])
def test_a_signal_of_danger_is_answered_by_people_s_words(
    configured, endpoint, alice_api, goal, database, coach
):
    if coach == "llm":
        configured()
    exchange = say(alice_api, goal, "I don't want to live anymore.").json()
    assert "988" in exchange["reply"]["content"]  # alice has a number of the United States
    assert endpoint.calls == []
    assert stored(database, goal)["messages"][-1] == exchange["reply"]


def test_a_goal_that_signals_danger_has_the_lines_in_its_plan(
    configured, endpoint, alice_api, a_goal
):
    goal = a_goal(title="I want to kill myself", category="other")
    configured()
    plan = make_roadmap(alice_api, goal)
    assert "988" in plan["summary"]
    assert endpoint.calls == []
    assert plan["days"]


# Where nothing is asked


def test_demo_data_and_commands(configured, endpoint, alice, a_goal):
    goal = a_goal(category="music")
    configured(COACH_ROADMAP_DEADLINE=0.0001)
    with consulting.offline_only():
        assert (
            OFFLINE
            not in chat.send(user=alice, goal_id=goal["id"], content="Hi")["reply"]["content"]
        )
    assert endpoint.calls == []
    with consulting.patience(20):
        made = roadmap.make(user=alice, goal_id=goal["id"])
    assert "offline" not in made["summary"]


def test_without_a_model_the_offline_coach_answers_and_check_says_so(alice_api, settings):
    """With DEBUG; in production start-up ends (tests/site/test_environment.py)."""
    settings.COACH, settings.COACH_MODEL = "llm", ""
    assert [found.id for found in checks.the_coach_has_a_model(None)] == ["doit.W002"]
    assert alice_api.get("/api/v1/me/coach/").json()["coach"] == "offline"


def test_the_offline_coach_does_not_load_the_other():
    """120 MB and some seconds a worker."""
    script = (
        "import django, sys; django.setup(); import doit_site.urls; from goals import consulting;"
        "print([m for m in ('pydantic_ai', 'openai', 'anthropic', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
