"""The documents are 1-doit.md's, after every act and for whatever other programs wrote."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from io import StringIO

import pytest
from bson import ObjectId
from django.core.management import call_command
from pymongo.errors import DuplicateKeyError, WriteError

from accounts.models import User
from accounts.schemas import USERS
from doit_site.mongo import validators
from doit_site.mongo.fields import new_id
from goals.schemas import GOALS
from tests.contract.goal_document import (
    EXAMPLE_GOAL,
    EXAMPLE_USER,
    assert_is_documented,
    assert_person_is_documented,
    differences,
    with_dates,
)
from tests.contract.goal_document import GOAL as GOAL_SHAPE
from tests.goals.steps import make_roadmap, prove, stored, submit, url_of

REQUIRED = ("_id", "id", "user_id", "title", "description", "target_date", "created_at")


def check_database(*options):
    """(findings, exit code) of `manage.py check_database --format json`."""
    out = StringIO()
    try:
        call_command("check_database", *options, "--format", "json", stdout=out)
    except SystemExit as end:
        return json.loads(out.getvalue()), end.code
    return json.loads(out.getvalue()), 0


# After each act


def test_the_document_is_the_documented_after_each_act(alice_api, a_goal, database, in_days):
    goal = a_goal()
    new = stored(database, goal)
    assert_is_documented(new)
    assert (new["roadmap"], new["verification_stats"]) == (None, None)
    assert (new["streak"], new["progress"]) == (0, 0.0)
    assert (new["messages"], new["daily_verifications"]) == ([], [])

    make_roadmap(alice_api, goal)
    assert_is_documented(stored(database, goal))

    assert alice_api.post(url_of(goal) + "messages/", {"content": "Why?"}).status_code == 201
    assert_is_documented(stored(database, goal))

    assert alice_api.post(url_of(goal) + "verifications/", {}).status_code == 201
    assert_is_documented(stored(database, goal))

    for right in (0, 4):
        prove(alice_api, database, goal, right)
        assert_is_documented(stored(database, goal))
    assert len(stored(database, goal)["daily_verifications"]) == 2

    change = {"title": "Another", "target_date": in_days(40), "category": "data"}
    assert alice_api.patch(url_of(goal), change).status_code == 200
    assert_is_documented(stored(database, goal))

    make_roadmap(alice_api, goal, minutes_per_day=30)
    assert_is_documented(stored(database, goal))

    assert alice_api.patch(url_of(goal), {"status": "abandoned"}).status_code == 200
    assert_is_documented(stored(database, goal))


def test_the_contract_sees_what_is_missing_renamed_or_of_another_type(alice_api, a_goal, database):
    goal = a_goal()
    make_roadmap(alice_api, goal)
    prove(alice_api, database, goal)
    good = stored(database, goal)
    assert differences(good, GOAL_SHAPE) == []

    def broken(change):
        document = deepcopy(good)
        change(document)
        return differences(document, GOAL_SHAPE)

    assert broken(lambda goal: goal.pop("streak"))
    assert broken(lambda goal: goal.update(progress=16))
    assert broken(lambda goal: goal.update(target_date="2026-03-09T00:00:00.000000Z"))
    assert broken(lambda goal: goal["roadmap"].pop("summary"))
    assert broken(lambda goal: goal["roadmap"]["days"][0].update(day=1.0))
    assert broken(lambda goal: goal["roadmap"]["days"][0]["tasks"][0].update(minutes=1))
    assert broken(lambda goal: goal["daily_verifications"][0].update(completed_at="now"))
    assert broken(lambda goal: goal["verification_stats"].update(average_score=1))
    with pytest.raises(AssertionError):
        assert_is_documented({**good, "surprise": 1})


def test_a_person_is_the_documented_after_signing_in_and_editing(api, sms_box, database):
    api.post("/api/v1/auth/otp/", {"phone_number": "14155550199"})
    body = {"phone_number": "14155550199", "code": sms_box()[-1]["code"]}
    token = api.post("/api/v1/auth/otp/verify/", body).json()["token"]
    assert_person_is_documented(database.users.find_one({}))

    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    changes = {"name": "Dora", "email": "dora@example.org", "time_zone": "Asia/Tokyo"}
    assert api.patch("/api/v1/me/", changes).status_code == 200
    assert_person_is_documented(database.users.find_one({}))


def test_no_endpoint_shows_the_object_id(alice_api, a_goal, database):
    goal = a_goal()
    make_roadmap(alice_api, goal)
    prove(alice_api, database, goal)
    own = str(stored(database, goal)["_id"])
    for path in ("", "roadmap/", "today/", "stats/", "messages/", "verifications/"):
        answer = alice_api.get(url_of(goal) + path).content.decode()
        assert own not in answer
        assert '"_id"' not in answer
    for path in ("goals/", "me/", "me/stats/", "me/timeline/", "me/export/"):
        answer = alice_api.get("/api/v1/" + path).content.decode()
        assert own not in answer
        assert '"_id"' not in answer


# What other programs wrote

UNKNOWN = {"colour": "red", "their": {"own": [1, {"deep": True}]}}


def with_unknown_fields(goal):
    """The document with fields of another program at every level."""
    goal = {**deepcopy(goal), **deepcopy(UNKNOWN)}
    if goal.get("roadmap"):
        goal["roadmap"]["their_theme"] = "dark"
        goal["roadmap"]["days"][0]["their_mood"] = 3
        goal["roadmap"]["days"][0]["tasks"][0]["their_colour"] = "red"
    for message in goal.get("messages", ()):
        message["their_likes"] = 2
    return goal


def minimal(goal):
    return {name: goal[name] for name in REQUIRED}


VARIANTS = {
    "with dates": (with_dates(EXAMPLE_USER), with_dates(EXAMPLE_GOAL)),
    "as printed": (EXAMPLE_USER, EXAMPLE_GOAL),
    "with unknown fields": (
        {**with_dates(EXAMPLE_USER), **UNKNOWN},
        with_unknown_fields(with_dates(EXAMPLE_GOAL)),
    ),
    "as printed, with unknown fields": (EXAMPLE_USER, with_unknown_fields(EXAMPLE_GOAL)),
    "minimal": (with_dates(EXAMPLE_USER), minimal(with_dates(EXAMPLE_GOAL))),
    "minimal, as printed": (EXAMPLE_USER, minimal(EXAMPLE_GOAL)),
}


@pytest.fixture(params=VARIANTS.values(), ids=VARIANTS)
def foreign(request, database, client_of):
    """(client, goal) of the seed's examples, inserted as another program would."""
    person, goal = deepcopy(request.param)
    database.users.insert_one(person, bypass_document_validation=True)
    database.goals.insert_one(goal, bypass_document_validation=True)
    return client_of(User.objects.get(pk=person["id"])), goal


def documents(database, goal):
    return database.goals.find_one({"_id": goal["_id"]}), database.users.find_one({})


def test_reading_a_foreign_goal_works_everywhere_and_changes_nothing(foreign, database):
    api, goal = foreign
    before = documents(database, goal)

    shown = api.get(url_of(goal))
    assert shown.status_code == 200, shown.content
    body = shown.json()
    assert body["title"] == EXAMPLE_GOAL["title"]
    assert body["created_at"] == "2026-02-07T12:00:00Z"
    assert body["target_date"] == "2026-03-09T00:00:00Z"
    assert body["progress"] == goal.get("progress", 0.0)
    assert body["streak"] == 0  # as of now, and the passes of it are not there
    assert len(body["messages"]) == len(goal.get("messages", ()))
    assert body["daily_verifications"] == []
    assert body["verification_stats"] is None

    (row,) = api.get("/api/v1/goals/").json()["results"]
    assert row == {name: body[name] for name in row}
    for path in ("today/", "stats/", "messages/", "verifications/"):
        response = api.get(url_of(goal) + path)
        assert response.status_code == 200, (path, response.content)
    with_roadmap = 200 if goal.get("roadmap") else 404
    assert api.get(url_of(goal) + "roadmap/").status_code == with_roadmap
    for path in ("me/", "me/stats/", "me/timeline/", "me/export/"):
        response = api.get("/api/v1/" + path)
        assert response.status_code == 200, (path, response.content)
    assert api.get("/api/v1/me/").json()["phone_number"] == "1234567890"
    assert api.get("/api/v1/me/export/").json()["goals"][0]["id"] == goal["id"]

    assert documents(database, goal) == before


def unchanged_but(before, after, changed):
    """The names of fields that differ though they should not."""
    names = (before.keys() | after.keys()) - set(changed)
    missing = object()
    return {name for name in names if before.get(name, missing) != after.get(name, missing)}


def test_changing_a_foreign_goal_leaves_every_other_field(foreign, database, in_days):
    api, goal = foreign
    before, person = documents(database, goal)

    def after(*changed):
        nonlocal before
        now = database.goals.find_one({"_id": goal["_id"]})
        assert unchanged_but(before, now, changed) == set()
        before = now
        return now

    response = api.patch(url_of(goal), {"title": "Renamed"})
    assert response.status_code == 200, response.content
    assert after("title", "version")["title"] == "Renamed"

    messages = before.get("messages", [])
    response = api.post(url_of(goal) + "messages/", {"content": "Where am I?"})
    assert response.status_code == 201, response.content
    assert after("messages")["messages"][:-2] == messages

    # The seed's roadmap is long over: what is left may still be proved.
    if goal.get("roadmap"):
        roadmap = before["roadmap"]
        issued = api.post(url_of(goal) + "verifications/", {})
        assert issued.status_code == 201, issued.content
        after()
        test = database.verification_tests.find_one({"id": issued.json()["test_id"]})
        answers = {question["id"]: question["answer"] for question in test["questions"]}
        result = submit(api, goal, test["id"], answers)
        assert result.status_code == 200, result.content
        effects = ("streak", "progress", "daily_verifications", "verification_stats")
        ours = ("streak_until", "freezes", "days_passed", "score_total", "status", "completed_at")
        assert after(*effects, *ours)["roadmap"] == roadmap
        assert result.json()["verification_stats"]["total_tests"] == 1
        assert api.post(url_of(goal) + "roadmap/", {}).json()["code"] == "target_date_passed"
        after()

    else:
        response = api.patch(url_of(goal), {"target_date": in_days(40)})
        assert response.status_code == 200, response.content
        after("target_date", "version")
        assert api.post(url_of(goal) + "roadmap/", {}).status_code == 201
        ours = ("roadmap_outdated", "plan", "days_passed", "version", "progress")
        after("roadmap", *ours)

    response = api.patch("/api/v1/me/", {"name": "Ada"})
    assert response.status_code == 200, response.content
    now = database.users.find_one({})
    assert unchanged_but(person, now, {"name"}) == set()
    assert now["name"] == "Ada"


def test_a_roadmap_made_anew_keeps_foreign_days_whole(alice_api, a_goal, database):
    """Days that stay keep what another program wrote into them, unknown fields included."""
    goal = a_goal()
    make_roadmap(alice_api, goal)
    prove(alice_api, database, goal)
    mark = {"roadmap.their_theme": "dark", "roadmap.days.0.their_mood": 3}
    mark |= {"roadmap.days.0.tasks.0.their_colour": "red"}
    database.goals.update_one({"id": goal["id"]}, {"$set": mark})
    passed_day = stored(database, goal)["roadmap"]["days"][0]

    make_roadmap(alice_api, goal, minutes_per_day=30)

    roadmap = stored(database, goal)["roadmap"]
    assert roadmap["days"][0] == passed_day
    assert roadmap["their_theme"] == "dark"


def test_what_another_program_pushes_between_acts_is_kept(alice_api, a_goal, database):
    goal = a_goal()
    make_roadmap(alice_api, goal)
    pushed = {"content": "Hello", "is_user": True, "timestamp": "2026-02-07T12:30:00.000000Z"}
    entry = {
        "date": "2026-01-01",
        "test_id": new_id(),
        "questions_count": 3,
        "score": 1.0,
        "passed": True,
        "completed_at": datetime(2026, 1, 1, 12, tzinfo=UTC),
    }
    for number in range(3):
        push = {"messages": {**pushed, "content": f"Hello {number}"}}
        database.goals.update_one({"id": goal["id"]}, {"$push": push})
        alice_api.post(url_of(goal) + "messages/", {"content": f"Mine {number}"})
    database.goals.update_one({"id": goal["id"]}, {"$push": {"daily_verifications": entry}})
    prove(alice_api, database, goal)
    make_roadmap(alice_api, goal)
    alice_api.patch(url_of(goal), {"title": "Another"})

    now = stored(database, goal)
    mine = [message["content"] for message in now["messages"] if message["is_user"]]
    assert mine == ["Hello 0", "Mine 0", "Hello 1", "Mine 1", "Hello 2", "Mine 2"]
    assert now["daily_verifications"][0]["test_id"] == entry["test_id"]
    assert len(now["daily_verifications"]) == 2
    newest_first = alice_api.get(url_of(goal) + "messages/").json()["results"]
    assert [message["content"] for message in newest_first[::-1] if message["is_user"]] == mine


# check_database


def test_check_database_finds_nothing_in_what_the_acts_write(alice_api, a_goal, database):
    goal = a_goal()
    make_roadmap(alice_api, goal)
    prove(alice_api, database, goal, 1)
    prove(alice_api, database, goal)
    assert check_database() == ([], 0)


def test_check_database_finds_and_converts_the_other_shapes(database):
    person = EXAMPLE_USER
    goal = {
        **deepcopy(EXAMPLE_GOAL),
        "daily_verifications": [
            {
                "date": datetime(2026, 2, 7, tzinfo=UTC),
                "test_id": new_id(),
                "questions_count": 4,
                "score": 0.75,
                "passed": True,
                "completed_at": "2026-02-07T18:00:00.000000Z",
            }
        ],
        "verification_stats": None,
    }
    goal["roadmap"]["days"][0]["date"] = datetime(2026, 2, 7, tzinfo=UTC)
    goal["messages"][0]["timestamp"] = datetime(2026, 2, 7, 12, 30, tzinfo=UTC)
    database.users.insert_one(person, bypass_document_validation=True)
    database.goals.insert_one(goal, bypass_document_validation=True)

    findings, code = check_database()
    assert code == 1
    problems = " ".join(row["problem"] for row in findings)
    for path in (
        *("created_at", "target_date", "daily_verifications.0.completed_at"),
        *("daily_verifications.0.date", "messages.0.timestamp", "roadmap.days.0.date"),
        "verification_stats",
    ):
        assert path in problems
    assert {row["collection"] for row in findings} == {"users", "goals"}
    assert not any(row["fixed"] for row in findings)

    fixed, code = check_database("--fix")
    assert code == 0
    assert all(row["fixed"] for row in fixed)
    assert check_database() == ([], 0)
    mended = database.goals.find_one({"id": goal["id"]})
    assert differences(mended, GOAL_SHAPE) == []
    assert mended["target_date"].date().isoformat() == "2026-03-09"
    assert mended["messages"][0]["timestamp"] == "2026-02-07T12:30:00.000000Z"
    assert mended["verification_stats"]["average_score"] == 0.75
    assert_person_is_documented(database.users.find_one({}))


def test_check_database_finds_what_nobody_can_guess(database):
    stray = {**with_dates(EXAMPLE_GOAL), "title": 5}
    database.goals.insert_one(stray, bypass_document_validation=True)
    findings, code = check_database("--fix")
    assert code == 1
    problems = {row["problem"] for row in findings if not row["fixed"]}
    assert "does not fit the documented schema" in problems
    assert f"user_id names nobody: {stray['user_id']}" in problems


# Validators

WRONG_GOALS = [
    ("id", "6"),
    ("id", "660E8400-E29B-41D4-A716-446655440001"),
    ("user_id", ObjectId()),
    ("title", ""),
    ("title", 5),
    ("description", ""),
    ("description", None),
    ("target_date", "2026-03-09T00:00:00.000000Z"),
    ("created_at", "2026-02-07"),
    ("streak", -1),
    ("streak", 1.5),
    ("streak", "5"),
    ("progress", 100.1),
    ("progress", -0.1),
    ("progress", "16.67"),
    ("roadmap", []),
    ("roadmap", {"total_days": "30"}),
    ("roadmap", {"summary": 1}),
    ("roadmap", {"days": {}}),
    ("roadmap", {"days": [{"day": 0}]}),
    ("roadmap", {"days": [{"date": datetime(2026, 2, 7, tzinfo=UTC)}]}),
    ("roadmap", {"days": [{"tasks": [{"task": 1}]}]}),
    ("roadmap", {"days": [{"tasks": [{"duration_minutes": 1.5}]}]}),
    ("roadmap", {"days": [{"tasks": [{"resources": [1]}]}]}),
    ("messages", None),
    ("messages", [{"content": 1}]),
    ("messages", [{"is_user": 1}]),
    ("messages", [{"timestamp": datetime(2026, 2, 7, tzinfo=UTC)}]),
    ("daily_verifications", {}),
    ("daily_verifications", [{"date": "7 February"}]),
    ("daily_verifications", [{"test_id": "1"}]),
    ("daily_verifications", [{"questions_count": 0}]),
    ("daily_verifications", [{"score": 1.1}]),
    ("daily_verifications", [{"passed": "yes"}]),
    ("daily_verifications", [{"completed_at": "2026-02-07T12:00:00.000000Z"}]),
    ("verification_stats", {"total_tests": -1}),
    ("verification_stats", {"average_score": 2}),
    ("verification_stats", {"perfect_scores": 0.5}),
]


@pytest.mark.parametrize(("name", "value"), WRONG_GOALS)
def test_the_goals_validator_refuses(database, name, value):
    good = with_dates(EXAMPLE_GOAL)
    with pytest.raises(WriteError, match="validation"):
        database.goals.insert_one({**good, name: value})
    database.goals.insert_one(good)
    with pytest.raises(WriteError, match="validation"):
        database.goals.update_one({"_id": good["_id"]}, {"$set": {name: value}})


@pytest.mark.parametrize("name", [name for name in REQUIRED if name != "_id"])
def test_the_goals_validator_refuses_without(database, name):
    good = with_dates(EXAMPLE_GOAL)
    del good[name]
    with pytest.raises(WriteError, match="validation"):
        database.goals.insert_one(good)


WRONG_PEOPLE = [
    ("id", "5"),
    ("phone_number", 1234567890),
    ("phone_number", "123456789"),
    ("phone_number", "1234567890123456"),
    ("phone_number", "+1234567890"),
    ("created_at", "2026-02-07T12:00:00.000000Z"),
]


@pytest.mark.parametrize(("name", "value"), WRONG_PEOPLE)
def test_the_users_validator_refuses(database, name, value):
    good = with_dates(EXAMPLE_USER)
    with pytest.raises(WriteError, match="validation"):
        database.users.insert_one({**good, name: value})
    with pytest.raises(WriteError, match="validation"):
        database.users.insert_one({key: good[key] for key in good if key != name})
    database.users.insert_one(good)


def test_the_validators_take_the_documented_and_what_is_added(database):
    goal = with_unknown_fields(with_dates(EXAMPLE_GOAL))
    database.goals.insert_one(goal)
    database.goals.update_one({}, {"$set": {"streak": 5.0, "progress": 17}})  # any number will do
    for name in ("roadmap", "verification_stats"):
        database.goals.update_one({}, {"$set": {name: None}})
    for name in ("streak", "progress", "roadmap", "messages", "verification_stats"):
        assert database.goals.update_one({}, {"$unset": {name: ""}}).modified_count == 1
    database.users.insert_one({**with_dates(EXAMPLE_USER), **UNKNOWN})


def test_an_older_document_with_text_dates_stays_updatable(database):
    database.goals.insert_one(deepcopy(EXAMPLE_GOAL), bypass_document_validation=True)
    message = deepcopy(EXAMPLE_GOAL["messages"][0])
    pushed = database.goals.update_one({}, {"$push": {"messages": message}})
    assert pushed.modified_count == 1


@pytest.mark.parametrize(("name", "schema"), [("users", USERS), ("goals", GOALS)])
def test_the_validator_installed_is_the_models_at_moderate(database, name, schema):
    assert validators.installed(database, name) == schema
    options = database[name].options()
    assert options["validationLevel"] == "moderate"
    assert options["validationAction"] == "error"


# Indexes

INDEXES = [
    ("users", "phone_number_index", [("phone_number", 1)], True),
    ("users", "id_index", [("id", 1)], True),
    ("goals", "id_index", [("id", 1)], True),
    ("goals", "user_id_index", [("user_id", 1)], False),
    ("goals", "user_id_created_index", [("user_id", 1), ("created_at", -1)], False),
]


@pytest.mark.parametrize(("collection", "name", "key", "unique"), INDEXES)
def test_the_indexes_of_the_seed_are_there(database, collection, name, key, unique):
    index = database[collection].index_information()[name]
    assert index["key"] == key
    assert index.get("unique", False) is unique
    assert index.keys() <= {"v", "key", "unique"}  # neither partial nor sparse


def test_phone_numbers_and_ids_are_unique(database):
    person, goal = with_dates(EXAMPLE_USER), with_dates(EXAMPLE_GOAL)
    database.users.insert_one(person)
    database.goals.insert_one(goal)
    other = {**person, "_id": ObjectId()}
    with pytest.raises(DuplicateKeyError):
        database.users.insert_one({**other, "id": new_id()})
    with pytest.raises(DuplicateKeyError):
        database.users.insert_one({**other, "phone_number": "1234567891"})
    with pytest.raises(DuplicateKeyError):
        database.goals.insert_one({**goal, "_id": ObjectId()})
