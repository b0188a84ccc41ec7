"""`manage.py check_database`: indexes, validators and goals. People: tests/accounts/test_checkup.py."""

import json
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from accounts.schemas import USERS
from doit_site import clock
from doit_site.mongo import validators
from doit_site.mongo.fields import new_id
from goals.schemas import GOALS
from tests.foreign import COMPLETE_GOAL, MINIMAL_GOAL, TEXT_DATED_GOAL, insert, stored

NOBODY = "6f9619ff-8b86-4011-b42d-00c04fc964ff"


def check(*options, output_format="json"):
    """(exit code, the findings as (collection, id, problem, fixed)), or the text."""
    output, code = StringIO(), 0
    try:
        call_command("check_database", *options, "--format", output_format, stdout=output)
    except SystemExit as end:
        code = end.code
    if output_format == "text":
        return code, output.getvalue().splitlines()
    rows = json.loads(output.getvalue())
    return code, [(row["collection"], row["id"], row["problem"], row["fixed"]) for row in rows]


def mends(*findings):
    """Without --fix each is told, with it each is mended, and then nothing is wrong."""
    assert check() == (1, [(*finding, False) for finding in findings])
    assert check("--fix") == (0, [(*finding, True) for finding in findings])
    assert check() == (0, [])


@pytest.fixture
def goals(database):
    return database.goals


def test_a_database_that_was_just_migrated_is_right(db):
    assert check() == (0, [])
    assert check(output_format="text") == (0, ["Nothing is wrong."])


def test_what_the_product_itself_writes_is_right(alice_api, a_goal, database):
    goal = a_goal()
    url = f"/api/v1/goals/{goal['id']}/"
    assert alice_api.post(url + "roadmap/").status_code == 201
    assert alice_api.post(url + "messages/", {"content": "Hello"}).status_code == 201
    test_id = alice_api.post(url + "verifications/").json()["test_id"]
    test = database.verification_tests.find_one({"id": test_id})
    answers = {question["id"]: question["answer"] for question in test["questions"]}
    answers["q1"] = (answers["q1"] + 1) % 4
    body = {"answers": answers}
    assert alice_api.post(f"{url}verifications/{test_id}/answers/", body).json()["passed"]
    assert check() == (0, [])


def test_the_text_names_what_is_wrong_and_what_was_fixed(goals, alice):
    row = insert(goals, MINIMAL_GOAL, user_id=alice.pk, created_at="2026-02-07")
    line = f"goals {row['id']} created_at is a str"
    assert check(output_format="text")[1] == [f"WRONG {line}"]
    assert check("--fix", output_format="text") == (0, [f"fixed {line}"])


# Indexes and validators


def test_a_missing_index_is_made(goals):
    before = goals.index_information()
    goals.drop_index("user_id_created_index")
    mends(("goals", "", "index user_id_created_index is missing"))
    assert goals.index_information() == before


@pytest.mark.parametrize(
    ("name", "keys", "options"),
    [
        ("token_hash_index", [("token_hash", 1)], {}),
        ("token_hash_index", [("token_hash", -1)], {"unique": True}),
        ("expires_at_ttl", [("expires_at", 1)], {"expireAfterSeconds": 3600}),
        ("user_id_created_id_index", [("user_id", 1), ("created_at", -1)], {}),
    ],
)
def test_an_index_that_differs_is_made_anew(database, name, keys, options):
    before = database.sessions.index_information()
    database.sessions.drop_index(name)
    database.sessions.create_index(keys, name=name, **options)
    mends(("sessions", "", f"index {name} differs from the model's"))
    assert database.sessions.index_information() == before


def test_an_index_under_another_name_stands_in_the_way_of_ours(goals):
    goals.drop_index("user_id_index")
    goals.create_index([("user_id", 1)], name="user_id_1")
    code, [(collection, _, problem, fixed)] = check("--fix")
    try:
        assert (code, collection, fixed) == (0, "goals", True)
        assert "user_id_index" in problem
        assert "user_id_index" in goals.index_information()
        assert check() == (0, [])
    finally:
        if "user_id_1" in goals.index_information():
            goals.drop_index("user_id_1")
        check("--fix")


def test_an_index_that_two_documents_forbid_is_told_and_the_rest_is_mended(database, goals):
    goals.drop_index("user_id_created_index")
    database.sessions.drop_index("token_hash_index")
    owner = new_id()
    for _ in range(2):
        database.sessions.insert_one({"id": new_id(), "user_id": owner, "token_hash": "same"})
    try:
        code, findings = check("--fix")
        assert code == 1
        told = {
            (collection, fixed) for collection, _, problem, fixed in findings if "index" in problem
        }
        assert told == {("goals", True), ("sessions", False)}
    finally:
        database.sessions.delete_many({})
        check("--fix")
    assert check() == (0, [])


def test_indexes_of_others_are_left_alone(goals):
    goals.create_index("description", name="of another program")
    try:
        assert check("--fix") == (0, [])
        assert "of another program" in goals.index_information()
    finally:
        goals.drop_index("of another program")


@pytest.mark.parametrize(("name", "schema"), [("users", USERS), ("goals", GOALS)])
@pytest.mark.parametrize("other", [None, {"bsonType": "object"}])
def test_a_validator_that_is_missing_or_differs_is_installed(database, name, schema, other):
    validators.install(database, name, other)
    try:
        mends((name, "", "validator is missing or differs"))
    finally:
        validators.install(database, name, schema)


@pytest.mark.parametrize(
    "loose",
    [{"validationAction": "warn"}, {"validationLevel": "off"}, {"validationLevel": "strict"}],
)
def test_a_validator_at_another_level_is_installed_anew(database, loose):
    database.command("collMod", "goals", **loose)
    try:
        mends(("goals", "", "validator is missing or differs"))
    finally:
        validators.install(database, "goals", GOALS)


# Goals: pauses and freezes


def test_a_pause_without_end_freezes_that_cannot_be_and_dates_in_the_other_shape(goals, alice):
    moment = datetime(2026, 2, 9)
    row = insert(goals, MINIMAL_GOAL, user_id=alice.pk, status="paused", freezes=7)
    dated = {
        "paused_until": moment,
        "status": "paused",
        "pauses": [{"from": moment, "until": moment}],
    }
    other = insert(goals, MINIMAL_GOAL, user_id=alice.pk, **dated)
    _, findings = check("--fix")
    assert {(problem, fixed) for *_, problem, fixed in findings} == {
        ("wrong status, freezes", True),
        ("paused_until is a datetime", True),
        ("pauses.0.from is a datetime", True),
        ("pauses.0.until is a datetime", True),
    }
    assert (stored(goals, row)["status"], stored(goals, row)["freezes"]) == ("active", 2)
    assert stored(goals, other)["paused_until"] == "2026-02-09"
    assert check() == (0, [])


# Goals: times


def test_texts_and_dates_in_each_others_place_are_converted(goals, alice):
    row = insert(goals, TEXT_DATED_GOAL, user_id=alice.pk)
    code, findings = check()
    assert code == 1
    told = {problem for _, _, problem, _ in findings}
    assert told >= {
        "created_at is a str",
        "target_date is a str",
        "daily_verifications.0.completed_at is a str",
        "daily_verifications.0.date is a datetime",
        "messages.0.timestamp is a datetime",
        "roadmap.days.0.date is a datetime",
    }
    assert stored(goals, row) == row
    code, findings = check("--fix")
    assert code == 0
    assert {fixed for *_, fixed in findings} == {True}
    now = stored(goals, row)
    assert now["created_at"] == datetime(2026, 2, 7, 12)
    assert now["target_date"] == datetime(2027, 3, 9)
    assert now["roadmap"]["days"][0]["date"] == "2026-02-07"
    assert now["messages"] == [
        {"content": "Hi", "is_user": True, "timestamp": "2026-02-07T12:30:00.000000Z"}
    ]
    entry = now["daily_verifications"][0]
    assert (entry["date"], entry["completed_at"]) == ("2026-02-07", datetime(2026, 2, 7, 13))
    assert entry["device"] == "phone"
    assert now["crm"] == row["crm"]
    assert goals.count_documents({"$jsonSchema": GOALS}) == 1
    assert check() == (0, [])


@pytest.mark.parametrize(
    "fields",
    [
        {"target_date": "some day"},
        {"daily_verifications": [{"date": "2026-02-07", "completed_at": "noon"}]},
        {"messages": [{"content": "Hi", "is_user": True, "timestamp": 17}]},
        {"title": ""},
        {"title": None},
        {"user_id": 7},
        {"progress": 101.0},
        {"roadmap": "none"},
        {"roadmap": {"days": "none"}},
        {"roadmap": {"days": ["one"]}},
        {"messages": "none"},
        {"messages": ["Hi"]},
        {"daily_verifications": [7]},
        {"daily_verifications": {"0": {}}},
        {"verification_stats": "good"},
        {"verification_stats": {"total_tests": "many"}},
        {"daily_verifications": [{"date": "2026-02-07", "score": "high", "passed": True}]},
    ],
)
def test_what_nobody_can_guess_right_is_told_and_left(goals, alice, fields):
    row = insert(goals, MINIMAL_GOAL, **{"user_id": alice.pk, **fields})
    code, findings = check("--fix")
    assert code == 1
    assert findings
    assert {(name, ident) for name, ident, _, _ in findings} == {("goals", row["id"])}
    assert not all(fixed for *_, fixed in findings)
    now = stored(goals, row)
    assert {name: now[name] for name in fields} == {name: row[name] for name in fields}


def test_a_text_date_does_not_hide_what_else_is_wrong(goals, alice):
    insert(goals, MINIMAL_GOAL, user_id=alice.pk, created_at="some day", title="")
    problems = [problem for _, _, problem, _ in check()[1]]
    assert "created_at is a str" in problems
    assert "does not fit the documented schema" in problems


# Goals: figures


def goal_with(goals, alice, **fields):
    return insert(goals, COMPLETE_GOAL, user_id=alice.pk, **fields)


def test_wrong_statistics_are_reckoned_anew(goals, alice):
    wrong = {**COMPLETE_GOAL["verification_stats"], "passed": 0, "average_score": 0.1}
    row = goal_with(goals, alice, verification_stats=wrong)
    mends(("goals", row["id"], "wrong verification_stats"))
    stats = stored(goals, row)["verification_stats"]
    assert (stats["total_tests"], stats["passed"], stats["average_score"]) == (1, 1, 1.0)


def test_what_another_program_keeps_in_the_statistics_stays(goals, alice):
    wrong = {**COMPLETE_GOAL["verification_stats"], "passed": 0}
    row = goal_with(goals, alice, verification_stats=wrong)
    assert check("--fix")[0] == 0
    assert stored(goals, row) == {**row, "verification_stats": COMPLETE_GOAL["verification_stats"]}


def test_absent_statistics_are_reckoned(goals, alice):
    row = goal_with(goals, alice, verification_stats=None)
    mends(("goals", row["id"], "wrong verification_stats"))
    assert stored(goals, row)["verification_stats"]["total_tests"] == 1


def test_more_tests_counted_than_kept_is_the_other_programs_business(goals, alice):
    stats = {**COMPLETE_GOAL["verification_stats"], "total_tests": 15, "passed": 14, "failed": 1}
    row = goal_with(goals, alice, verification_stats=stats)
    assert check("--fix") == (0, [])
    assert stored(goals, row) == row


def test_wrong_progress_is_reckoned_anew(goals, alice):
    row = goal_with(goals, alice, progress=99.0)
    mends(("goals", row["id"], "wrong progress"))
    assert stored(goals, row) == {**row, "progress": 50.0}


def test_goals_without_figures_are_right(goals, alice):
    goal_with(goals, alice)
    insert(goals, MINIMAL_GOAL, user_id=alice.pk)
    assert check() == (0, [])


# References


def test_a_goal_without_owner_is_told_and_kept(goals):
    row = insert(goals, COMPLETE_GOAL, user_id=NOBODY)
    finding = ("goals", row["id"], f"user_id names nobody: {NOBODY}", False)
    assert check() == (1, [finding])
    assert check("--fix") == (1, [finding])
    assert stored(goals, row) == row


def test_tests_of_no_goal_and_sessions_of_nobody_are_deleted(goals, alice, database):
    goal = goal_with(goals, alice)
    later = clock.now() + timedelta(hours=1)
    rows = [
        {"id": new_id(), "goal_id": goal_id, "user_id": alice.pk, "date": "2026-02-07"}
        | {"attempt": 1, "expires_at": later}
        for goal_id in (goal["id"], NOBODY)
    ]
    database.verification_tests.insert_many(rows)
    session = {"id": new_id(), "user_id": NOBODY, "token_hash": "x", "expires_at": later}
    database.sessions.insert_one(session)
    mends(
        ("sessions", session["id"], f"user_id names nobody: {NOBODY}"),
        ("verification_tests", rows[1]["id"], f"goal_id names nobody: {NOBODY}"),
    )
    assert [row["id"] for row in database.verification_tests.find()] == [rows[0]["id"]]
