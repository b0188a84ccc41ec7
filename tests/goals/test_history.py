"""Chats and verifications that are partly in the archive: everybody reads the same as before."""

import random
from datetime import timedelta

import pytest
from bson import encode

from accounts import personal_data
from doit_site import clock
from doit_site.mongo import archive
from doit_site.mongo.fields import new_id
from goals import chat_reading, figures, overview, standing, streaks
from goals.histories import MESSAGES, VERIFICATIONS
from tests.contract.test_documents import check_database
from tests.foreign import COMPLETE_GOAL, MINIMAL_GOAL, insert
from tests.goals.steps import answers_of, ask, make_roadmap, prove, stored, submit, url_of
from tests.goals.test_chat import message, pages, say


@pytest.fixture
def small(settings):
    settings.TAIL_ENTRIES = 10


@pytest.fixture
def long_chat(a_goal, database):
    """A goal with 250 messages, the newest 50 of them in its document."""
    goal = a_goal()
    messages = [message(number, number % 2 == 0) for number in range(250)]
    database.goals.update_one({"id": goal["id"]}, {"$set": {"messages": messages}})
    assert MESSAGES.shorten(goal["id"]) == 200
    return goal, messages


def test_the_history_pages_alike_on_both_sides(long_chat, alice_api):
    goal, messages = long_chat
    url = url_of(goal) + "messages/"
    for limit in (7, 20, 100):
        assert pages(alice_api, f"{url}?limit={limit}") == messages[::-1]
    first = alice_api.get(url + "?limit=40").json()
    second = alice_api.get(first["next"]).json()
    assert second["results"] == messages[-80:-40][::-1]
    assert alice_api.get(second["previous"]).json()["results"] == first["results"]
    assert alice_api.get(url_of(goal)).json()["messages"] == messages[-50:]


def test_a_goal_stays_small_whatever_is_said(alice_api, a_goal, database):
    goal = a_goal()
    make_roadmap(alice_api, goal)
    for _ in range(4):
        say(alice_api, goal, "ü" * 10_000)
    now = stored(database, goal)
    assert len(encode(now)) < 600_000
    assert len(now["messages"]) < 8
    assert len(archive.whole(MESSAGES.name, now)) == 8
    # Where the chat goes on, the coach and the person do not notice.
    assert say(alice_api, goal, "What is on today?").status_code == 201
    assert len(pages(alice_api, url_of(goal) + "messages/")) == 10


def test_export_erase_and_deleting_know_the_archive(
    long_chat, alice, alice_api, a_goal, database, carol
):
    goal, messages = long_chat
    [exported] = personal_data.export(alice.pk)["goals"]
    assert exported["messages"] == messages
    assert not {"archived", "archived_passes"} & set(exported)
    read = chat_reading.read(actor=carol, goal_id=goal["id"], reason="A complaint")
    assert [row["content"] for row in read] == [row["content"] for row in messages]

    other = a_goal()
    archive.add(MESSAGES.name, other["id"], 0, messages[:1])
    assert alice_api.delete(url_of(other)).status_code == 204
    assert database.archive.count_documents({"document_id": other["id"]}) == 0
    assert database.archive.count_documents({}) > 0
    personal_data.erase(alice.pk)
    assert database.archive.count_documents({}) == 0


def test_the_dashboard_counts_what_was_moved_too(long_chat, database):
    today = clock.text(clock.now())
    for collection, path in (("goals", "messages"), ("archive", "entries")):
        change = {"$set": {f"{path}.$[].timestamp": today}}
        database[collection].update_many({}, change)
    assert figures.reckon(database)["messages"][-1] == 125


def entry(day, passed, score=1.0):
    return {
        **COMPLETE_GOAL["daily_verifications"][0],
        "test_id": new_id(),
        "date": day.isoformat(),
        "score": score,
        "passed": passed,
        "completed_at": clock.now(),
    }


def a_history(chance, today):
    """Tests of some hundred days, most of them passed, now and then again on the same day."""
    entries = []
    for ago in range(chance.randrange(80, 200), -1, -1):
        for _ in range(chance.choice((0, 1, 1, 1, 1, 1, 2, 3))):
            score = chance.choice((0.2, 0.6, 0.8, 1.0))
            entries.append(entry(today - timedelta(days=ago), score > 0.7, score))
    return entries


@pytest.mark.parametrize("seed", range(5))
def test_streak_and_statistics_are_those_of_a_goal_that_was_never_archived(
    alice, small, database, seed
):
    now = clock.now()
    today = alice.calendar.day(now)
    entries = a_history(random.Random(seed), today)
    plan = [
        {"day": n, "date": f"{today - timedelta(days=200 - n)}", "title": "", "tasks": []}
        for n in range(1, 230)
    ]
    more = {"user_id": alice.pk, "roadmap": {"total_days": 229, "summary": "", "days": plan}}
    goals = database.goals
    twin = insert(goals, MINIMAL_GOAL, daily_verifications=entries, **more)
    goal = insert(goals, MINIMAL_GOAL, daily_verifications=[], **more)
    for one in entries:
        VERIFICATIONS.push({"id": goal["id"]}, [one])
    goal = goals.find_one({"id": goal["id"]})
    held = goal["daily_verifications"]
    assert len(held) <= 3 * 31  # those of the last days stay, whatever the limit
    assert goal["archived"]["daily_verifications"] + len(held) == len(entries)

    def figures_of(goal):
        return (
            streaks.as_of_now(goal, alice.calendar, now),
            streaks.passed_dates(goal),
            standing.days_passed(goal),
            standing.pace(goal, today),
            standing.entries_of(goal, today),
            standing.entries_of(goal, today - timedelta(days=2)),
            [row["test_id"] for row in archive.whole(VERIFICATIONS.name, goal)],
        )

    assert figures_of(goal) == figures_of(twin)
    both = overview.of_person(user=alice)["verification_stats"]
    goals.delete_one({"id": goal["id"]})
    database.archive.delete_many({})
    once = overview.of_person(user=alice)["verification_stats"]
    assert both["average_score"] == once["average_score"]
    assert both["total_tests"] == 2 * once["total_tests"]
    assert both["passed"] == 2 * once["passed"]


def test_what_looks_only_at_the_document_breaks_the_streak(alice, small, database):
    """The broken twin: without the dates that the goal keeps of what was moved."""
    today = alice.today()
    goal = insert(database.goals, MINIMAL_GOAL, user_id=alice.pk, daily_verifications=[])
    for ago in range(50, -1, -1):
        VERIFICATIONS.push({"id": goal["id"]}, [entry(today - timedelta(days=ago), True)])
    goal = database.goals.find_one({"id": goal["id"]})
    assert streaks.as_of_now(goal, alice.calendar, clock.now()) == 51
    del goal["archived_passes"]
    assert streaks.as_of_now(goal, alice.calendar, clock.now()) < 51


def test_tests_of_the_last_days_stay_so_that_their_limits_hold(
    alice, alice_api, a_goal, database, settings
):
    settings.TAIL_ENTRIES = 2
    goal = a_goal()
    make_roadmap(alice_api, goal)
    old = [entry(alice.today() - timedelta(days=ago), True) for ago in (60, 50, 40)]
    database.goals.update_one({"id": goal["id"]}, {"$set": {"daily_verifications": old}})
    results = [prove(alice_api, database, goal, right=1) for _ in range(3)]
    refused = alice_api.post(url_of(goal) + "verifications/", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "attempts_used")
    now = stored(database, goal)
    assert now["archived"]["daily_verifications"] == 3
    assert now["archived_passes"] == [row["date"] for row in old]
    assert [row["test_id"] for row in now["daily_verifications"]] == [
        row["test_id"] for row in results
    ]
    shown = alice_api.get(url_of(goal) + "verifications/").json()["results"]
    assert [row["test_id"] for row in shown] == [row["test_id"] for row in [*old, *results][::-1]]
    assert overview.of_person(user=alice)["verification_stats"]["total_tests"] == 6
    assert len(alice_api.get("/api/v1/me/timeline/").json()["results"]) == 7


def test_a_moved_test_is_answered_again_with_its_result(
    alice, alice_api, a_goal, database, settings
):
    settings.TAIL_ENTRIES = 2
    goal = a_goal()
    make_roadmap(alice_api, goal)
    test = ask(alice_api, goal)
    answers = answers_of(database, test["test_id"])
    first = submit(alice_api, goal, test["test_id"], answers).json()
    database.verification_tests.delete_many({})
    long_ago = {"daily_verifications.0.date": f"{alice.today() - timedelta(days=60)}"}
    database.goals.update_one({"id": goal["id"]}, {"$set": long_ago})
    for _ in range(2):
        prove(alice_api, database, goal, right=1)
    assert stored(database, goal)["archived"]["daily_verifications"] == 1
    again = submit(alice_api, goal, test["test_id"], answers)
    assert again.status_code == 200, again.content
    assert (again.json()["test_id"], again.json()["score"]) == (first["test_id"], first["score"])


def test_check_database_counts_what_is_in_the_archive(alice, alice_api, a_goal, database, small):
    goal = a_goal()
    make_roadmap(alice_api, goal)
    days = [alice.today() - timedelta(days=ago) for ago in range(80, 40, -1)]
    rows = [entry(day, True) for day in days]
    stats, total = standing.statistics_of(rows)
    change = {"daily_verifications": rows, "verification_stats": stats, "score_total": total}
    database.goals.update_one({"id": goal["id"]}, {"$set": change})
    VERIFICATIONS.shorten(goal["id"])
    assert check_database() == ([], 0)
    change = {"verification_stats.passed": 3, "archived_passes": []}
    database.goals.update_one({"id": goal["id"]}, {"$set": change})
    [told], _ = check_database("--fix")
    assert told["problem"] == "wrong verification_stats, archived_passes"
    now = stored(database, goal)
    assert now["verification_stats"] == stats
    assert streaks.passed_dates(now) == set(days)
    assert check_database() == ([], 0)
