"""Re-planning: what was missed is carried into days ahead, whole or not at all."""

import pytest
import time_machine

from doit_site.api.idempotency import Outdated
from goals import carrying, replanning, standing
from tests.contract.goal_document import DAY, ROADMAP, differences
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
from tests.problem_details import assert_problem
from tests.races import together


def replan(client, goal, **options):
    return client.post(url_of(goal) + "replan/", options)


def replanned(client, goal, **options):
    response = replan(client, goal, **options)
    assert response.status_code == 200, response.content
    return response.json()


def today(client, goal):
    return client.get(url_of(goal) + "today/").json()


def minutes(day):
    return sum(task["duration_minutes"] for task in day["tasks"])


def texts(day):
    return [task["task"] for task in day["tasks"]]


@pytest.fixture
def missed(alice_api, a_goal, database):
    """missed(passed=2, then=1): a goal of 30 days on the day after so many were passed and missed."""
    with time_machine.travel(noon(1)) as clock:

        def go_to(day):
            database.sessions.update_many({}, {"$set": {"expires_at": noon(day + 1)}})
            clock.move_to(noon(day))  # signed in, however far that is

        def begin(passed=2, then=1, minutes_per_day=60):
            goal = a_goal(title="Learn Python", target_date=midnight(31))
            make_roadmap(alice_api, goal, minutes_per_day=minutes_per_day)
            for day in range(1, passed + 1):
                go_to(day)
                prove(alice_api, database, goal)
            go_to(passed + then + 1)
            return goal

        begin.go_to = go_to  # type: ignore[attr-defined]
        yield begin


def carrying_days(document):
    """{number of the day ahead: the missed days that it carries}."""
    return {n: c for n, c in enumerate(document["plan"]["carries"], 1) if c}


def all_carried(document):
    return sorted(one for numbers in carrying_days(document).values() for one in numbers)


def test_missed_tasks_are_carried_within_the_minutes(alice_api, missed, database):
    goal = missed(then=2)
    before = stored(database, goal)
    made = replanned(alice_api, goal)
    after = stored(database, goal)
    assert made == after["roadmap"] == alice_api.get(url_of(goal) + "roadmap/").json()
    assert differences(made, ROADMAP, "roadmap") == []
    old = before["roadmap"]["days"]
    assert made["days"][:4] == old[:4]  # history stays true
    assert [day["date"] for day in made["days"]] == [day["date"] for day in old]
    assert all(minutes(day) <= 60 for day in made["days"])
    assert sum(map(minutes, made["days"])) == sum(map(minutes, old)) + sum(map(minutes, old[2:4]))
    ahead = [text for day in made["days"][4:] for text in texts(day)]
    for task in (task for day in old[2:4] for task in day["tasks"]):
        assert any(text.startswith(task["task"][:400]) for text in ahead)
    for day in made["days"][4:]:  # none of its own is lost
        assert set(texts(old[day["day"] - 1])) <= set(texts(day))
    assert all_carried(after) == [3, 4]
    assert after["version"] == before["version"] + 1
    assert after["days_passed"] == before["days_passed"] == [1, 2]
    assert after["progress"] == before["progress"]


def test_again_it_changes_nothing(alice_api, missed, database):
    goal = missed()
    made = replanned(alice_api, goal)
    before = stored(database, goal)
    assert replanned(alice_api, goal) == made
    assert stored(database, goal) == before


def test_with_nothing_missed_it_changes_nothing(alice_api, missed, database):
    goal = missed(then=0)
    before = stored(database, goal)
    assert replanned(alice_api, goal) == before["roadmap"]
    assert stored(database, goal) == before


def test_passing_a_day_passes_what_it_carries(alice_api, missed, database):
    goal = missed()
    replanned(alice_api, goal)
    (carrier, numbers), *others = carrying_days(stored(database, goal)).items()
    assert (numbers, others) == ([3], [])
    missed.go_to(carrier)
    shown = today(alice_api, goal)
    assert shown["day"]["day"] == carrier
    (carried,) = shown["carries"]
    assert carried == {
        name: stored(database, goal)["roadmap"]["days"][2][name]
        for name in ("day", "date", "title", "tasks")
    }
    test = ask(alice_api, goal)
    document = database.verification_tests.find_one({"id": test["test_id"]})
    assert document["days"] == [carrier, 3]
    failed = answers_of(database, test["test_id"], 0)
    assert submit(alice_api, goal, test["test_id"], failed).json()["passed"] is False
    assert stored(database, goal)["days_passed"] == [1, 2]
    result = prove(alice_api, database, goal)
    assert stored(database, goal)["days_passed"] == [1, 2, 3, carrier]
    assert result["progress"] == 13.33
    assert today(alice_api, goal)["carries"] == []


def test_a_missed_day_that_carried_moves_everything_on(alice_api, missed, database):
    goal = missed()
    replanned(alice_api, goal)
    carrier = max(carrying_days(stored(database, goal)))
    missed.go_to(carrier + 1)
    made = replanned(alice_api, goal, minutes_per_day=120)
    after = stored(database, goal)
    assert all(minutes(day) <= 120 for day in made["days"])
    ahead = carrying.stored(after["plan"])
    counted = [piece for piece in ahead if piece.on > carrier]
    own = after["roadmap"]["days"]
    for number in range(3, carrier + 1):
        pieces = [piece for piece in counted if piece.day == number]
        tasks = carrying.own_tasks(own[number - 1], ahead)
        assert sum(piece.minutes for piece in pieces) == sum(t["duration_minutes"] for t in tasks)
    carried = [one for n, c in carrying_days(after).items() if n > carrier for one in c]
    assert sorted(carried) == list(range(3, carrier + 1))


def test_progress_reaches_100_by_the_days_that_carry(alice_api, a_goal, database):
    with time_machine.travel(noon(1)) as clock:
        goal = a_goal(target_date=midnight(11))
        make_roadmap(alice_api, goal, minutes_per_day=60)
        for day in range(1, 11):
            clock.move_to(noon(day))
            if day == 2:
                continue
            if day == 3:
                replanned(alice_api, goal)
            result = prove(alice_api, database, goal)
    assert result["progress"] == 100.0
    assert stored(database, goal)["status"] == "completed"


def test_without_room_it_says_so_and_changes_nothing(alice_api, missed, database):
    goal = missed(passed=1, then=20)
    before = stored(database, goal)
    problem = assert_problem(replan(alice_api, goal), 409, "no_room")
    lost = sum(map(minutes, before["roadmap"]["days"][1:21]))
    assert f"20 missed days of {lost} minutes in all" in problem["detail"]
    assert "9 days ahead of 60 minutes each" in problem["detail"]
    assert stored(database, goal) == before


def test_what_would_help_helps(alice_api, missed, database):
    goal = missed(passed=1, then=8)
    with_minutes, *_ = carrying_by_words(assert_problem(replan(alice_api, goal), 409, "no_room"))
    assert_problem(replan(alice_api, goal, minutes_per_day=with_minutes - 5), 409, "no_room")
    made = replanned(alice_api, goal, minutes_per_day=with_minutes)
    assert all(minutes(day) <= with_minutes for day in made["days"])
    after = stored(database, goal)
    assert after["plan"]["minutes_per_day"] == with_minutes
    assert len(all_carried(after)) == 8


def test_a_later_target_date_that_is_suggested_helps(alice_api, missed, database):
    goal = missed(passed=1, then=10)
    *_, later = carrying_by_words(assert_problem(replan(alice_api, goal), 409, "no_room"))
    alice_api.patch(url_of(goal), {"target_date": f"{later}T00:00:00Z"})
    made = replanned(alice_api, goal)
    after = stored(database, goal)
    assert made["days"][-1]["date"] < later
    assert after["roadmap_outdated"] is False
    assert len(all_carried(after)) == 10
    assert all(minutes(day) <= 60 for day in made["days"])
    assert made["days"][:11] == stored(database, goal)["roadmap"]["days"][:11]


def carrying_by_words(problem):
    """(minutes a day, target date) of the detail of `no_room`."""
    words = problem["detail"].replace(",", "").rstrip(".").split()
    return int(words[words.index("minutes_per_day") + 1]), words[-1]


def test_an_outdated_roadmap_is_made_anew_ahead_and_carries_too(alice_api, missed, database):
    goal = missed(then=2)
    old = stored(database, goal)["roadmap"]["days"]
    alice_api.patch(url_of(goal), {"target_date": midnight(41)})
    made = replanned(alice_api, goal)
    assert made["total_days"] == len(made["days"]) == 40
    assert made["days"][:4] == old[:4]
    after = stored(database, goal)
    assert after["roadmap_outdated"] is False
    assert all_carried(after) == [3, 4]
    assert all(minutes(day) <= 60 for day in made["days"])
    assert all(differences(day, DAY, "day") == [] for day in made["days"])


def test_fewer_minutes_make_the_days_ahead_anew(alice_api, missed):
    goal = missed()
    made = replanned(alice_api, goal, minutes_per_day=40)
    assert all(minutes(day) <= 40 for day in made["days"][3:])


def test_a_new_roadmap_carries_what_fits_and_names_the_rest(alice_api, missed, database):
    goal = missed(passed=1, then=20)
    made = make_roadmap(alice_api, goal)
    after = stored(database, goal)
    carried = all_carried(after)
    left = [number for number in range(2, 22) if number not in carried]
    assert carried
    assert left
    assert f"missed on days {', '.join(map(str, left))}: it can be proved" in made["summary"]
    assert all(minutes(day) <= 60 for day in made["days"])


def test_after_the_target_date_it_is_refused_and_days_are_proved_one_a_day(
    alice, client_of, alice_api, a_goal, database
):
    with time_machine.travel(noon(1)) as clock:
        goal = a_goal(target_date=midnight(4))
        make_roadmap(alice_api, goal)
        clock.move_to(noon(6))
        client = client_of(alice)
        before = stored(database, goal)
        assert_problem(replan(client, goal), 409, "target_date_passed")
        assert stored(database, goal) == before
        for day, progress in ((6, 33.33), (7, 66.67), (8, 100.0)):
            clock.move_to(noon(day))
            assert prove(client_of(alice), database, goal)["progress"] == progress


def test_when_all_is_passed_there_is_nothing_to_re_plan(alice_api, a_goal, database):
    with time_machine.travel(noon(1)) as clock:
        goal = a_goal(target_date=midnight(2))
        made = make_roadmap(alice_api, goal)
        prove(alice_api, database, goal)
        clock.move_to(noon(3))
        assert replanned(alice_api, goal) == made


def test_what_cannot_be_is_refused(alice_api, bob_api, a_goal):
    goal = a_goal()
    assert_problem(replan(alice_api, goal), 409, "no_roadmap")
    assert_problem(replan(bob_api, goal), 404, "not_found")
    for options, row in (
        ({"minutes_per_day": 241}, ("/minutes_per_day", "max_value")),
        ({"draft_id": "x", "preview": True}, ("/draft_id", "alone")),
        ({"instructions": "x"}, ("/instructions", "unknown_field")),
    ):
        response = replan(alice_api, goal, **options)
        assert (response.status_code, error_rows(response)) == (400, {row})


def test_a_roadmap_of_another_program_is_re_planned(alice, alice_api, a_goal, database):
    goal = a_goal(target_date=midnight(10))
    days = [
        {
            "day": n,
            "date": noon(n - 3).date().isoformat(),
            "title": f"Lesson {n}",
            "tasks": [{"task": f"Page {n}", "duration_minutes": 25, "note": "ours"}],
            "tips": "",
            "colour": "red",
        }
        for n in range(1, 13)
    ]
    theirs = {"total_days": 12, "summary": "", "days": days, "author": "somebody"}
    database.goals.update_one({"id": goal["id"]}, {"$set": {"roadmap": theirs}})
    made = replanning.prepare(user=alice, goal_id=goal["id"])()
    part = "Page 2 (the first 10 of 25 minutes)"
    assert texts(made["days"][2]) == ["Page 1", part, "Page 3"]
    assert made["days"][2]["colour"] == "red"
    assert made["days"][2]["tasks"][0]["note"] == "ours"
    assert made["author"] == "somebody"


# Many at once


def test_re_plannings_and_submissions_at_once_leave_a_whole_roadmap(
    alice, client_of, missed, database
):
    goal = missed(then=2)
    clients = [client_of(alice) for _ in range(64)]
    test_id = ask(clients[0], goal)["test_id"]
    answers = answers_of(database, test_id)
    before = stored(database, goal)

    def act(number):
        if number % 8 == 0:
            return submit(clients[number], goal, test_id, answers)
        return replan(clients[number], goal)

    outcomes = together(64, act)
    assert {outcome.status_code for outcome in outcomes[::8]} == {200}
    assert {outcome.status_code for outcome in outcomes} <= {200, 409}
    after = stored(database, goal)
    assert after["days_passed"] == [1, 2, 5]
    assert len(after["daily_verifications"]) == 3
    assert_is_whole(before, after)


def assert_is_whole(before, after):
    """Every missed task is ahead exactly once, and every day within its minutes."""
    days, pieces = after["roadmap"]["days"], carrying.stored(after["plan"])
    assert all(minutes(day) <= 60 for day in days)
    own = [carrying.own_tasks(day, pieces) for day in days]
    assert own == [day["tasks"] for day in before["roadmap"]["days"]]
    for number in (3, 4):
        mine = [piece.minutes for piece in pieces if piece.day == number]
        assert sum(mine) == minutes(days[number - 1])


def test_re_planning_in_two_writes_leaves_a_goal_that_is_not_whole(alice, missed, database):
    """The broken twin: roadmap and plan apart, so that who comes in between carries twice."""
    goal = missed(then=2)
    before = stored(database, goal)

    def half():
        proposal = replanning.propose(user=alice, goal_id=goal["id"])
        database.goals.update_one(
            {"id": goal["id"]}, {"$set": {"roadmap.days": proposal.roadmap["days"]}}
        )
        return proposal

    first = half()
    half()
    database.goals.update_one({"id": goal["id"]}, {"$set": {"plan": first.change["plan"]}})
    with pytest.raises(AssertionError):
        assert_is_whole(before, stored(database, goal))


def test_what_was_planned_before_a_pass_is_planned_anew(alice, alice_api, missed, database):
    goal = missed()
    store = replanning.prepare(user=alice, goal_id=goal["id"])
    prove(alice_api, database, goal)
    with pytest.raises(Outdated):
        store()
    assert (
        "pieces" not in stored(database, goal)["plan"]
        or carrying_days(stored(database, goal)) == {}
    )
    made = replanning.prepare(user=alice, goal_id=goal["id"])()
    assert made["days"][3] == stored(database, goal)["roadmap"]["days"][3]
    assert standing.carries(stored(database, goal), 4) == []  # today is passed, and carries nothing


def test_a_retry_with_the_same_key_answers_the_same(alice_api, missed, database):
    goal = missed()
    key = {"HTTP_IDEMPOTENCY_KEY": "k"}
    first = alice_api.post(url_of(goal) + "replan/", {}, **key)
    version = stored(database, goal)["version"]
    again = alice_api.post(url_of(goal) + "replan/", {}, **key)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert stored(database, goal)["version"] == version
