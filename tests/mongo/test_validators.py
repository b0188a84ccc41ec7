"""The `$jsonSchema` of each documented collection: what seed 1-doit.md says, and no more."""

import copy
import importlib
from datetime import UTC, datetime

import pytest
from bson import Decimal128, Int64
from django.db import connection
from pymongo.errors import WriteError

from accounts.schemas import USERS
from doit_site.mongo import checkup, validators
from goals.schemas import GOALS

USER = {
    "id": "550e8400-e29b-41d4-a716-446655440000",
    "phone_number": "1234567890",
    "created_at": datetime(2026, 2, 7, 12, tzinfo=UTC),
}
GOAL = {
    "id": "660e8400-e29b-41d4-a716-446655440001",
    "user_id": "550e8400-e29b-41d4-a716-446655440000",
    "title": "Learn Python in 30 days",
    "description": "Master Python programming from basics to advanced concepts.",
    "target_date": datetime(2026, 3, 9, tzinfo=UTC),
    "created_at": datetime(2026, 2, 7, 12, tzinfo=UTC),
    "streak": 5,
    "progress": 16.67,
    "roadmap": {
        "total_days": 30,
        "summary": "A comprehensive 30-day journey.",
        "days": [
            {
                "day": 1,
                "date": "2026-02-07",
                "title": "Getting Started with Python",
                "tasks": [
                    {
                        "task": "Install Python",
                        "duration_minutes": 30,
                        "resources": ["https://python.org/downloads/"],
                    }
                ],
                "tips": "Use VS Code.",
            }
        ],
    },
    "messages": [{"content": "How?", "is_user": True, "timestamp": "2026-02-07T12:30:00.000000Z"}],
    "daily_verifications": [
        {
            "date": "2026-02-07",
            "test_id": "770e8400-e29b-41d4-a716-446655440002",
            "questions_count": 3,
            "score": 1.0,
            "passed": True,
            "completed_at": datetime(2026, 2, 7, 20, tzinfo=UTC),
        }
    ],
    "verification_stats": {
        "total_tests": 15,
        "passed": 14,
        "failed": 1,
        "average_score": 0.85,
        "perfect_scores": 8,
    },
}
DOCUMENTED = {"users": USER, "goals": GOAL}
REQUIRED = {"users": USERS["required"], "goals": GOALS["required"]}
NOW = datetime(2026, 2, 7, tzinfo=UTC)

REFUSED = [
    ("users", "id", "550E8400-E29B-41D4-A716-446655440000"),
    ("users", "id", "550e8400-e29b-11d4-a716-446655440000"),
    ("users", "phone_number", "123456789"),
    ("users", "phone_number", "1234567890123456"),
    ("users", "phone_number", "+1234567890"),
    ("users", "phone_number", 1234567890),
    ("users", "created_at", "2026-02-07T12:00:00.000000Z"),
    ("users", "created_at", None),
    ("goals", "id", "x"),
    ("goals", "user_id", None),
    ("goals", "title", ""),
    ("goals", "description", 5),
    ("goals", "target_date", "2026-03-09"),
    ("goals", "streak", -1),
    ("goals", "streak", 1.5),
    ("goals", "streak", "5"),
    ("goals", "streak", None),
    ("goals", "progress", 100.1),
    ("goals", "progress", -0.1),
    ("goals", "roadmap", []),
    ("goals", "roadmap.total_days", 0),
    ("goals", "roadmap.days", {}),
    ("goals", "roadmap.days.0.day", 0),
    ("goals", "roadmap.days.0.date", NOW),
    ("goals", "roadmap.days.0.date", "7.2.2026"),
    ("goals", "roadmap.days.0.tasks", None),
    ("goals", "roadmap.days.0.tasks.0.duration_minutes", -5),
    ("goals", "roadmap.days.0.tasks.0.resources", ["a", 5]),
    ("goals", "messages", None),
    ("goals", "messages.0.is_user", "yes"),
    ("goals", "messages.0.timestamp", NOW),
    ("goals", "messages.0", "text"),
    ("goals", "daily_verifications.0.score", 1.1),
    ("goals", "daily_verifications.0.passed", 1),
    ("goals", "daily_verifications.0.questions_count", 0),
    ("goals", "daily_verifications.0.completed_at", "2026-02-07"),
    ("goals", "daily_verifications.0.test_id", "7"),
    ("goals", "verification_stats.average_score", 1.01),
    ("goals", "verification_stats.total_tests", -1),
    ("goals", "verification_stats", []),
]
ACCEPTED = [
    ("users", "nickname", {"anything": [1]}),
    ("users", "phone_number", "123456789012345"),
    ("goals", "streak", 5.0),
    ("goals", "streak", Int64(5)),
    ("goals", "streak", Decimal128("5")),
    ("goals", "progress", 100),
    ("goals", "progress", 0),
    ("goals", "roadmap", None),
    ("goals", "roadmap.mood", "good"),
    ("goals", "verification_stats", None),
    ("goals", "messages", []),
    ("goals", "daily_verifications", []),
    ("goals", "daily_verifications.0.score", 0),
    ("goals", "roadmap.days.0.tasks.0.duration_minutes", 30.0),
    ("goals", "category", None),
]


def changed(collection, path, value):
    document = copy.deepcopy(DOCUMENTED[collection])
    *way, last = [int(name) if name.isdigit() else name for name in path.split(".")]
    inner = document
    for name in way:
        inner = inner[name]
    inner[last] = value
    return document


@pytest.mark.parametrize("collection", ["users", "goals"])
def test_the_documented_example_is_accepted_whole_and_with_the_required_fields_alone(
    database, collection
):
    document = copy.deepcopy(DOCUMENTED[collection])
    database[collection].insert_one(document)
    database[collection].delete_many({})
    database[collection].insert_one({name: document[name] for name in REQUIRED[collection]})


@pytest.mark.parametrize(
    ("collection", "name"), [(one, name) for one in REQUIRED for name in REQUIRED[one]]
)
def test_a_required_field_may_not_be_missing(database, collection, name):
    document = copy.deepcopy(DOCUMENTED[collection])
    del document[name]
    with pytest.raises(WriteError, match="Document failed validation"):
        database[collection].insert_one(document)


@pytest.mark.parametrize(("collection", "path", "value"), REFUSED)
def test_what_is_not_documented_so_is_refused(database, collection, path, value):
    with pytest.raises(WriteError, match="Document failed validation"):
        database[collection].insert_one(changed(collection, path, value))
    database[collection].insert_one(copy.deepcopy(DOCUMENTED[collection]))
    with pytest.raises(WriteError, match="Document failed validation"):
        database[collection].update_one({}, {"$set": {path: value}})


@pytest.mark.parametrize(("collection", "path", "value"), ACCEPTED)
def test_optional_extra_and_other_numbers_are_accepted(database, collection, path, value):
    database[collection].insert_one(changed(collection, path, value))


@pytest.mark.parametrize("collection", ["users", "goals"])
def test_an_older_document_stays_updatable(database, collection):
    document = changed(collection, "created_at", "2026-02-07T12:00:00.000000Z")
    database[collection].insert_one(document, bypass_document_validation=True)
    change = {"$set": {"title": "Another"}, "$push": {"messages": GOAL["messages"][0]}}
    assert database[collection].update_one({}, change).modified_count == 1


@pytest.mark.parametrize(
    ("collection", "schema", "migration"),
    [
        ("users", USERS, "accounts.migrations.0007_reminders"),
        ("goals", GOALS, "goals.migrations.0002_validator"),
    ],
)
def test_what_a_migration_installed_is_the_schema(database, collection, schema, migration):
    assert schema == importlib.import_module(migration).SCHEMA
    assert validators.installed(database, collection) == schema
    options = database[collection].options()
    assert (options["validationLevel"], options["validationAction"]) == ("moderate", "error")


def test_a_validator_goes_back_to_the_previous_one_or_none(database):
    goals = database["scratch_of_validators"]
    goals.insert_one({"a": 1})
    try:
        old, new = {"required": ["a"]}, {"required": ["a", "b"]}
        set_new = validators.SetValidator(goals.name, new, previous=old)
        with connection.schema_editor() as editor:
            set_new.database_forwards("goals", editor, None, None)
            set_new.database_forwards("goals", editor, None, None)
            assert validators.installed(database, goals.name) == new
            set_new.database_backwards("goals", editor, None, None)
            assert validators.installed(database, goals.name) == old
            first = validators.SetValidator(goals.name, old)
            first.database_backwards("goals", editor, None, None)
        assert validators.installed(database, goals.name) is None
        assert set_new.deconstruct()[2]["previous"] == old
        assert "previous" not in first.deconstruct()[2]
    finally:
        goals.drop()


def test_a_lost_validator_is_found_and_put_right(database):
    validators.install(database, "goals", None)
    try:
        (finding,) = checkup.run(fix=False)
        assert (finding.collection, finding.fixed) == ("goals", False)
        assert [finding.fixed for finding in checkup.run(fix=True)] == [True]
    finally:
        validators.install(database, "goals", GOALS)
    assert list(checkup.run(fix=False)) == []
