"""Previews of a roadmap: shown, not stored, and applied exactly as shown or not at all."""

from datetime import timedelta

import pytest
import time_machine

from accounts import personal_data
from doit_site import clock
from goals import drafts, editing, replanning, roadmap
from goals.models import RoadmapDraft
from tests.goals.steps import ask, make_roadmap, midnight, noon, prove, stored, url_of
from tests.problem_details import assert_problem
from tests.races import together


@pytest.fixture
def behind(alice_api, a_goal, database):
    """A goal on its third day, the second one missed."""
    with time_machine.travel(noon(1)) as moment:
        goal = a_goal(title="Learn Python", target_date=midnight(31))
        make_roadmap(alice_api, goal, minutes_per_day=60)
        prove(alice_api, database, goal)
        moment.move_to(noon(3))
        goal["moment"] = moment
        yield goal


def preview(client, goal, route="replan", **options):
    response = client.post(f"{url_of(goal)}{route}/", {"preview": True, **options})
    assert response.status_code == 200, response.content
    return response.json()


def applied(client, goal, shown, route="replan"):
    return client.post(f"{url_of(goal)}{route}/", {"draft_id": shown["draft_id"]})


@pytest.mark.parametrize(("route", "status"), [("replan", 200), ("roadmap", 201)])
def test_a_preview_changes_nothing_and_is_applied_as_shown(
    alice_api, behind, database, route, status
):
    before = stored(database, behind)
    shown = preview(alice_api, behind, route)
    assert stored(database, behind) == before
    assert set(shown) == {"draft_id", "expires_at", "roadmap", "changes", "summary"}
    assert clock.text(clock.now() + timedelta(minutes=59)) < shown["expires_at"]
    assert shown["expires_at"] <= clock.text(clock.now() + timedelta(minutes=60))
    response = applied(alice_api, behind, shown, route)
    assert (response.status_code, response.json()) == (status, shown["roadmap"])
    after = stored(database, behind)
    assert after["roadmap"] == shown["roadmap"] != before["roadmap"]
    assert after["version"] == before["version"] + 1
    assert [2] in after["plan"]["carries"]
    assert_problem(applied(alice_api, behind, shown, route), 404, "not_found")


def test_the_changes_are_those_of_the_roadmap(alice_api, behind, database):
    old = stored(database, behind)["roadmap"]["days"]
    alice_api.patch(url_of(behind), {"target_date": midnight(41)})
    shown = preview(alice_api, behind)
    new = shown["roadmap"]["days"]
    assert [row["day"] for row in shown["changes"] if row["change"] == "added"] == [*range(31, 41)]
    for row in shown["changes"]:
        day = new[row["day"] - 1]
        assert (row["date"], row["title_after"]) == (day["date"], day["title"])
        assert row["minutes_after"] == sum(task["duration_minutes"] for task in day["tasks"])
    changed = {row["day"] for row in shown["changes"] if row["change"] == "changed"}
    assert changed == {day["day"] for day, was in zip(new, old, strict=False) if day != was}
    assert shown["summary"].startswith(f"{len(changed)} days changed, 10 days added.")
    assert shown["summary"].endswith("Missed work carried into days ahead: day 2.")
    alice_api.patch(url_of(behind), {"target_date": midnight(20)})
    removed = [row for row in preview(alice_api, behind)["changes"] if row["change"] == "removed"]
    assert [(row["day"], row["title_after"], row["minutes_after"]) for row in removed] == [
        (number, None, None) for number in range(20, 31)
    ]
    assert removed[0]["title_before"] == old[19]["title"]


def test_changes_of_nothing():
    assert drafts.changes_of([], []) == []
    day = {"day": 1, "date": "2026-02-07", "tasks": [{"duration_minutes": 5}]}
    assert drafts.changes_of([day], [day]) == []
    assert drafts.changes_of([], [day]) == [
        {
            "day": 1,
            "date": "2026-02-07",
            "change": "added",
            "title_before": None,
            "title_after": "",
            "minutes_before": None,
            "minutes_after": 5,
        }
    ]


def test_a_preview_of_nothing_missed_says_so(alice_api, behind, database):
    shown = applied(alice_api, behind, preview(alice_api, behind)).json()
    again = preview(alice_api, behind)
    assert (again["roadmap"], again["changes"]) == (shown, [])
    assert again["summary"] == "Nothing changes."
    before = stored(database, behind)
    assert applied(alice_api, behind, again).json() == shown
    assert stored(database, behind) == before


def test_a_first_roadmap_has_a_preview_too(alice_api, a_goal, database):
    goal = a_goal()
    shown = preview(alice_api, goal, "roadmap", minutes_per_day=30)
    assert stored(database, goal)["roadmap"] is None
    assert {row["change"] for row in shown["changes"]} == {"added"}
    assert applied(alice_api, goal, shown, "roadmap").json() == shown["roadmap"]
    assert stored(database, goal)["plan"]["minutes_per_day"] == 30


def changed_by_patch(client, goal, database):
    client.patch(url_of(goal), {"title": "Learn Python well"})


def changed_by_a_pass(client, goal, database):
    prove(client, database, goal)


def changed_by_another_roadmap(client, goal, database):
    make_roadmap(client, goal)


def changed_by_midnight(client, goal, database):
    goal["moment"].move_to(noon(4).replace(hour=0, minute=1))
    database.roadmap_drafts.update_many({}, {"$set": {"expires_at": noon(5)}})


@pytest.mark.parametrize(
    "change",
    [changed_by_patch, changed_by_a_pass, changed_by_another_roadmap, changed_by_midnight],
)
def test_a_goal_that_changed_keeps_its_roadmap(alice_api, behind, database, change):
    shown = preview(alice_api, behind)
    change(alice_api, behind, database)
    before = stored(database, behind)
    assert_problem(applied(alice_api, behind, shown), 409, "stale_version")
    assert stored(database, behind) == before


def test_without_the_guard_a_pass_is_lost(alice, alice_api, behind, database):
    """The broken twin: the draft is set, whatever happened since."""
    preview(alice_api, behind)
    prove(alice_api, database, behind)
    draft = database.roadmap_drafts.find_one({"goal_id": behind["id"]})
    database.goals.update_one({"id": behind["id"]}, {"$set": draft["change"]})
    assert stored(database, behind)["days_passed"] == [1]


def test_a_failed_test_leaves_the_draft_good(alice_api, behind, database):
    shown = preview(alice_api, behind)
    prove(alice_api, database, behind, 0)
    assert applied(alice_api, behind, shown).status_code == 200


def test_a_draft_is_good_for_an_hour(alice_api, behind, database):
    shown = preview(alice_api, behind)
    behind["moment"].shift(timedelta(minutes=60))
    assert_problem(applied(alice_api, behind, shown), 404, "not_found")
    assert database.roadmap_drafts.count_documents({}) <= 1


def test_a_goal_has_one_draft_the_newest(alice_api, behind, database):
    first, second = (preview(alice_api, behind) for _ in range(2))
    assert database.roadmap_drafts.count_documents({}) == 1
    assert_problem(applied(alice_api, behind, first), 404, "not_found")
    assert applied(alice_api, behind, second).status_code == 200


def test_a_draft_is_its_owners_and_its_goals(alice_api, bob_api, behind, a_goal):
    shown = preview(alice_api, behind)
    assert_problem(applied(bob_api, behind, shown), 404, "not_found")
    theirs, other = a_goal(client=bob_api), a_goal()
    assert_problem(applied(bob_api, theirs, shown), 404, "not_found")
    assert_problem(applied(alice_api, other, shown), 404, "not_found")
    assert_problem(applied(alice_api, behind, {"draft_id": "$ne"}), 404, "not_found")
    assert applied(alice_api, behind, shown).status_code == 200


def test_a_draft_goes_alone(alice_api, behind):
    response = alice_api.post(
        url_of(behind) + "roadmap/", {"draft_id": "x", "minutes_per_day": 30, "instructions": ""}
    )
    problem = assert_problem(response, 400)
    assert [(row["pointer"], row["code"]) for row in problem["errors"]] == [("/draft_id", "alone")]


def test_previews_and_drafts_applied_at_once_store_one(alice, client_of, behind, database):
    clients = [client_of(alice) for _ in range(16)]
    shown = preview(clients[0], behind)
    version = stored(database, behind)["version"]

    def act(number):
        if number % 4 == 3:
            return preview_of(clients[number], behind)
        return applied(clients[number], behind, shown)

    outcomes = together(16, act)
    won = [one for n, one in enumerate(outcomes) if n % 4 != 3 and one.status_code == 200]
    assert len(won) <= 1
    assert {one.status_code for one in outcomes} <= {200, 404, 409}
    assert stored(database, behind)["version"] == version + len(won)
    assert database.roadmap_drafts.count_documents({}) <= 1


def preview_of(client, goal):
    return client.post(url_of(goal) + "replan/", {"preview": True})


def test_a_preview_with_a_key_is_repeated(alice_api, behind):
    key = {"HTTP_IDEMPOTENCY_KEY": "k"}
    first, again = (
        alice_api.post(url_of(behind) + "replan/", {"preview": True}, **key) for _ in range(2)
    )
    assert again.json() == first.json()
    assert applied(alice_api, behind, again.json()).status_code == 200


def test_a_draft_goes_with_its_goal_and_its_owner(alice, alice_api, behind, database):
    preview(alice_api, behind)
    (exported,) = personal_data.export(alice.pk)["roadmap_drafts"]
    assert (exported["goal_id"], exported["roadmap"]["total_days"]) == (behind["id"], 30)
    editing.delete(user=alice, goal_id=behind["id"])
    assert database.roadmap_drafts.count_documents({}) == 0


def test_a_draft_is_erased(alice, behind, database):
    drafts.keep(replanning.propose(user=alice, goal_id=behind["id"]))
    personal_data.erase(alice.pk)
    assert database.roadmap_drafts.count_documents({}) == 0


def test_drafts_are_found_by_an_index_and_go_by_themselves():
    indexes = {index.name: index for index in RoadmapDraft._meta.indexes}
    assert indexes["expires_at_ttl"].expire_after_seconds == 0
    assert indexes["goal_id_index"].unique


def test_what_is_proved_meanwhile_is_of_the_old_roadmap(alice_api, behind, database):
    test = ask(alice_api, behind)
    shown = preview(alice_api, behind)
    assert applied(alice_api, behind, shown).status_code == 200
    document = database.verification_tests.find_one({"id": test["test_id"]})
    assert document["days"] == [3]


def test_a_whole_proposal_has_what_is_stored(alice, behind):
    proposal = replanning.propose(user=alice, goal_id=behind["id"])
    assert roadmap.store(proposal) == proposal.roadmap
