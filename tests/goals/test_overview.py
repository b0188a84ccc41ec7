"""Today, statistics and the timeline: what a person sees of their goals."""

import time_machine

from tests.goals.steps import ask, make_roadmap, midnight, noon, prove, url_of


def today(client, goal):
    response = client.get(url_of(goal) + "today/")
    assert response.status_code == 200, response.content
    return response.json()


def test_today_without_a_roadmap(alice_api, a_goal):
    with time_machine.travel(noon(1)):
        assert today(alice_api, a_goal()) == {
            "date": noon(1).date().isoformat(),
            "day": None,
            "carries": [],
            "verification": {"state": "none", "attempts_left": 0, "test_id": None},
            "streak": 0,
            "freezes": 0,
            "make_up": None,
            "progress": 0.0,
            "pace": {
                "days_due": 0,
                "days_passed": 0,
                "days_behind": 0,
                "projected_end": None,
            },
        }


def test_today_through_its_states(alice_api, a_goal, database):
    with time_machine.travel(noon(1)):
        goal = a_goal()
        made = make_roadmap(alice_api, goal)

        def state():
            return today(alice_api, goal)["verification"]

        assert today(alice_api, goal)["day"] == made["days"][0]
        assert state() == {"state": "due", "attempts_left": 3, "test_id": None}
        for left in (3, 2):
            test_id = ask(alice_api, goal)["test_id"]
            assert state() == {"state": "open", "attempts_left": left, "test_id": test_id}
            prove(alice_api, database, goal, 0)
            assert state() == {"state": "due", "attempts_left": left - 1, "test_id": None}
        prove(alice_api, database, goal)
        assert state() == {"state": "passed", "attempts_left": 0, "test_id": None}
        assert (today(alice_api, goal)["streak"], today(alice_api, goal)["progress"]) == (1, 3.33)


def test_today_with_all_attempts_used(alice_api, a_goal, database):
    goal = a_goal()
    make_roadmap(alice_api, goal)
    for _ in range(3):
        prove(alice_api, database, goal, 0)
    state = {"state": "attempts_used", "attempts_left": 0, "test_id": None}
    assert today(alice_api, goal)["verification"] == state


def test_today_after_the_end_is_the_earliest_day_left_until_none_is(
    alice_api, alice, client_of, a_goal, database
):
    with time_machine.travel(noon(1)) as clock:
        goal = a_goal(target_date=midnight(3))
        made = make_roadmap(alice_api, goal)
        prove(alice_api, database, goal)
        clock.move_to(noon(9))
        client = client_of(alice)
        assert today(client, goal)["day"] == made["days"][1]
        assert today(client, goal)["verification"]["state"] == "due"
        assert today(client, goal)["pace"] == {
            "days_due": 2,
            "days_passed": 1,
            "days_behind": 1,
            "projected_end": noon(16).date().isoformat(),  # one more in eight days, as before
        }
        prove(client, database, goal)
        clock.move_to(noon(10))
        assert today(client, goal)["day"] is None
        assert today(client, goal)["verification"]["state"] == "none"
        assert today(client, goal)["progress"] == 100.0


def test_an_expired_test_is_not_open(alice_api, a_goal, database):
    goal = a_goal()
    make_roadmap(alice_api, goal)
    ask(alice_api, goal)
    past = noon(-1)
    database.verification_tests.update_one({}, {"$set": {"expires_at": past}})
    assert today(alice_api, goal)["verification"]["state"] == "due"


def test_the_calendar_and_pace_of_a_goal(alice_api, a_goal, database):
    with time_machine.travel(noon(1)) as clock:
        goal = a_goal(target_date=midnight(6))
        made = make_roadmap(alice_api, goal)
        prove(alice_api, database, goal)
        clock.move_to(noon(3))
        stats = alice_api.get(url_of(goal) + "stats/").json()
        states = [day.pop("state") for day in stats["calendar"]]
        assert states == ["passed", "missed", "today", "ahead", "ahead"]
        shown = ("day", "date", "title")
        assert stats["calendar"] == [{name: day[name] for name in shown} for day in made["days"]]
        assert stats["pace"] == {
            "days_due": 2,
            "days_passed": 1,
            "days_behind": 1,
            "projected_end": noon(10).date().isoformat(),
        }
        assert (stats["streak"], stats["progress"]) == (0, 20.0)
        assert stats["verification_stats"]["total_tests"] == 1


def test_my_stats_are_over_all_goals(alice_api, bob_api, a_goal, database):
    assert alice_api.get("/api/v1/me/stats/").json() == {
        "goals": {"active": 0, "paused": 0, "completed": 0, "abandoned": 0},
        "days_passed": 0,
        "best_streak": 0,
        "verification_stats": None,
    }
    with time_machine.travel(noon(1)) as clock:
        a_goal(client=bob_api)
        short, long = a_goal(target_date=midnight(2)), a_goal(title="Long")
        gone = a_goal(title="Gone")
        alice_api.patch(url_of(gone), {"status": "abandoned"})
        for goal in (short, long):
            make_roadmap(alice_api, goal)
        prove(alice_api, database, short)
        prove(alice_api, database, long, 0)
        prove(alice_api, database, long, 4)
        clock.move_to(noon(2))
        prove(alice_api, database, long)
        assert alice_api.get("/api/v1/me/stats/").json() == {
            "goals": {"active": 1, "paused": 0, "completed": 1, "abandoned": 1},
            "days_passed": 3,
            "best_streak": 2,
            "verification_stats": {
                "total_tests": 4,
                "passed": 3,
                "failed": 1,
                "average_score": 0.7,
                "perfect_scores": 2,
            },
        }


def test_the_timeline_is_newest_first_by_pages(alice_api, bob_api, a_goal, database):
    a_goal(client=bob_api)
    with time_machine.travel(noon(1)) as clock:
        goal = a_goal(target_date=midnight(2))
        make_roadmap(alice_api, goal)
        prove(alice_api, database, goal, 0)
        clock.shift(60)
        prove(alice_api, database, goal)
        clock.shift(60)
        for number in range(8):
            clock.shift(1)
            a_goal(title=f"Goal {number}")
        rows, url = [], "/api/v1/me/timeline/?limit=5"
        sizes = []
        while url:
            page = alice_api.get(url).json()
            rows += page["results"]
            sizes.append(len(page["results"]))
            url = page["next"]
    assert sizes == [5, 5, 2]
    assert [row["title"] for row in rows[:8]] == [f"Goal {number}" for number in range(7, -1, -1)]
    assert {row["kind"] for row in rows[8:10]} == {"goal_completed", "verification_passed"}
    assert [row["kind"] for row in rows[10:]] == ["verification_failed", "goal_created"]
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    assert all(row["at"].endswith("Z") for row in rows)
    assert rows[10]["score"] == 0.0


def test_an_unknown_parameter_or_a_bad_cursor_is_400(alice_api):
    for query, code in (
        ("?page=2", "unknown_parameter"),
        ("?cursor=none", "invalid_cursor"),
        ("?limit=0", "invalid_input"),
        ("?limit=101", "invalid_input"),
        ("?limit=x", "invalid_input"),
    ):
        for path in ("goals/", "me/timeline/"):
            response = alice_api.get(f"/api/v1/{path}{query}")
            assert (response.status_code, response.json()["code"]) == (400, code)
