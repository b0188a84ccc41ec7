"""Groups are 1-doit.md's documents, whatever other programs wrote, and its queries work."""

from copy import deepcopy
from datetime import UTC, datetime
from importlib import import_module

import pytest
from pymongo import MongoClient
from pymongo.errors import DuplicateKeyError, WriteError

from doit_site.mongo import validators
from doit_site.mongo.fields import new_id
from groups import matching
from groups.models import Group
from groups.schemas import GROUPS
from tests.contract.test_documents import check_database

PRINTED = {
    "id": "670e8400-e29b-41d4-a716-446655440002",
    "category": "programming",
    "subcategory": "python",
    "name": "Python Learners",
    "members": [
        "550e8400-e29b-41d4-a716-446655440000",
        "550e8400-e29b-41d4-a716-446655440001",
    ],
    "max_members": 50,
    "messages": [
        {
            "user_id": "550e8400-e29b-41d4-a716-446655440000",
            "username": "CosmicLearner42",
            "content": "Just completed day 5 of my Python roadmap!",
            "timestamp": "2026-02-07T14:00:00.000000Z",
        }
    ],
    "created_at": "2026-02-07T10:00:00.000000Z",
}
DATED = {**PRINTED, "created_at": datetime(2026, 2, 7, 10, tzinfo=UTC)}
OF_OTHERS = {"colour": "green", "crm": {"tags": ["x", {"y": None}]}}


@pytest.fixture(params=[PRINTED, DATED], ids=["as printed", "with BSON dates"])
def foreign(request, database):
    """The example of the seed, as another program inserts it, with fields of its own."""
    row = deepcopy(request.param) | OF_OTHERS
    row["messages"][0]["mood"] = "proud"
    database.groups.insert_one(row, bypass_document_validation=True)
    return database.groups.find_one({"_id": row["_id"]})


def url(group, part=""):
    return f"/api/v1/groups/{group['id']}/{part}"


def test_the_example_is_read_and_joined_and_left_without_touching_the_rest(
    foreign, alice, alice_api, database
):
    shown = alice_api.get(url(foreign)).json()
    assert shown["created_at"] == "2026-02-07T10:00:00Z"
    assert (shown["member_count"], shown["is_member"], shown["username"]) == (2, False, None)
    assert [row["id"] for row in alice_api.get("/api/v1/groups/").json()["results"]] == [
        foreign["id"]
    ]

    assert alice_api.post(url(foreign, "join/")).status_code == 200
    (message,) = alice_api.get(url(foreign, "messages/")).json()["results"]
    assert (message["username"], message["is_mine"]) == ("CosmicLearner42", False)
    assert alice_api.post(url(foreign, "messages/"), {"content": "Well done"}).status_code == 201
    now = database.groups.find_one({"_id": foreign["_id"]})
    added = {"member_count", "is_full", "last_message_at"}
    assert set(now) - set(foreign) == added
    assert {name: now[name] for name in foreign if name not in ("members", "messages")} == {
        name: foreign[name] for name in foreign if name not in ("members", "messages")
    }
    assert now["members"] == [*foreign["members"], alice.pk]
    assert now["messages"][:1] == foreign["messages"]
    assert alice_api.post(url(foreign, "leave/")).status_code == 204
    assert database.groups.find_one({"_id": foreign["_id"]})["members"] == foreign["members"]


def test_the_example_is_matched(foreign, alice):
    found = matching.match(user=alice, category="programming", subcategory="python")
    assert found == (foreign["id"], False)


def test_what_another_program_pushes_meanwhile_is_kept(foreign, alice_api, database):
    alice_api.post(url(foreign, "join/"))
    pushed = {**PRINTED["messages"][0], "content": "Pushed"}
    for _ in range(3):
        database.groups.update_one({"id": foreign["id"]}, {"$push": {"messages": dict(pushed)}})
        alice_api.post(url(foreign, "messages/"), {"content": "Posted"})
    texts = [row["content"] for row in alice_api.get(url(foreign, "messages/")).json()["results"]]
    assert texts == ["Posted", "Pushed"] * 3 + [PRINTED["messages"][0]["content"]]


@pytest.mark.parametrize("missing", ["subcategory", "max_members", "messages"])
def test_an_optional_field_may_be_absent(missing, alice_api, database):
    database.groups.insert_one({name: DATED[name] for name in DATED if name != missing})
    assert alice_api.get(url(DATED)).status_code == 200
    assert alice_api.post(url(DATED, "join/")).status_code == 200
    assert alice_api.post(url(DATED, "messages/"), {"content": "x"}).status_code == 201
    assert alice_api.get(url(DATED, "messages/")).json()["results"][0]["content"] == "x"


WRONG = [
    ("id", "not a uuid"),
    ("category", 5),
    ("category", ""),
    ("subcategory", 5),
    ("name", ""),
    ("members", "550e8400-e29b-41d4-a716-446655440000"),
    ("members", ["somebody"]),
    ("members", [new_id()] * 2),
    ("members", [new_id() for _ in range(101)]),
    ("max_members", 0),
    ("max_members", 101),
    ("max_members", 10.5),
    ("messages", [{"user_id": "somebody"}]),
    ("messages", [{"timestamp": datetime(2026, 2, 7, tzinfo=UTC)}]),
    ("messages", "none"),
    ("created_at", "2026-02-07T10:00:00.000000Z"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_the_validator_refuses(database, name, value):
    with pytest.raises(WriteError, match="validation"):
        database.groups.insert_one({**DATED, name: value})


@pytest.mark.parametrize("name", ["id", "category", "name", "members", "created_at"])
def test_the_validator_refuses_without(database, name):
    with pytest.raises((WriteError, DuplicateKeyError)):
        database.groups.insert_one({key: DATED[key] for key in DATED if key != name})


def test_the_validator_takes_the_documented_and_what_is_added(database):
    database.groups.insert_one({**deepcopy(DATED), **OF_OTHERS})
    database.groups.insert_one({**deepcopy(DATED), "id": new_id(), "max_members": 30.0})
    assert validators.installed(database, "groups") == GROUPS
    assert import_module("groups.migrations.0002_validator").SCHEMA == GROUPS


@pytest.mark.parametrize(
    ("name", "key", "unique"),
    [
        ("id_index", {"id": 1}, True),
        ("category_index", {"category": 1}, False),
        ("category_subcategory_index", {"category": 1, "subcategory": 1}, False),
    ],
)
def test_the_indexes_of_the_seed_are_there(database, name, key, unique):
    index = database.groups.index_information()[name]
    assert dict(index["key"]) == key
    assert bool(index.get("unique")) is unique
    assert not {"partialFilterExpression", "sparse"} & set(index)


def test_get_all_groups_a_user_is_a_member_of(database, mongodb_uri, alice_api, alice):
    matching.match(user=alice, category="music")
    with MongoClient(mongodb_uri) as client:
        query = client[database.name].groups.find({"members": alice.pk})
        assert [group["category"] for group in query] == ["music"]
        plan = str(query.explain()["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in plan
    assert "COLLSCAN" not in plan


def test_check_database_finds_nothing_in_what_the_acts_write(alice, alice_api):
    group_id, _ = matching.match(user=alice, category="music")
    alice_api.post(f"/api/v1/groups/{group_id}/messages/", {"content": "x"})
    assert check_database() == ([], 0)


def test_check_database_converts_and_counts(foreign, alice, database):
    database.groups.update_one({}, {"$push": {"members": alice.pk}})
    database.groups.update_one(
        {},
        {"$set": {"messages.0.timestamp": datetime(2026, 2, 7, 14, tzinfo=UTC)}},
        bypass_document_validation=True,
    )
    told, code = check_database()
    assert code != 0
    problems = {row["problem"] for row in told}
    assert "messages.0.timestamp is of the other type" in problems
    assert "wrong member_count or is_full" in problems
    assert len([problem for problem in problems if "names nobody" in problem]) == 2
    check_database("--fix")
    now = database.groups.find_one()
    assert now["members"] == [alice.pk]
    assert (now["member_count"], now["is_full"]) == (1, False)
    assert now["messages"][0]["timestamp"] == PRINTED["messages"][0]["timestamp"]
    assert now["created_at"] == datetime(2026, 2, 7, 10)
    assert {name: now[name] for name in OF_OTHERS} == OF_OTHERS
    assert check_database() == ([], 0)


def test_memberships_mutes_and_reports_of_no_group_are_found(alice, alice_api, database):
    group_id, _ = matching.match(user=alice, category="music")
    database.groups.delete_one({"id": group_id})
    told, _ = check_database()
    assert [row["collection"] for row in told] == ["group_memberships"]
    check_database("--fix")
    assert check_database() == ([], 0)


def test_a_group_loads_as_a_model(foreign):
    group = Group.objects.get(pk=foreign["id"])
    assert str(group) == "Python Learners"
    assert str(group.messages[0]).startswith("CosmicLearner42: Just")
    assert group.created_at == datetime(2026, 2, 7, 10, tzinfo=UTC)
