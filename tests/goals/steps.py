"""What the tests of goals do over and over: prove days, act at once, wait for MongoDB."""

import threading
import time
from datetime import UTC, datetime, timedelta

from goals import job_runner, jobs

STARTED = datetime.now(UTC)


def answers_of(database, test_id, right=None):
    """The answers of a stored test, the first `right` of them correct (all, when None)."""
    questions = database.verification_tests.find_one({"id": test_id})["questions"]
    right = len(questions) if right is None else right
    return {
        question["id"]: question["answer"] if number < right else (question["answer"] + 1) % 4
        for number, question in enumerate(questions)
    }


def url_of(goal):
    return f"/api/v1/goals/{goal['id']}/"


def ask(client, goal):
    """The test of today, as the API showed it."""
    response = client.post(url_of(goal) + "verifications/", {})
    assert response.status_code in (200, 201), response.content
    return response.json()


def submit(client, goal, test_id, answers):
    return client.post(f"{url_of(goal)}verifications/{test_id}/answers/", {"answers": answers})


def prove(client, database, goal, right=None):
    """Ask for today's test and submit it, `right` answers correct; the result."""
    test = ask(client, goal)
    response = submit(client, goal, test["test_id"], answers_of(database, test["test_id"], right))
    assert response.status_code == 200, response.content
    return response.json()


def make_roadmap(client, goal, **options):
    """The roadmap; where the coach is slow its job is done here."""
    response = client.post(url_of(goal) + "roadmap/", options)
    if response.status_code == 202:
        assert finish(client, response)["state"] == "done"
        return client.get(url_of(goal) + "roadmap/").json()
    assert response.status_code == 201, response.content
    return response.json()


def finish(client, accepted):
    """Do the job of a 202, as a runner would; the job, as the API shows it then."""
    job_runner.work(jobs.take(accepted.json()["id"]))
    return client.get(accepted.headers["Location"]).json()


def stored(database, goal):
    return database.goals.find_one({"id": goal["id"]})


def until(condition, seconds=10):
    """The first true value of condition(), polled."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        pause.wait(0.02)
    return value


def noon(days=1):
    """Noon in UTC so many days after the tests began, however the clock was moved since."""
    day = STARTED + timedelta(days=days)
    return day.replace(hour=12, minute=0, second=0, microsecond=0)


def midnight(days):
    """The beginning of that day in UTC, as a body has it."""
    return noon(days).replace(hour=0).isoformat()


def error_rows(response):
    return {(row["pointer"], row["code"]) for row in response.json().get("errors", ())}
