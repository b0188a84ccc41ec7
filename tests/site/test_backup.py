"""`manage.py backup` and `restore`, over the product's own data. Their engine: tests/mongo/test_dump.py."""

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import StringIO
from itertools import count
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from accounts.models import User
from doit_site.commands import stopped_cleanly
from doit_site.mongo import checkup
from doit_site.mongo.client import get_db
from doit_site.mongo.dump import layout, restoring, writing
from tests.conftest import Client
from tests.goals.steps import answers_of, ask, make_roadmap, prove, submit, until

ROOT = Path(__file__).parents[2]
WRITERS = 2


def run(*arguments):
    """What the command prints."""
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def refusal(*arguments):
    """The one line with which the command fails."""
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    line = str(caught.value)
    assert line
    assert "\n" not in line
    return line


@pytest.fixture
def elsewhere(db):
    """Within elsewhere() everything uses another database, as with another DATABASE_NAME."""
    here = connection.settings_dict["NAME"]
    there = f"{here}_restored"

    @contextmanager
    def use(name=there):
        connection.settings_dict["NAME"] = name
        connection.close_pool()
        try:
            yield get_db()
        finally:
            connection.settings_dict["NAME"] = here
            connection.close_pool()

    get_db().client.drop_database(there)
    yield use
    get_db().client.drop_database(there)


@pytest.fixture
def proved(alice_api, a_goal, database):
    """A goal of alice's with a day proved."""
    goal = a_goal()
    make_roadmap(alice_api, goal)
    prove(alice_api, database, goal, 4)
    return goal


# There and back


def test_a_backup_restored_is_the_same_product(proved, alice_api, elsewhere, tmp_path):
    folder = tmp_path / "backup"
    line = run("backup", str(folder))
    assert str(folder) in line
    original = get_db().command("dbHash")
    indexes = {name: get_db()[name].index_information() for name in original["collections"]}
    answer = alice_api.get(f"/api/v1/goals/{proved['id']}/").json()
    with elsewhere() as restored:
        assert "those of the backup" in run("restore", str(folder))
        copy = restored.command("dbHash")
        assert (copy["md5"], copy["collections"]) == (original["md5"], original["collections"])
        assert {n: restored[n].index_information() for n in indexes} == indexes
        assert alice_api.get(f"/api/v1/goals/{proved['id']}/").json() == answer
        assert list(checkup.run(fix=False)) == []


def test_both_report_as_json(proved, elsewhere, tmp_path):
    folder = tmp_path / "backup"
    made = json.loads(run("backup", str(folder), "--format", "json"))
    hashed = get_db().command("dbHash")
    total = sum(get_db()[name].count_documents({}) for name in hashed["collections"])
    assert made["directory"] == str(folder)
    assert made["database"] == get_db().name
    assert (made["documents"], made["dbHash"]) == (total, hashed["md5"])
    with elsewhere() as restored:
        told = json.loads(run("restore", str(folder), "--format", "json"))
        assert (told["database"], told["verified"]) == (restored.name, True)
    for name in ("documents", "collections", "bytes", "dbHash", "moment"):
        assert told[name] == made[name]


def test_in_processes_of_their_own_with_another_database_name(proved, elsewhere, tmp_path):
    def manage(*arguments, name):
        done = subprocess.run(
            [sys.executable, "-W", "error", "manage.py", *arguments],
            cwd=ROOT,
            env={**os.environ, "DATABASE_NAME": name},
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stdout, done.stderr

    here, folder = get_db().name, tmp_path / "backup"
    assert manage("backup", str(folder), "--no-gzip", name=here)[0] == 0
    assert (folder / here / "goals.bson").exists()
    code, out, errors = manage("restore", str(folder), name=here)
    assert (code, out) == (1, "")
    (line,) = errors.splitlines()
    assert "is not empty" in line
    assert manage("restore", str(folder), name=f"{here}_restored")[0] == 0
    code, out, _ = manage("check_database", name=f"{here}_restored")
    assert (code, out) == (0, "Nothing is wrong.\n")


# Under writes


@pytest.fixture
def busy(db, in_days, database):
    """Within busy() people set goals, get roadmaps and prove days; advance waits for some of it."""
    people = [Client(User.objects.create_user(f"1415555020{n}")) for n in range(WRITERS)]
    done, stop = count(), threading.Event()
    landed = [0]

    def act(client):
        title = f"Learn Python, time {next(done)}"
        body = {"title": title, "description": "Daily.", "target_date": in_days(30)}
        response = client.post("/api/v1/goals/", body)
        assert response.status_code == 201, response.content
        goal = response.json()
        make_roadmap(client, goal)
        test = ask(client, goal)
        answers = answers_of(database, test["test_id"], 4)
        assert submit(client, goal, test["test_id"], answers).status_code == 200
        landed[0] += 1

    def keep_acting(client):
        while not stop.is_set():
            act(client)

    def advance(size):
        """Return after an act that began after this call: each thread may have one under way."""
        wanted = landed[0] + WRITERS + 1
        until(lambda: landed[0] >= wanted or any(f.done() for f in running), 60)

    running = []

    @contextmanager
    def use():
        with override_settings(DATABASE_DEADLINE=60), ThreadPoolExecutor(WRITERS) as pool:
            running.extend(pool.submit(keep_acting, client) for client in people)
            try:
                yield advance
            finally:
                stop.set()
        for writer in running:
            writer.result()

    return use


def findings_of_a_backup_under_writes(busy, elsewhere, folder):
    with busy() as advance:
        advance(0)
        writing.write(get_db(), folder, advance=advance)
        assert layout.read_manifest(folder)["dbHash"] != get_db().command("dbHash")["md5"]
    with elsewhere() as restored:
        restoring.restore(restored, folder)
        assert restored.goals.count_documents({"progress": {"$gt": 0}}) >= WRITERS
        return list(checkup.run(fix=False))


def test_a_backup_under_writes_has_nothing_for_check_database_to_find(busy, elsewhere, tmp_path):
    assert findings_of_a_backup_under_writes(busy, elsewhere, tmp_path / "backup") == []


def test_collection_by_collection_check_database_finds_tests_of_no_goal(
    busy, elsewhere, tmp_path, monkeypatch
):
    """The broken twin: no snapshot, so what is read later is of a later moment."""
    monkeypatch.setattr(writing, "one_moment", lambda database: database.client.start_session())
    found = findings_of_a_backup_under_writes(busy, elsewhere, tmp_path / "backup")
    assert "verification_tests" in {finding.collection for finding in found}


# Keeping the newest


def test_keep_makes_folders_named_by_the_time_and_removes_the_oldest(db, tmp_path):
    User.objects.create_user("14155550101")
    (tmp_path / "mine").mkdir()
    old = tmp_path / "20260101T030000Z"
    run("backup", str(old))
    first = json.loads(run("backup", "--keep", "2", str(tmp_path), "--format", "json"))
    assert first["removed"] == []
    later = Path(first["directory"])
    later.rename(tmp_path / "20260102T030000Z")
    second = json.loads(run("backup", "--keep", "2", str(tmp_path), "--format", "json"))
    assert second["removed"] == [old.name]
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"mine", "20260102T030000Z", Path(second["directory"]).name}


def test_a_backup_that_fails_removes_none(db, elsewhere, tmp_path):
    User.objects.create_user("14155550101")
    run("backup", str(tmp_path / "20260101T030000Z"))
    with elsewhere():
        assert "nothing to back up" in refusal("backup", "--keep", "1", str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["20260101T030000Z"]


@pytest.mark.parametrize("keep", ["0", "-1", "all"])
def test_keep_is_at_least_one(db, tmp_path, keep):
    assert "--keep" in refusal("backup", f"--keep={keep}", str(tmp_path / "backup"))


# Failures


def test_refusals_are_one_line(proved, elsewhere, tmp_path):
    assert "not empty" in refusal("backup", str(ROOT))
    assert "no backup" in refusal("restore", str(tmp_path))
    run("backup", str(tmp_path / "backup"))
    assert "django_migrations, goals" in refusal("restore", str(tmp_path / "backup"))
    path = tmp_path / "backup" / get_db().name / "goals.bson.gz"
    path.write_bytes(path.read_bytes()[:-1])
    with elsewhere() as other:
        assert "goals.bson.gz is damaged" in refusal("restore", str(tmp_path / "backup"))
        assert other.list_collection_names() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_signal_ends_in_one_line_and_leaves_nothing(proved, tmp_path, number):
    before = signal.getsignal(number)
    told = pytest.raises(CommandError, match=r"^Stopped; nothing was left behind\.$")
    with told, stopped_cleanly():
        writing.write(
            get_db(), tmp_path / "backup", advance=lambda size: signal.raise_signal(number)
        )
    assert signal.getsignal(number) == before
    assert list(tmp_path.iterdir()) == []
