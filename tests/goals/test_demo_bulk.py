"""`seed_demo --people N`: as the acts would have left it, however many and however often."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from doit_site import clock
from goals import demo_bulk, demo_documents, streaks
from goals.models import Goal
from groups.models import Group, Membership
from tests.goals.test_demo import moments, run

NOON = datetime(2026, 2, 7, 12, tzinfo=UTC)
OURS = ("users", "goals", "groups", "group_memberships")


def everything(database):
    """The documents of each collection, without MongoDB's own ids."""
    return {
        name: sorted(database[name].find({}, {"_id": 0}), key=lambda row: row["id"])
        for name in OURS
    }


def test_a_second_run_adds_people_and_nothing_is_wrong(database):
    first = run("seed_demo", people=12, seed="x").splitlines()
    assert first[0].startswith("12 people, ")
    assert first[1] == "Phones 9990000000000 to 9990000000011."
    again = run("seed_demo", people=90, seed="x").splitlines()
    assert again[1] == "Phones 9990000000012 to 9990000000101."
    assert database.users.count_documents({}) == 102
    assert database.goals.count_documents({}) == 2 * 109 + 100 * 9
    full = {"roadmap.total_days": 30, "messages.49": {"$exists": True}}
    assert database.goals.count_documents(full) == 11  # of the people 0, 10, ... 100
    assert database.goals.count_documents({"roadmap.total_days": 3}) == 1118 - 11
    assert run("check_database").strip() == "Nothing is wrong."


def test_the_streak_is_what_the_verifications_say(database):
    """At any day from the last test on; `check_database` does not look at it."""
    list(demo_bulk.add(20, first=0, seed="x"))
    calendar, found = User().calendar, []
    for goal in database.goals.find():
        told = {name: goal[name] for name in goal if name not in ("streak_until", "freezes")}
        for entry in goal["daily_verifications"][-1:]:
            moment = entry["completed_at"].replace(tzinfo=UTC)
            kept = streaks.as_of_now(goal, calendar, moment)
            assert kept == streaks.as_of_now(told, calendar, moment)
            found.append(kept)
    assert min(found) == 0
    assert max(found) > 3


def test_the_same_seed_and_moment_make_the_same_documents(database):
    made = []
    for seed in ("x", "x", "y"):
        for name in OURS:
            database[name].delete_many({})
        with clock.at(NOON):
            list(demo_bulk.add(3, first=0, seed=seed))
        made.append(everything(database))
    for rows in made:
        for goal in rows["goals"]:
            goal["created_at"] = goal["target_date"] = None
    ids = [[[row["id"] for row in rows[name]] for name in OURS] for rows in made]
    assert ids[0] == ids[1]
    assert ids[0] != ids[2]
    assert [goal["title"] for goal in made[0]["goals"]] == [
        goal["title"] for goal in made[1]["goals"]
    ]


@pytest.mark.parametrize("hour", [0, 23])
def test_nothing_is_in_the_future_at_any_hour(database, hour):
    with clock.at(NOON.replace(hour=hour)):
        list(demo_bulk.add(11, first=0, seed="x"))
        now = clock.text(clock.now())
    rows = [*database.users.find(), *database.goals.find(), *database.groups.find()]
    assert max(moment for row in rows for moment in moments(row)) <= now
    for goal in database.goals.find():
        assert goal["roadmap"]["days"][0]["date"] == goal["created_at"].date().isoformat()


def token_of(phone):
    out = StringIO()
    call_command("create_token", phone, stdout=out)
    return out.getvalue().strip()


def test_a_token_opens_the_door(db, api):
    run("seed_demo", people=1)
    token = token_of(demo_bulk.phone(0))
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    page = api.get("/api/v1/goals/?limit=100").json()
    assert (len(page["results"]), bool(page["next"])) == (100, True)
    url = f"/api/v1/goals/{page['results'][0]['id']}/"
    assert len(api.get(url).json()["roadmap"]["days"]) == 30
    assert api.get(url + "today/").json()["day"]["tasks"]
    assert api.post(url + "messages/", {"content": "What is on today?"}).status_code == 201
    [group] = api.get("/api/v1/groups/?mine=true").json()["results"]
    assert group["username"]
    messages = api.get(f"/api/v1/groups/{group['id']}/messages/").json()["results"]
    assert messages[0]["username"] == group["username"]
    kind = {name: group[name] for name in ("category", "subcategory")}
    assert api.post("/api/v1/groups/match/", kind).json()["id"] == group["id"]


def test_groups_are_full_but_for_those_whom_some_left(database):
    list(demo_bulk.add(600, first=1, seed="x"))
    sizes = {row["member_count"] for row in database.groups.find()}
    assert max(sizes) == 50
    left = Membership.objects.collection.count_documents({"left_at": {"$ne": None}})
    assert left > 0
    members = sum(len(row["members"]) for row in Group.objects.collection.find())
    assert members + left == User.objects.collection.count_documents({}) == 600
    assert run("check_database").strip() == "Nothing is wrong."


def test_openings_go_on_where_matching_left_off(database, alice_api):
    for category, subcategory in kinds():
        body = {"category": category, "subcategory": subcategory}
        assert alice_api.post("/api/v1/groups/match/", body).status_code == 201
    list(demo_bulk.add(40, first=0, seed="x"))
    openings = [row["opening"] for row in database.groups.find()]
    assert len(openings) == len(set(openings)) > len(kinds())


def kinds():
    templates = [demo_documents._plan(topic, 3) for topic in range(len(demo_documents.TOPICS))]
    return {(template.category, template.subcategory) for template in templates}


def test_stopped_in_between_it_leaves_nothing_wrong(database, monkeypatch):
    def stop(*given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(demo_bulk, "_steps", [stop])
        with pytest.raises(CommandError, match=r"^Stopped; the people so far stay"):
            run("seed_demo", people=3)
    assert run("check_database").strip() == "Nothing is wrong."
    assert "Phones 9990000000003 to 9990000000005." in run("seed_demo", people=3)


@pytest.mark.parametrize("people", [0, -1, 10**10 + 1])
def test_a_number_that_cannot_be_is_refused(db, people):
    with pytest.raises(CommandError, match=r"^--people is 1 to \d+\.$"):
        run("seed_demo", people=people)


def test_the_demo_people_may_be_there_or_not(db):
    run("seed_demo", people=1)
    run("seed_demo")
    assert Goal.objects.collection.count_documents({}) == 109 + 5
