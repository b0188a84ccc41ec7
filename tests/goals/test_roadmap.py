"""Making a roadmap, the first and anew."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from bson import encode

from goals import briefs, roadmap, standing
from goals.coach.interface import PlannedDay
from goals.models import Goal
from tests.contract.goal_document import assert_is_documented
from tests.goals.steps import (
    answers_of,
    ask,
    error_rows,
    make_roadmap,
    midnight,
    noon,
    prove,
    stored,
    submit,
    url_of,
)
from tests.races import together


def assert_is_whole(made, first, total, minutes):
    """Consecutive days from `first`, each within the minutes."""
    assert made["total_days"] == len(made["days"]) == total
    for number, day in enumerate(made["days"]):
        assert day["day"] == number + 1
        assert day["date"] == (first + timedelta(days=number)).isoformat()
        assert 0 < sum(task["duration_minutes"] for task in day["tasks"]) <= minutes
        for task in day["tasks"]:
            assert all(link.startswith("https://") for link in task["resources"])


@pytest.mark.parametrize("minutes", [10, 45, 60, 240])
def test_every_day_is_within_the_minutes(alice_api, a_goal, minutes):
    with time_machine.travel(noon(1)):
        goal = a_goal(target_date=midnight(31))
        made = make_roadmap(alice_api, goal, minutes_per_day=minutes)
    assert_is_whole(made, noon(1).date(), 30, minutes)


def test_the_seeds_thirty_days():
    """1-doit.md: made 2026-02-07 for 2026-03-09, the roadmap has 30 days."""
    goal = {"target_date": datetime(2026, 3, 9, tzinfo=UTC), "roadmap": None}
    first, total, kept = roadmap._frame(goal, date(2026, 2, 7))
    assert (first, total, kept) == (date(2026, 2, 7), 30, ())


def test_one_day_is_the_least(alice_api, a_goal):
    with time_machine.travel(noon(1)):
        made = make_roadmap(alice_api, a_goal(target_date=midnight(2)))
    assert_is_whole(made, noon(1).date(), 1, 60)


def test_the_roadmap_is_what_is_stored_and_shown(alice_api, a_goal, database):
    goal = a_goal()
    response = alice_api.post(url_of(goal) + "roadmap/", {})
    assert response.status_code == 201
    assert response.headers["Location"].endswith(url_of(goal) + "roadmap/")
    assert stored(database, goal)["roadmap"] == response.json()
    assert alice_api.get(url_of(goal) + "roadmap/").json() == response.json()
    assert alice_api.get(url_of(goal)).json()["roadmap"] == response.json()


def test_no_roadmap_yet(alice_api, a_goal):
    response = alice_api.get(url_of(a_goal()) + "roadmap/")
    assert (response.status_code, response.json()["code"]) == (404, "no_roadmap")


@pytest.mark.parametrize(
    ("options", "row"),
    [
        ({"minutes_per_day": 9}, ("/minutes_per_day", "min_value")),
        ({"minutes_per_day": 241}, ("/minutes_per_day", "max_value")),
        ({"minutes_per_day": "many"}, ("/minutes_per_day", "invalid")),
        ({"minutes_per_day": None}, ("/minutes_per_day", "null")),
        ({"instructions": "x" * 2001}, ("/instructions", "max_length")),
        ({"days": 3}, ("/days", "unknown_field")),
    ],
)
def test_options_that_cannot_be_are_refused(alice_api, a_goal, database, options, row):
    goal = a_goal()
    response = alice_api.post(url_of(goal) + "roadmap/", options)
    assert response.status_code == 400
    assert error_rows(response) == {row}
    assert stored(database, goal)["roadmap"] is None


def test_after_the_target_date_none_is_made(alice, client_of, alice_api, a_goal, database):
    goal = a_goal(target_date=midnight(3))
    before = make_roadmap(alice_api, goal)
    for late in (3, 30):
        with time_machine.travel(noon(late)):
            response = client_of(alice).post(url_of(goal) + "roadmap/", {})
        assert (response.status_code, response.json()["code"]) == (409, "target_date_passed")
    assert stored(database, goal)["roadmap"] == before


def test_anew_keeps_past_and_passed_and_replaces_what_lies_ahead(alice_api, a_goal, database):
    with time_machine.travel(noon(1)) as clock:
        goal = a_goal(target_date=midnight(31))
        old = make_roadmap(alice_api, goal, minutes_per_day=60)
        prove(alice_api, database, goal)  # day 1; day 2 is missed
        clock.move_to(noon(3))
        prove(alice_api, database, goal)  # day 3, today
        new = make_roadmap(alice_api, goal, minutes_per_day=20)
    assert new["days"][:3] == old["days"][:3]
    assert all(sum(t["duration_minutes"] for t in day["tasks"]) <= 20 for day in new["days"][3:])
    assert_is_whole(new, noon(1).date(), 30, 60)
    after = stored(database, goal)
    assert after["days_passed"] == [1, 3]
    assert after["progress"] == 6.67
    assert_is_documented(after)


def test_anew_brings_back_at_once_what_was_failed(alice_api, a_goal, database):
    with time_machine.travel(noon(1)) as clock:
        goal = a_goal(title="Learn Python", target_date=midnight(31))
        made = make_roadmap(alice_api, goal, minutes_per_day=45)
        prove(alice_api, database, goal, 0)
        document = stored(database, goal)
        topics = document["plan"]["topics"][0]
        assert briefs.failed_topics(document, briefs.planned_days(document)[:1]) == set(topics)
        clock.move_to(noon(2))
        new = make_roadmap(alice_api, goal)
    assert made["days"][1] != new["days"][1]
    assert any(task["task"].startswith("Review: ") for task in new["days"][1]["tasks"])
    assert_is_whole(new, noon(1).date(), 30, 45)


def test_what_was_failed_long_ago_or_ahead_is_left_to_the_usual_reviews():
    days = tuple(
        PlannedDay(n, date(2026, 3, 1) + timedelta(days=n), "", (), "", (f"python/{n}",))
        for n in range(40)
    )
    dates = [days[n].date.isoformat() for n in (2, 20, 38)]
    entries = [{"date": text, "passed": False} for text in dates]
    entries.append({"date": days[30].date.isoformat(), "passed": True})
    assert briefs.failed_topics({"daily_verifications": entries}, days[:38]) == {"python/20"}
    assert briefs.failed_topics({"daily_verifications": entries}, ()) == frozenset()


def test_anew_replaces_a_today_not_passed(alice_api, a_goal, database):
    with time_machine.travel(noon(1)):
        goal = a_goal(target_date=midnight(31))
        make_roadmap(alice_api, goal, minutes_per_day=240)
        prove(alice_api, database, goal, 0)
        new = make_roadmap(alice_api, goal, minutes_per_day=15)
    assert_is_whole(new, noon(1).date(), 30, 15)


def test_anew_uses_the_minutes_of_the_last_one(alice_api, a_goal):
    goal = a_goal()
    make_roadmap(alice_api, goal, minutes_per_day=25)
    again = make_roadmap(alice_api, goal)
    assert all(sum(t["duration_minutes"] for t in day["tasks"]) <= 25 for day in again["days"])


def test_a_longer_and_a_shorter_target_keep_the_first_date(alice_api, a_goal, database):
    with time_machine.travel(noon(1)) as clock:
        goal = a_goal(target_date=midnight(11))
        make_roadmap(alice_api, goal)
        clock.move_to(noon(4))
        prove(alice_api, database, goal)
        for end in (41, 8):
            alice_api.patch(url_of(goal), {"target_date": midnight(end)})
            new = make_roadmap(alice_api, goal)
            assert_is_whole(new, noon(1).date(), end - 1, 60)
    after = stored(database, goal)
    assert (after["days_passed"], after["progress"]) == ([4], 14.29)


def test_a_completed_goal_made_longer_is_active_again(alice_api, a_goal, database):
    with time_machine.travel(noon(1)) as clock:
        goal = a_goal(target_date=midnight(2))
        make_roadmap(alice_api, goal)
        prove(alice_api, database, goal)
        assert stored(database, goal)["status"] == "completed"
        alice_api.patch(url_of(goal), {"target_date": midnight(5)})
        clock.move_to(noon(2))
        make_roadmap(alice_api, goal)
    after = stored(database, goal)
    assert (after["status"], after["completed_at"], after["progress"]) == ("active", None, 25.0)


def test_a_year_of_four_hours_stays_under_600_kb(alice_api, a_goal, database):
    with time_machine.travel(noon(1)):
        goal = a_goal(target_date=midnight(366))
        made = make_roadmap(alice_api, goal, minutes_per_day=240)
    assert_is_whole(made, noon(1).date(), 365, 240)
    assert len(encode(stored(database, goal))) < 600_000


def test_makes_and_submissions_at_once_keep_both_effects(alice, client_of, a_goal, database):
    goal = a_goal()
    clients = [client_of(alice) for _ in range(8)]
    make_roadmap(clients[0], goal, minutes_per_day=60)
    test_id = ask(clients[0], goal)["test_id"]
    answers = answers_of(database, test_id)

    def act(number):
        if number % 2:
            return submit(clients[number], goal, test_id, answers)
        options = {"minutes_per_day": 20 + number}
        return clients[number].post(url_of(goal) + "roadmap/", options)

    outcomes = together(8, act)
    assert {outcome.status_code for outcome in outcomes[1::2]} == {200}
    assert {outcome.status_code for outcome in outcomes[::2]} <= {201, 409}
    made = [outcome.json() for outcome in outcomes[::2] if outcome.status_code == 201]
    after = stored(database, goal)
    assert after["roadmap"] in made
    assert after["days_passed"] == [1]
    assert after["progress"] == 3.33
    assert len(after["daily_verifications"]) == 1
    assert after["version"] == 2 + len(made)
    assert_is_documented(after)


def test_makes_at_once_without_the_guard_lose_the_submission(alice, alice_api, a_goal, database):
    """The broken twin: what was read is written back, whatever happened since."""
    goal = a_goal()
    make_roadmap(alice_api, goal)
    test_id = ask(alice_api, goal)["test_id"]
    answers = answers_of(database, test_id)
    everyone_has_read, submitted = threading.Barrier(8, timeout=30), threading.Event()

    def act(number):
        read = Goal.objects.own(alice, goal["id"], {"messages": 0})
        everyone_has_read.wait()
        if number == 0:
            assert submit(alice_api, goal, test_id, answers).status_code == 200
            return submitted.set()
        first, total, kept = roadmap._frame(read, alice.today())
        plan = roadmap._plan(alice, read, first, total, kept, 20 + number, "")
        assert submitted.wait(30)
        passed = standing.days_passed(read)
        change = {
            "roadmap.days": [briefs.day_document(day) for day in plan.days],
            "days_passed": passed,
            "progress": standing.progress(len(passed), total),
        }
        return database.goals.update_one({"id": goal["id"]}, {"$set": change})

    together(8, act)
    assert stored(database, goal)["days_passed"] == []


def test_a_roadmap_of_another_person_is_404(bob_api, a_goal, database):
    goal = a_goal()
    assert bob_api.post(url_of(goal) + "roadmap/", {}).status_code == 404
    assert stored(database, goal)["roadmap"] is None
