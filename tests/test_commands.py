"""The manage.py commands: what they print, do and refuse; and how start-up fails."""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import connection

from accounts import sessions
from doit_site import clock
from tests.foreign import COMPLETE_GOAL, MINIMAL_GOAL, MINIMAL_PERSON, insert, stored

ROOT = Path(__file__).parents[1]
OURS = {"doit_site", "accounts", "goals", "groups"}
OUR_COMMANDS = sorted((app, name) for name, app in get_commands().items() if app in OURS)
NOBODY = "6f9619ff-8b86-4011-b42d-00c04fc964ff"


def run(*arguments, **options):
    """What the command prints."""
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def refusal(*arguments):
    """The one line with which the command fails."""
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    line = str(caught.value)
    assert line
    assert "\n" not in line
    return line


# Help


def test_our_commands_are_found():
    assert {name for _, name in OUR_COMMANDS} >= {
        "quickstart",
        "seed_demo",
        "create_token",
        "generate_roadmap",
        "refresh_streaks",
        "check_database",
        "backup",
        "restore",
        "cleanup",
        "export_user",
    }


@pytest.mark.parametrize(("app", "name"), OUR_COMMANDS)
def test_help_has_an_example_that_can_be_typed(app, name):
    parser = load_command_class(app, name).create_parser("manage.py", name)
    words = " ".join(parser.format_help().split())
    example = re.search(rf"Example: manage\.py {name}((?: [^ ]+)*)", words)
    assert example
    typed = example[1].split(" options:")[0].split(" positional")[0].split(" >")[0].split()
    parser.parse_args(typed)  # ends the process when it cannot be typed


# create_token


@pytest.mark.parametrize("phone", ["14155550101", "+1 (415) 555-0101"])
def test_create_token_prints_a_token_that_works(alice, api, phone):
    token = run("create_token", phone).strip()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    answer = api.get("/api/v1/me/")
    assert answer.status_code == 200
    assert answer.json()["id"] == alice.pk


def test_create_token_of_nobody(db):
    assert "+19995550000" in refusal("create_token", "+1 999 555 0000")


@pytest.mark.parametrize("phone", ["", "12", "letters", "1" * 16])
def test_create_token_of_no_number(db, phone):
    assert "10 to 15 digits" in refusal("create_token", phone)


def test_create_token_of_a_suspended_person(alice, database):
    database.users.update_one({"id": alice.pk}, {"$set": {"status": "suspended"}})
    assert "suspended" in refusal("create_token", "14155550101")
    assert database.sessions.count_documents({}) == 0


# export_user


def test_export_user_prints_what_the_api_exports(alice_api, a_goal):
    url = f"/api/v1/goals/{a_goal()['id']}/"
    assert alice_api.post(url + "roadmap/").status_code == 201
    assert alice_api.post(url + "messages/", {"content": "Grüße, ✓"}).status_code == 201
    assert alice_api.post(url + "verifications/").status_code == 201
    printed = run("export_user", "+1 415 555 0101")
    assert "Grüße, ✓" in printed
    exported = alice_api.get("/api/v1/me/export/").json()
    mine = json.loads(printed)
    assert mine.pop("exported_at") <= exported.pop("exported_at")
    assert mine == exported
    assert mine["goals"][0]["messages"]


def test_export_user_of_another_programs_documents(database):
    person = insert(database.users, MINIMAL_PERSON)
    goal = insert(database.goals, COMPLETE_GOAL, user_id=person["id"])
    data = json.loads(run("export_user", person["phone_number"]))
    assert data["profile"]["id"] == person["id"]
    assert data["goals"][0]["id"] == goal["id"]
    assert data["goals"][0]["crm"] == goal["crm"]


def test_export_user_of_nobody(db):
    assert "+19995550000" in refusal("export_user", "19995550000")


# generate_roadmap


def test_generate_roadmap_prints_and_stores_it(a_goal, database):
    goal = a_goal()
    printed = run("generate_roadmap", goal["id"], "--minutes", "45")
    days = database.goals.find_one({"id": goal["id"]})["roadmap"]["days"]
    lines = printed.splitlines()
    assert len(lines) == 1 + len(days) == 31
    assert lines[1].split()[:2] == ["1", days[0]["date"]]
    assert lines[-1].endswith(days[-1]["title"])


def test_generate_roadmap_as_json(a_goal, database):
    goal = a_goal()
    printed = json.loads(run("generate_roadmap", goal["id"], "--format", "json"))
    assert printed == database.goals.find_one({"id": goal["id"]})["roadmap"]


@pytest.mark.parametrize("ident", [NOBODY, "nonsense", ""])
def test_generate_roadmap_of_no_goal(db, ident):
    assert "There is no goal" in refusal("generate_roadmap", ident)


def test_generate_roadmap_of_a_goal_without_owner(database):
    goal = insert(database.goals, COMPLETE_GOAL, user_id=NOBODY)
    assert goal["id"] in refusal("generate_roadmap", goal["id"])
    assert stored(database.goals, goal) == goal


@pytest.mark.parametrize("minutes", ["9", "241", "-1", "much"])
def test_generate_roadmap_with_impossible_minutes(a_goal, database, minutes):
    goal = a_goal()
    assert "minutes" in refusal("generate_roadmap", goal["id"], f"--minutes={minutes}")
    assert database.goals.find_one({"id": goal["id"]})["roadmap"] is None


def test_generate_roadmap_after_the_target_date(alice, database):
    past = datetime(2026, 1, 1, tzinfo=UTC)
    goal = insert(database.goals, COMPLETE_GOAL, user_id=alice.pk, target_date=past)
    assert "target date" in refusal("generate_roadmap", goal["id"])
    assert stored(database.goals, goal) == goal


# refresh_streaks


def pass_on(*days_ago):
    today = clock.now().date()
    return [
        {**COMPLETE_GOAL["daily_verifications"][0], "date": f"{today - timedelta(days=ago)}"}
        for ago in days_ago
    ]


def test_refresh_streaks_counts_what_another_program_pushed(alice, database):
    goals = database.goals
    pushed = insert(goals, MINIMAL_GOAL, user_id=alice.pk, streak=0)
    goals.update_one(
        {"_id": pushed["_id"]}, {"$push": {"daily_verifications": {"$each": pass_on(2, 1, 0)}}}
    )
    over = insert(
        goals, MINIMAL_GOAL, user_id=alice.pk, streak=9, daily_verifications=pass_on(4, 3, 2)
    )
    lost = insert(goals, MINIMAL_GOAL, user_id=NOBODY, streak=0, daily_verifications=pass_on(1))
    printed = run("refresh_streaks")
    assert printed.strip() == "3 goals, 3 changed."
    assert [stored(goals, row)["streak"] for row in (pushed, over, lost)] == [3, 0, 1]
    today = clock.now().date()
    assert stored(goals, pushed)["streak_until"] == f"{today}"
    assert stored(goals, over)["streak_until"] is None


def test_refresh_streaks_touches_nothing_else_and_nothing_twice(alice, database):
    goal = insert(database.goals, {**COMPLETE_GOAL, "streak": 5}, user_id=alice.pk)
    assert json.loads(run("refresh_streaks", "--format=json")) == {"goals": 1, "changed": 1}
    once = stored(database.goals, goal)
    assert once == {**goal, "streak": 0, "streak_until": None, "freezes": 0}
    assert json.loads(run("refresh_streaks", "--format=json")) == {"goals": 1, "changed": 0}
    assert stored(database.goals, goal) == once


def test_refresh_streaks_of_no_goals(db):
    assert run("refresh_streaks").strip() == "0 goals, 0 changed."


# cleanup


def test_cleanup_deletes_what_has_expired_and_nothing_else(alice, database):
    sessions.open_session(user_id=alice.pk)
    database.client.admin.command("setParameter", 1, ttlMonitorEnabled=False)
    try:
        with clock.at(clock.now() - timedelta(days=8)):
            sessions.open_session(user_id=alice.pk)
        row = {"_id": "old", "count": 1, "expires_at": clock.now() - timedelta(seconds=1)}
        database.rate_limits.insert_one(row)
        database.rate_limits.insert_one(
            {"_id": "new", "expires_at": clock.now() + timedelta(hours=1)}
        )
        database.admin_sessions.insert_one({"session_key": "x", "expire_date": clock.now()})
        deleted = json.loads(run("cleanup", "--format", "json"))
        assert {name: count for name, count in deleted.items() if count} == {
            "sessions": 1,
            "rate_limits": 1,
            "admin_sessions": 1,
        }
        assert set(deleted) >= {"sign_in_codes", "password_resets", "verification_tests"}
        assert database.sessions.count_documents({}) == 1
        assert [row["_id"] for row in database.rate_limits.find()] == ["new"]
        assert "sessions: 0" in run("cleanup").splitlines()
        assert database.users.count_documents({}) == 1
    finally:
        database.client.admin.command("setParameter", 1, ttlMonitorEnabled=True)


# Start-up, in processes of their own


PRODUCTION = {
    "DEBUG": "false",
    "SECRET_KEY": "a-key-for-this-test-0123456789-abcdefghijk-ABCDEFGHIJK",
    "ALLOWED_HOSTS": "doit.example",
    "PUBLIC_URL": "https://doit.example",
    "MONGODB_URI": "mongodb://db.example/?replicaSet=rs0",
    "EMAIL_URL": "smtp://mail.example",
    "SMS_BACKEND": "twilio",
    "TWILIO_ACCOUNT_SID": "AC0",
    "TWILIO_AUTH_TOKEN": "0",
    "TWILIO_FROM": "15550000000",
}


@pytest.fixture(scope="session")
def copy(tmp_path_factory):
    """The code without the .env of this machine, which would supply what a test leaves out."""
    folder = tmp_path_factory.mktemp("copy")
    for name in (*OURS, "manage.py"):
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


def manage(folder, *arguments, **environment):
    kept = ("PATH", "HOME", "LANG", "PYTHONPATH", "VIRTUAL_ENV")
    base = {name: os.environ[name] for name in kept if name in os.environ}
    coverage = {name: value for name, value in os.environ.items() if name.startswith("COV")}
    return subprocess.run(
        [sys.executable, "-W", "error", "manage.py", *arguments],
        cwd=folder,
        env={**base, **coverage, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def only_line(process):
    """The one line that a failed process leaves on stderr."""
    assert process.returncode == 1, process.stderr
    assert process.stdout == ""
    [line] = process.stderr.splitlines()
    return line


def test_production_passes_djangos_deployment_checks(copy):
    done = manage(copy, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    ("name", "value"), [("SECRET_KEY", ""), ("ALLOWED_HOSTS", " "), ("MONGODB_URI", "")]
)
def test_a_command_without_a_value_that_production_needs_names_it(copy, name, value):
    """Every value: tests/site/test_environment.py."""
    line = only_line(manage(copy, "check", **PRODUCTION | {name: value}))
    assert line.startswith(f"DoIt cannot start: {name} is not set")


def test_without_any_environment_it_is_production(copy):
    assert "SECRET_KEY" in only_line(manage(copy, "check"))


def test_development_needs_nothing(copy):
    done = manage(copy, "check", DEBUG="true")
    assert done.returncode == 0, done.stderr


def test_the_env_file_supplies_what_the_environment_does_not(copy, tmp_path):
    shutil.copytree(copy, tmp_path / "main", ignore=shutil.ignore_patterns("__pycache__"))
    rows = [f"{name}='{value}'" for name, value in PRODUCTION.items()]
    (tmp_path / "main" / ".env").write_text("\n".join(rows) + "\nQUESTIONS_PER_TEST=0\n")
    assert "QUESTIONS_PER_TEST" in only_line(manage(tmp_path / "main", "check"))
    done = manage(tmp_path / "main", "check", QUESTIONS_PER_TEST="3")
    assert done.returncode == 0, done.stderr


def test_the_example_env_file_starts(copy, tmp_path):
    shutil.copytree(copy, tmp_path / "main", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".env.example", tmp_path / "main" / ".env")
    done = manage(tmp_path / "main", "check")
    assert done.returncode == 0, done.stderr


DEAD = "mongodb://dora:secret-word@127.0.0.1:1/?replicaSet=x&serverSelectionTimeoutMS=300"


@pytest.fixture
def dead_database(db):
    """Within the test, this process's client reaches nothing."""
    before = connection.settings_dict
    connection.close_pool()
    options = {**before["OPTIONS"], "serverSelectionTimeoutMS": 100}
    connection.settings_dict = {**before, "HOST": "mongodb://127.0.0.1:1/", "OPTIONS": options}
    yield
    connection.close_pool()
    connection.settings_dict = before


@pytest.mark.parametrize(
    "arguments",
    [
        ("create_token", "14155550101"),
        ("export_user", "14155550101"),
        ("generate_roadmap", NOBODY),
        ("refresh_streaks",),
        ("cleanup",),
        ("check_database", "--fix"),
        ("backup", "backup"),
        ("restore", "backup"),
        ("seed_demo",),
    ],
)
def test_without_a_database_a_command_fails_with_one_line(dead_database, arguments):
    assert "MongoDB does not answer" in refusal(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [("create_token", "14155550101"), ("quickstart", "--port", "18437"), ("migrate",)],
)
def test_a_command_with_a_dead_database_ends_in_one_line(copy, arguments):
    done = manage(copy, *arguments, **PRODUCTION | {"MONGODB_URI": DEAD})
    assert done.returncode == 1
    lines = [line for line in (done.stderr + done.stdout).splitlines() if line]
    assert len(lines) == 1, lines
    assert "MongoDB does not answer" in lines[0]
    assert "secret-word" not in lines[0]
    assert lines[0].count("(") == lines[0].count(")")


def test_a_uri_that_cannot_be_read_ends_in_one_line(copy):
    line = only_line(manage(copy, "cleanup", **PRODUCTION | {"MONGODB_URI": "http://nothing"}))
    assert "MONGODB_URI" in line


@pytest.mark.parametrize(
    "arguments", [("create_token",), ("check_database", "--mend"), ("cleanup", "--format", "xml")]
)
def test_wrong_arguments_end_with_the_usage(copy, arguments):
    done = manage(copy, *arguments, **PRODUCTION)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: manage.py")
    assert "Traceback" not in done.stderr
