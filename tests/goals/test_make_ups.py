"""Make-up tests: a missed day, within 48 hours, once in 30 days (product.md, "Verification")."""

from datetime import timedelta

import pytest
import time_machine

from goals import make_ups, verification
from tests.goals.steps import (
    answers_of,
    error_rows,
    make_roadmap,
    noon,
    prove,
    stored,
    submit,
    url_of,
)
from tests.races import together


def day(number):
    return noon(number).date().isoformat()


def ask_for(client, goal, date):
    return client.post(url_of(goal) + "verifications/", {"date": date})


def possible(client, goal):
    return client.get(url_of(goal) + "today/").json()["make_up"]


@pytest.fixture
def clock():
    with time_machine.travel(noon(1)) as clock:
        yield clock


@pytest.fixture
def goal(clock, alice_api, a_goal, database):
    """Alice's goal: the first day is proved, the second missed, and it is the third."""
    goal = a_goal()
    make_roadmap(alice_api, goal)
    prove(alice_api, database, goal)
    clock.move_to(noon(3))
    return goal


def test_a_make_up_counts_for_its_day(alice_api, goal, database):
    until = noon(5).replace(hour=0).isoformat().replace("+00:00", "Z")
    assert possible(alice_api, goal) == {"date": day(2), "until": until}
    asked = ask_for(alice_api, goal, day(2))
    assert (asked.status_code, asked.json()["date"]) == (201, day(2))
    again = ask_for(alice_api, goal, day(2))
    assert (again.status_code, again.json()) == (200, asked.json())
    assert possible(alice_api, goal)["date"] == day(2)
    test_id = asked.json()["test_id"]
    done = submit(alice_api, goal, test_id, answers_of(database, test_id)).json()
    assert (done["date"], done["streak"], done["progress"]) == (day(2), 2, 6.67)
    kept = stored(database, goal)
    assert (kept["days_passed"], kept["daily_verifications"][-1]["date"]) == ([1, 2], day(2))
    stats = alice_api.get(url_of(goal) + "stats/").json()
    assert [each["state"] for each in stats["calendar"]][:3] == ["passed", "passed", "today"]
    assert possible(alice_api, goal) is None
    assert ask_for(alice_api, goal, day(2)).json()["code"] == "day_passed"
    assert prove(alice_api, database, goal)["streak"] == 3


def test_a_make_up_may_be_tried_three_times(alice_api, goal, database):
    for _ in range(3):
        test_id = ask_for(alice_api, goal, day(2)).json()["test_id"]
        submit(alice_api, goal, test_id, answers_of(database, test_id, 0))
    refused = ask_for(alice_api, goal, day(2))
    assert (refused.status_code, refused.json()["code"]) == (409, "attempts_used")
    assert possible(alice_api, goal) is None


def test_a_goal_has_one_in_30_days(alice_api, alice, client_of, goal, clock):
    assert ask_for(alice_api, goal, day(2)).status_code == 201
    clock.move_to(noon(4))
    assert possible(alice_api, goal)["date"] == day(2)  # which is not proved yet
    refused = ask_for(alice_api, goal, day(3))
    assert (refused.status_code, refused.json()["code"]) == (409, "make_up_used")
    assert day(32) in refused.json()["detail"]
    clock.move_to(noon(31))
    later = client_of(alice)
    assert possible(later, goal) is None
    clock.move_to(noon(32))
    assert possible(later, goal)["date"] == day(30)  # the roadmap's last
    assert ask_for(later, goal, day(30)).status_code == 201


@pytest.mark.parametrize(("hours", "status"), [(47, 201), (48, 409)])
def test_it_is_asked_for_within_48_hours_of_the_days_end(alice_api, goal, clock, hours, status):
    clock.move_to(noon(3).replace(hour=0) + timedelta(hours=hours))
    answer = ask_for(alice_api, goal, day(2))
    assert answer.status_code == status, answer.content
    assert status == 201 or answer.json()["code"] == "make_up_too_late"


@pytest.mark.parametrize(
    ("date", "status", "code"),
    [
        (day(4), 400, "in_future"),
        (day(-9), 400, "not_in_roadmap"),
        ("2026-02-30", 400, "invalid"),
        (None, 400, "null"),
        (5, 400, "invalid"),
    ],
)
def test_a_date_that_cannot_be_is_refused(alice_api, goal, date, status, code):
    refused = ask_for(alice_api, goal, date)
    assert (refused.status_code, error_rows(refused)) == (status, {("/date", code)})


def test_todays_date_asks_for_todays_test(alice_api, goal, database):
    asked = ask_for(alice_api, goal, day(3)).json()
    assert asked == alice_api.post(url_of(goal) + "verifications/", {}).json()
    assert stored(database, goal).get("make_up_date") is None


def test_a_day_that_was_passed_or_paused_is_not_made_up(alice_api, a_goal, goal, database, clock):
    assert ask_for(alice_api, goal, day(1)).json()["code"] == "day_passed"
    alice_api.patch(url_of(goal), {"status": "paused", "paused_until": day(4)})
    clock.move_to(noon(4))
    refused = ask_for(alice_api, goal, day(3))
    assert error_rows(refused) == {("/date", "not_missed")}
    assert possible(alice_api, goal)["date"] == day(2)
    bare = a_goal()
    assert ask_for(alice_api, bare, day(2)).json()["code"] == "no_roadmap"
    assert possible(alice_api, bare) is None


def test_it_gives_back_the_freeze_of_its_day(alice_api, a_goal, database, clock):
    goal = a_goal()
    make_roadmap(alice_api, goal)
    entries = [{"date": day(number), "passed": True} for number in range(-5, 2)]
    database.goals.update_one(
        {"id": goal["id"]},
        {"$set": {"daily_verifications": entries, "days_passed": [1]}, "$unset": {"freezes": 1}},
    )
    clock.move_to(noon(3))
    today = alice_api.get(url_of(goal) + "today/").json()
    assert (today["streak"], today["freezes"], today["make_up"]["date"]) == (7, 0, day(2))
    test_id = ask_for(alice_api, goal, day(2)).json()["test_id"]
    submit(alice_api, goal, test_id, answers_of(database, test_id))
    today = alice_api.get(url_of(goal) + "today/").json()
    assert (today["streak"], today["freezes"]) == (8, 1)


def test_of_two_days_at_once_one_is_made_up(alice, client_of, goal, database, clock):
    clock.move_to(noon(4))
    clients = [client_of(alice) for _ in range(8)]
    answers = together(8, lambda n: ask_for(clients[n], goal, day(2 + n % 2)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes[0] in (200, 201)
    assert codes.count(201) == 1
    assert codes.count(409) == 4
    (test,) = database.verification_tests.find({"goal_id": goal["id"], "date": {"$ne": day(1)}})
    assert stored(database, goal)["make_up_date"] == test["date"]


def test_of_two_days_at_once_both_are_without_the_claim(alice, goal, database, clock, monkeypatch):
    """The broken twin: the goal as it was read says that the make-up is not used."""
    clock.move_to(noon(4))
    monkeypatch.setattr(make_ups, "claim", lambda goal, day: True)
    acts = [
        verification.prepare(user=alice, goal_id=goal["id"], date=noon(number).date())
        for number in (2, 3)
    ]
    assert [is_new for _, is_new in (act() for act in acts)] == [True, True]
