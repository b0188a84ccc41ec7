"""The queries and updates that 1-doit.md prints for users and goals work as they stand."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pymongo import MongoClient

from doit_site.mongo.client import close_db, connect_db, get_db
from tests.contract.goal_document import assert_is_documented
from tests.goals.steps import make_roadmap, prove, stored, url_of


@pytest.fixture
def mongosh(database, mongodb_uri):
    """The database as another program sees it: a client of its own."""
    with MongoClient(mongodb_uri) as client:
        yield client[database.name]


@pytest.fixture
def goals(alice, bob_api, a_goal, database):
    """25 goals of alice's, a day apart, oldest first, and one of bob's."""
    a_goal(client=bob_api)
    made = [a_goal(title=f"Goal {number}") for number in range(25)]
    for number, goal in enumerate(made):
        when = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)
        database.goals.update_one({"id": goal["id"]}, {"$set": {"created_at": when}})
    return made


def stages(cursor):
    """The names of the winning plan's stages."""
    found, plan = [], cursor.explain()["queryPlanner"]["winningPlan"]
    while plan:
        found.append((plan["stage"], plan.get("indexName")))
        plan = plan.get("inputStage")
    return found


def test_get_all_goals_for_a_user(mongosh, alice, goals):
    query = mongosh.goals.find({"user_id": alice.pk})
    assert {goal["id"] for goal in query} == {goal["id"] for goal in goals}
    plan = stages(mongosh.goals.find({"user_id": alice.pk}))
    assert plan[0][0] == "FETCH"
    assert plan[1][0] == "IXSCAN"


def test_get_users_goals_with_pagination(mongosh, alice, goals):
    def query():
        projection = {"id": 1, "title": 1, "progress": 1}
        find = mongosh.goals.find({"user_id": alice.pk}, projection)
        return find.sort({"created_at": -1}).limit(20)

    rows = list(query())
    assert [row["title"] for row in rows] == [f"Goal {number}" for number in range(24, 4, -1)]
    assert all(set(row) == {"_id", "id", "title", "progress"} for row in rows)
    plan = stages(query())
    assert "SORT" not in dict(plan)
    assert "COLLSCAN" not in dict(plan)
    assert dict(plan)["IXSCAN"].startswith("user_id_created")


def test_the_pagination_with_the_seeds_own_index(mongosh, alice, goals):
    find = mongosh.goals.find({"user_id": alice.pk}).sort({"created_at": -1}).limit(20)
    plan = stages(find.hint("user_id_created_index"))
    assert ("IXSCAN", "user_id_created_index") in plan
    assert "SORT" not in dict(plan)


@pytest.mark.parametrize(
    ("collection", "field", "index"),
    [
        ("users", "phone_number", "phone_number_index"),
        ("users", "id", "id_index"),
        ("goals", "id", "id_index"),
    ],
)
def test_a_plain_find_uses_the_unique_index(mongosh, alice, goals, collection, field, index):
    value = mongosh[collection].find_one({})[field]
    plan = stages(mongosh[collection].find({field: value}))
    assert ("IXSCAN", index) in plan
    assert "COLLSCAN" not in dict(plan)


def test_an_unindexed_find_is_seen_as_a_collscan(mongosh, goals):
    assert "COLLSCAN" in dict(stages(mongosh.goals.find({"description": "Goal 1"})))


def test_add_a_new_field_to_all_existing_goals(mongosh, goals, alice_api):
    result = mongosh.goals.update_many({}, {"$set": {"status": "active"}})
    assert result.matched_count == 26
    rows = alice_api.get("/api/v1/goals/").json()["results"]
    assert {row["status"] for row in rows} == {"active"}


def test_rename_a_field(mongosh, goals, alice_api, database):
    mongosh.goals.update_many({}, {"$set": {"old_field": {"kept": [1]}}})
    result = mongosh.goals.update_many({}, {"$rename": {"old_field": "new_field"}})
    assert result.modified_count == 26
    make_roadmap(alice_api, goals[0])
    prove(alice_api, database, goals[0])
    assert alice_api.patch(url_of(goals[0]), {"title": "Renamed"}).status_code == 200
    goal = stored(database, goals[0])
    assert goal.pop("new_field") == {"kept": [1]}
    assert "old_field" not in goal
    assert_is_documented(goal)


def test_the_life_of_the_connection(database, mongodb_uri):
    """connect_db() gives the database, get_db() the same, close_db() ends it; use opens it anew."""
    first = connect_db()
    assert get_db() == first
    assert first.name == database.name
    first.users.find_one({})
    close_db()
    assert get_db().command("ping")["ok"] == 1
    assert connect_db().client is not first.client


PROGRAM = """
import django
django.setup()
from doit_site.mongo.client import close_db, connect_db, get_db
database = connect_db()
assert database.name == "doit_db", database.name
assert get_db() == database
options = database.client.options
assert options.retry_writes and database.write_concern.document["w"] == "majority"
assert options.pool_options.server_api.version == "1"
close_db()
print("closed")
"""


def test_the_database_is_doit_db_with_retried_majority_writes(database):
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "doit_site.settings"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "closed\n", done.stderr
