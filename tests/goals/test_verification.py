"""Asking for a day's test and submitting it: product.md, "Verification"."""

import json
import random
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
import time_machine

from doit_site.mongo import validators
from doit_site.mongo.fields import new_id
from goals import standing, verification
from goals.models import Goal
from goals.schemas import GOALS
from tests.goals.steps import (
    answers_of,
    ask,
    error_rows,
    make_roadmap,
    noon,
    prove,
    stored,
    submit,
    until,
    url_of,
)
from tests.races import together


@pytest.fixture
def goal(alice_api, a_goal):
    """A goal of alice's with its roadmap of 30 days."""
    goal = a_goal()
    make_roadmap(alice_api, goal)
    return goal


def issued(database, goal):
    return list(database.verification_tests.find({"goal_id": goal["id"]}))


# Asking


def test_asking_gives_five_questions_without_answers(alice_api, goal, database):
    response = alice_api.post(url_of(goal) + "verifications/", {})
    assert response.status_code == 201
    test = response.json()
    assert set(test) == {"test_id", "date", "expires_at", "questions"}
    assert test["date"] == datetime.now(UTC).date().isoformat()
    assert len(test["questions"]) == 5
    for question in test["questions"]:
        assert set(question) == {"id", "prompt", "choices"}
        assert len(set(question["choices"])) == 4
    (kept,) = issued(database, goal)
    assert kept["expires_at"] - kept["issued_at"] == timedelta(hours=24)


def test_asking_again_gives_the_open_test(alice_api, goal, database):
    first = alice_api.post(url_of(goal) + "verifications/", {})
    again = alice_api.post(url_of(goal) + "verifications/", {})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert len(issued(database, goal)) == 1


def test_asking_64_times_at_once_gives_one_test(alice, client_of, goal, database):
    clients = [client_of(alice) for _ in range(64)]
    answers = together(64, lambda n: clients[n].post(url_of(goal) + "verifications/", {}))
    assert sorted(answer.status_code for answer in answers) == [200] * 63 + [201]
    assert len({answer.json()["test_id"] for answer in answers}) == 1
    assert len({answer.content for answer in answers}) == 1
    assert len(issued(database, goal)) == 1


def test_asking_at_once_without_the_unique_attempt_gives_several(goal, alice, database):
    """The broken twin: look first, then insert, with nothing unique between."""
    document = stored(database, goal)

    def naive(number):
        if not database.naive_tests.find_one({"goal_id": goal["id"]}):
            test = verification._questions_for(alice, document, alice.today(), 1, [1])
            database.naive_tests.insert_one(test)

    together(64, naive)
    assert database.naive_tests.count_documents({}) > 1


def test_asking_without_a_roadmap(alice_api, a_goal):
    response = alice_api.post(url_of(a_goal()) + "verifications/", {})
    assert (response.status_code, response.json()["code"]) == (409, "no_roadmap")


def test_asking_and_submitting_of_another_person_is_404(alice_api, bob_api, goal, database):
    test = ask(alice_api, goal)
    answers = answers_of(database, test["test_id"])
    assert bob_api.post(url_of(goal) + "verifications/", {}).status_code == 404
    assert bob_api.get(url_of(goal) + "verifications/").status_code == 404
    assert submit(bob_api, goal, test["test_id"], answers).status_code == 404
    assert stored(database, goal)["daily_verifications"] == []


def test_a_test_belongs_to_its_goal(alice_api, goal, a_goal, database):
    other = a_goal(title="Another")
    test = ask(alice_api, goal)
    response = submit(alice_api, other, test["test_id"], answers_of(database, test["test_id"]))
    assert response.status_code == 404
    assert submit(alice_api, goal, new_id(), {"q1": 0}).status_code == 404


def test_a_retake_asks_other_questions(alice_api, goal, database):
    prompts = []
    for _ in range(2):
        test = ask(alice_api, goal)
        prompts.append({question["prompt"] for question in test["questions"]})
        answers = answers_of(database, test["test_id"], 0)
        assert submit(alice_api, goal, test["test_id"], answers).json()["passed"] is False
    assert not prompts[0] & prompts[1]


def test_three_attempts_a_day(alice_api, goal, database):
    for _ in range(3):
        prove(alice_api, database, goal, 0)
    response = alice_api.post(url_of(goal) + "verifications/", {})
    assert (response.status_code, response.json()["code"]) == (409, "attempts_used")
    assert stored(database, goal)["verification_stats"]["failed"] == 3


def test_a_passed_day_is_closed(alice_api, goal, database):
    prove(alice_api, database, goal, 4)
    response = alice_api.post(url_of(goal) + "verifications/", {})
    assert (response.status_code, response.json()["code"]) == (409, "day_passed")


def test_the_next_day_opens_again(alice_api, goal, database):
    with time_machine.travel(noon(1)) as clock:
        prove(alice_api, database, goal, 0)
        prove(alice_api, database, goal, 0)
        clock.move_to(noon(2))
        assert ask(alice_api, goal)["date"] == noon(2).date().isoformat()


# Answers


def test_wrong_answers_are_told_one_by_one(alice_api, goal, database):
    test = ask(alice_api, goal)
    answers = answers_of(database, test["test_id"])
    del answers["q2"]
    answers |= {"q1": 4, "q3": -1, "q9": 0, "a/b~c": 1}
    response = submit(alice_api, goal, test["test_id"], answers)
    assert response.status_code == 400
    assert error_rows(response) == {
        ("/answers/q1", "invalid_choice"),
        ("/answers/q2", "required"),
        ("/answers/q3", "invalid_choice"),
        ("/answers/q9", "unknown_field"),
        ("/answers/a~1b~0c", "unknown_field"),
    }
    assert stored(database, goal)["daily_verifications"] == []
    assert issued(database, goal)[0]["result"] is None


@pytest.mark.parametrize(
    "answers", [{}, [], None, "q1", {"q1": "first"}, {"q1": 1.5}, {"q1": None}]
)
def test_answers_of_the_wrong_shape(alice_api, goal, database, answers):
    test = ask(alice_api, goal)
    response = submit(alice_api, goal, test["test_id"], answers)
    assert response.status_code == 400
    assert all(row["pointer"].startswith("/answers") for row in response.json()["errors"])
    assert stored(database, goal)["daily_verifications"] == []


def test_the_result_has_the_documented_fields(alice_api, goal, database):
    test = ask(alice_api, goal)
    response = submit(alice_api, goal, test["test_id"], answers_of(database, test["test_id"], 4))
    result = response.json()
    assert set(result) == {
        *("date", "test_id", "questions_count", "score", "passed", "completed_at"),
        *("streak", "progress", "verification_stats", "review"),
    }
    assert (result["score"], result["passed"], result["questions_count"]) == (0.8, True, 5)
    assert (result["streak"], result["progress"]) == (1, 3.33)
    assert [row["correct"] for row in result["review"]] == [True] * 4 + [False]
    (row,) = alice_api.get(url_of(goal) + "verifications/").json()["results"]
    for name in ("date", "test_id", "questions_count", "score", "passed"):
        assert row[name] == result[name]
    assert result["verification_stats"] == {
        "total_tests": 1,
        "passed": 1,
        "failed": 0,
        "average_score": 0.8,
        "perfect_scores": 0,
    }


def test_answers_are_nowhere_before_the_submission(alice_api, goal, database):
    test = alice_api.post(url_of(goal) + "verifications/", {})
    (kept,) = issued(database, goal)
    explanations = [question["explanation"] for question in kept["questions"]]
    assert all(explanations)
    paths = [
        *(url_of(goal) + path for path in ("", "today/", "stats/", "roadmap/")),
        *(url_of(goal) + path for path in ("messages/", "verifications/")),
        *("/api/v1/me/export/", "/api/v1/me/stats/", "/api/v1/me/timeline/", "/api/v1/goals/"),
    ]
    shown = [test, *(alice_api.get(path) for path in paths)]
    for response in shown:
        assert response.status_code in (200, 201)
        text = response.content.decode()
        assert '"answer"' not in text
        assert not any(json.dumps(why)[1:-1] in text for why in explanations)


# Once


def test_submitting_again_gives_the_first_result(alice_api, goal, database):
    test = ask(alice_api, goal)
    first = submit(alice_api, goal, test["test_id"], answers_of(database, test["test_id"], 1))
    before = stored(database, goal)
    again = submit(alice_api, goal, test["test_id"], answers_of(database, test["test_id"]))
    assert again.status_code == 200
    assert again.json() == first.json()
    assert stored(database, goal) == before


def test_submitting_64_times_at_once_counts_once(alice, client_of, goal, database):
    clients = [client_of(alice) for _ in range(64)]
    test_id = ask(clients[0], goal)["test_id"]
    # Some threads know less than others: the first one to land decides for all.
    answers = [answers_of(database, test_id, number % 6) for number in range(64)]
    results = together(64, lambda n: submit(clients[n], goal, test_id, answers[n]))
    assert {result.status_code for result in results} == {200}
    (first,) = {result.content for result in results}
    after = stored(database, goal)
    (entry,) = after["daily_verifications"]
    assert after["verification_stats"]["total_tests"] == 1
    assert after["verification_stats"]["average_score"] == entry["score"]
    assert json.loads(first)["score"] == entry["score"]
    assert after["days_passed"] == ([1] if entry["passed"] else [])


def test_submitting_at_once_without_a_transaction_counts_twice(alice_api, alice, goal, database):
    """The broken twin: the same steps without the transaction, tried until two of them meet."""
    test_id = ask(alice_api, goal)["test_id"]
    answers = answers_of(database, test_id)
    naive = verification.submit.__wrapped__

    def run(number):
        try:
            return naive(user=alice, goal_id=goal["id"], test_id=test_id, answers=answers)
        except Exception as error:  # day_passed, once the first one is in
            return error

    for _ in range(20):
        together(64, run)
        if len(stored(database, goal)["daily_verifications"]) > 1:
            return
        database.goals.update_one({"id": goal["id"]}, {"$set": {"daily_verifications": []}})
        database.verification_tests.update_one({"id": test_id}, {"$set": {"result": None}})
    pytest.fail("never counted twice")


def test_all_effects_or_none(alice_api, goal, database, settings):
    """The goal's own update is refused inside the transaction, for real."""
    test = ask(alice_api, goal)
    answers = answers_of(database, test["test_id"])
    before, test_before = stored(database, goal), issued(database, goal)
    stricter = {**GOALS, "properties": {**GOALS["properties"], "streak": {"maximum": 0}}}
    validators.install(database, "goals", stricter)
    try:
        response = submit(alice_api, goal, test["test_id"], answers)
        assert response.status_code == 500
        assert stored(database, goal) == before
        assert issued(database, goal) == test_before
    finally:
        validators.install(database, "goals", GOALS)
    assert submit(alice_api, goal, test["test_id"], answers).json()["streak"] == 1


def test_the_goal_stays_when_the_result_cannot_be_kept(alice_api, goal, database):
    """The other half: the test's update is refused after the goal's went through."""
    test = ask(alice_api, goal)
    answers = answers_of(database, test["test_id"])
    before = stored(database, goal)
    refuse = {"properties": {"result": {"bsonType": "null"}}}
    validators.install(database, "verification_tests", refuse)
    try:
        assert submit(alice_api, goal, test["test_id"], answers).status_code == 500
        assert stored(database, goal) == before
    finally:
        validators.install(database, "verification_tests", None)
    assert submit(alice_api, goal, test["test_id"], answers).status_code == 200


def test_submitting_again_after_the_test_is_gone_gives_the_recorded_result(
    alice_api, goal, database
):
    result = prove(alice_api, database, goal, 4)
    # As the TTL does: the date passes, and MongoDB itself removes the test.
    database.verification_tests.update_one(
        {"id": result["test_id"]}, {"$set": {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}}
    )
    until(lambda: not issued(database, goal))
    again = submit(alice_api, goal, result["test_id"], {"q1": 0})
    assert again.status_code == 200
    assert again.json() == {**result, "review": []}
    assert len(stored(database, goal)["daily_verifications"]) == 1


def test_an_expired_test_is_410(alice_api, goal, database):
    test = ask(alice_api, goal)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=24, seconds=1)):
        answers = answers_of(database, test["test_id"])
        response = submit(alice_api, goal, test["test_id"], answers)
        assert (response.status_code, response.json()["code"]) == (410, "test_expired")
        assert stored(database, goal)["daily_verifications"] == []
        assert ask(alice_api, goal)["test_id"] != test["test_id"]


def test_a_test_issued_before_midnight_counts_for_its_day(alice_api, goal, database):
    evening = noon(3).replace(hour=23, minute=50)
    with time_machine.travel(evening) as clock:
        test = ask(alice_api, goal)
        clock.move_to(evening + timedelta(hours=1))
        answers = answers_of(database, test["test_id"])
        result = submit(alice_api, goal, test["test_id"], answers).json()
        assert result["date"] == test["date"] == evening.date().isoformat()
        assert result["streak"] == 1
        assert stored(database, goal)["days_passed"] == [4]
        # The new day is still to be proved.
        assert prove(alice_api, database, goal)["streak"] == 2
        assert stored(database, goal)["days_passed"] == [4, 5]


# Progress


def test_passing_every_day_completes_the_goal(alice_api, a_goal, database, in_days):
    goal = a_goal(target_date=in_days(3))
    make_roadmap(alice_api, goal)
    seen = []
    for day in range(3):
        with time_machine.travel(datetime.now(UTC) + timedelta(days=day)):
            seen.append(prove(alice_api, database, goal)["progress"])
            now = stored(database, goal)
            assert (now["status"] == "completed") is (day == 2)
    assert seen == [33.33, 66.67, 100.0]
    assert now["completed_at"] == now["daily_verifications"][-1]["completed_at"]
    shown = alice_api.get(url_of(goal)).json()
    assert shown["status"] == "completed"
    assert shown["completed_at"].endswith("Z")


def test_after_the_target_date_what_is_left_is_proved_one_day_at_a_time(
    alice, client_of, alice_api, a_goal, database, in_days
):
    goal = a_goal(target_date=in_days(3))
    make_roadmap(alice_api, goal)
    with time_machine.travel(noon(1)) as clock:
        prove(alice_api, database, goal)  # day 2; days 1 and 3 are missed
        proved = []
        for late in (10, 11):
            clock.move_to(noon(late))
            client = client_of(alice)  # the session of the beginning is over
            prove(client, database, goal, 0)  # a failed one proves nothing
            prove(client, database, goal)
            refused = client.post(url_of(goal) + "verifications/", {})
            assert refused.json()["code"] == "day_passed"
            proved.append(stored(database, goal)["days_passed"])
        assert proved == [[1, 2], [1, 2, 3]]
        assert stored(database, goal)["status"] == "completed"
        clock.move_to(noon(12))
        refused = client.post(url_of(goal) + "verifications/", {})
        assert (refused.status_code, refused.json()["code"]) == (409, "day_passed")


# The rules alone


@pytest.mark.parametrize("asked", range(1, 21))
def test_passed_is_seven_tenths_to_the_letter(asked):
    for correct in range(asked + 1):
        score, passed = standing.score(correct, asked)
        assert passed is (Fraction(correct, asked) >= Fraction(7, 10))
        assert score == correct / asked


def test_the_average_of_a_thousand_tests_is_exact():
    dice = random.Random(7)
    goal, exact, perfect, passed = {}, Fraction(0), 0, 0
    for count in range(1, 1001):
        asked = dice.randint(1, 20)
        correct = dice.randint(0, asked)
        stats, goal["score_total"] = standing.statistics(goal, correct, asked)
        goal["verification_stats"] = stats
        exact += Fraction(correct, asked)
        perfect += correct == asked
        passed += Fraction(correct, asked) >= Fraction(7, 10)
        assert Fraction(goal["score_total"], standing.UNIT) == exact
        assert stats == {
            "total_tests": count,
            "passed": passed,
            "failed": count - passed,
            "average_score": float(exact / count),
            "perfect_scores": perfect,
        }


def test_an_average_kept_as_a_mean_drifts():
    """The broken twin: without the integer total the same tests do not come out exactly."""
    dice = random.Random(7)
    mean, exact, wrong = 0.0, Fraction(0), 0
    for count in range(1, 1001):
        asked = dice.randint(1, 20)
        correct = dice.randint(0, asked)
        mean += (correct / asked - mean) / count
        exact += Fraction(correct, asked)
        wrong += mean != float(exact / count)
    assert wrong > 100


def test_the_collection_of_tests_has_its_ttl(database):
    index = database.verification_tests.index_information()["expires_at_ttl"]
    assert index["expireAfterSeconds"] == 0
    assert Goal.objects.collection.name == "goals"
