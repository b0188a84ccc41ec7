"""Pausing a goal: product.md, "Goals". What a pause does to the streak is in test_streak_histories.py."""

import pytest
import time_machine

from goals.upkeep import refresh_streaks
from tests.goals.steps import error_rows, make_roadmap, noon, prove, stored, url_of


def day(number):
    return noon(number).date().isoformat()


def pause(client, goal, until, **more):
    return client.patch(url_of(goal), {"status": "paused", "paused_until": until, **more})


def shown(client, goal):
    """(status, paused_until) wherever the API shows them."""
    whole = client.get(url_of(goal)).json()
    (row,) = client.get("/api/v1/goals/").json()["results"]
    for each in (whole, row):
        assert "pauses" not in each
        assert "freezes" not in each
    assert (whole["status"], whole["paused_until"]) == (row["status"], row["paused_until"])
    counts = client.get("/api/v1/me/stats/").json()["goals"]
    assert [name for name, count in counts.items() if count] == [row["status"]]
    return row["status"], row["paused_until"]


@pytest.mark.parametrize(
    ("body", "row"),
    [
        ({"status": "paused"}, ("/paused_until", "required")),
        ({"status": "paused", "paused_until": None}, ("/paused_until", "required")),
        ({"status": "paused", "paused_until": "soon"}, ("/paused_until", "invalid")),
        ({"status": "paused", "paused_until": day(1)}, ("/paused_until", "not_in_future")),
        ({"status": "paused", "paused_until": day(32)}, ("/paused_until", "too_far")),
        ({"status": "active", "paused_until": day(3)}, ("/paused_until", "not_paused")),
        ({"paused_until": day(3)}, ("/paused_until", "not_paused")),
        ({"pauses": []}, ("/pauses", "unknown_field")),
        ({"freezes": 2}, ("/freezes", "unknown_field")),
    ],
)
def test_a_pause_that_cannot_be_is_refused(alice_api, a_goal, database, body, row):
    with time_machine.travel(noon(1)):
        goal = a_goal()
        before = stored(database, goal)
        refused = alice_api.patch(url_of(goal), body)
        assert (refused.status_code, error_rows(refused)) == (400, {row})
        assert stored(database, goal) == before


def test_a_pause_ends_by_itself(alice_api, alice, client_of, a_goal, database):
    with time_machine.travel(noon(1)) as clock:
        goal = a_goal()
        paused = pause(alice_api, goal, day(31))
        assert paused.status_code == 200, paused.content
        assert paused.json() == {
            **goal,
            "status": "paused",
            "paused_until": day(31),
            "version": goal["version"] + 1,
        }
        clock.move_to(noon(30))
        later = client_of(alice)
        assert pause(later, goal, day(33)).status_code == 200  # on and on
        clock.move_to(noon(32))
        assert shown(later, goal) == ("paused", day(33))
        assert not any(refresh_streaks())
        clock.move_to(noon(33))
        assert shown(later, goal) == ("active", None)
        assert stored(database, goal)["status"] == "paused"
        assert any(refresh_streaks())
        kept = stored(database, goal)
        assert (kept["status"], kept["paused_until"]) == ("active", None)
        assert kept["pauses"] == [{"from": day(1), "until": day(33)}]


def test_any_change_after_its_end_stores_that_it_is_over(alice_api, a_goal, database):
    with time_machine.travel(noon(1)) as clock:
        goal = a_goal()
        pause(alice_api, goal, day(2))
        clock.move_to(noon(2))
        alice_api.patch(url_of(goal), {"title": "Another"})
        kept = stored(database, goal)
        assert (kept["status"], kept["paused_until"]) == ("active", None)


def test_setting_active_ends_a_pause_today(alice_api, a_goal, database):
    with time_machine.travel(noon(1)) as clock:
        goal = a_goal()
        pause(alice_api, goal, day(9))
        alice_api.patch(url_of(goal), {"status": "active"})
        assert stored(database, goal)["pauses"] == []
        pause(alice_api, goal, day(9))
        clock.move_to(noon(4))
        assert alice_api.patch(url_of(goal), {"status": "abandoned"}).status_code == 200
        assert shown(alice_api, goal) == ("abandoned", None)
        assert stored(database, goal)["pauses"] == [{"from": day(1), "until": day(4)}]
        pause(alice_api, goal, day(6))
        assert stored(database, goal)["pauses"] == [{"from": day(1), "until": day(6)}]


def test_a_pause_bridges_the_streak_and_a_day_proved_in_it_counts(alice_api, a_goal, database):
    with time_machine.travel(noon(1)) as clock:
        goal = a_goal()
        make_roadmap(alice_api, goal)
        prove(alice_api, database, goal)
        clock.move_to(noon(2))
        pause(alice_api, goal, day(6))
        clock.move_to(noon(4))
        assert prove(alice_api, database, goal)["streak"] == 2
        assert shown(alice_api, goal) == ("paused", day(6))
        clock.move_to(noon(6))
        stats = alice_api.get(url_of(goal) + "stats/").json()
        states = [each["state"] for each in stats["calendar"]][:7]
        assert states == ["passed", "paused", "paused", "passed", "paused", "today", "ahead"]
        assert (stats["streak"], stats["pace"]["days_behind"]) == (2, 0)
        clock.move_to(noon(7))
        assert alice_api.get(url_of(goal)).json()["streak"] == 0


def test_a_goal_completed_in_its_pause_leaves_it(alice_api, a_goal, database):
    with time_machine.travel(noon(1)):
        goal = a_goal(target_date=noon(2).replace(hour=0).isoformat())
        make_roadmap(alice_api, goal)
        pause(alice_api, goal, day(9))
        prove(alice_api, database, goal)
        assert shown(alice_api, goal) == ("completed", None)
        refused = pause(alice_api, goal, day(9))
        assert error_rows(refused) == {("/status", "completed")}


def test_freezes_are_shown_where_the_streak_is(alice_api, a_goal, database):
    with time_machine.travel(noon(1)) as clock:
        goal = a_goal()
        make_roadmap(alice_api, goal)
        dates = [day(number) for number in range(-6, 1)]
        entries = [{"date": each, "passed": True} for each in dates]
        database.goals.update_one(
            {"id": goal["id"]}, {"$set": {"daily_verifications": entries}, "$unset": {"freezes": 1}}
        )
        for number, held in ((1, 1), (2, 0)):
            clock.move_to(noon(number))
            for place in ("today/", "stats/"):
                told = alice_api.get(url_of(goal) + place).json()
                assert (told["streak"], told["freezes"]) == (7, held)
        assert told["calendar"][0]["state"] == "frozen"
        list(refresh_streaks())
        kept = stored(database, goal)
        assert (kept["streak"], kept["streak_until"], kept["freezes"]) == (7, day(1), 0)
