"""Re-planning beside a slow coach: it is asked, by a job, only where the days ahead are made anew."""

from datetime import date, timedelta

import pytest

from tests.goals.steps import finish, stored, url_of


@pytest.fixture
def missed(configured, goal, database):
    """A goal of the offline coach whose first day was yesterday's, and missed; then the slow coach."""
    days = stored(database, goal)["roadmap"]["days"]
    for day in days:
        day["date"] = (date.fromisoformat(day["date"]) - timedelta(days=1)).isoformat()
    database.goals.update_one({"id": goal["id"]}, {"$set": {"roadmap.days": days}})
    configured()
    return goal


def replan(client, goal, **options):
    return client.post(url_of(goal) + "replan/", options)


def test_what_only_moves_tasks_needs_no_coach(missed, endpoint, alice_api, database):
    response = replan(alice_api, missed, minutes_per_day=240)
    assert response.status_code == 200
    assert [1] in stored(database, missed)["plan"]["carries"]
    assert endpoint.calls == []
    assert database.goal_jobs.count_documents({}) == 0


def test_an_outdated_roadmap_is_re_planned_by_a_job(missed, endpoint, alice_api, database, in_days):
    alice_api.patch(url_of(missed), {"target_date": in_days(20)})
    accepted = replan(alice_api, missed)
    assert (accepted.status_code, accepted.json()["kind"]) == (202, "replan")
    assert stored(database, missed)["roadmap_outdated"] is True
    assert finish(alice_api, accepted)["state"] == "done"
    after = stored(database, missed)
    assert endpoint.calls
    assert after["roadmap_outdated"] is False
    assert [1] in after["plan"]["carries"]


def test_a_preview_of_the_slow_coach_is_applied_as_it_was_shown(
    missed, endpoint, alice_api, database
):
    shown = alice_api.post(url_of(missed) + "roadmap/", {"preview": True}).json()
    asked = len(endpoint.calls)
    assert asked
    response = alice_api.post(url_of(missed) + "roadmap/", {"draft_id": shown["draft_id"]})
    assert (response.status_code, response.json()) == (201, shown["roadmap"])
    assert stored(database, missed)["roadmap"] == shown["roadmap"]
    assert len(endpoint.calls) == asked
