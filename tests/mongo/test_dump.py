"""Backup and restore on real databases. The commands over them: tests/site/test_backup.py."""

import base64
import gzip
import hashlib
import io
import json
import os
import resource
import signal
import stat
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import bson
import pytest
from bson import Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp, json_util
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from doit_site.mongo.client import get_db
from doit_site.mongo.dump import layout, restoring, retention, writing
from doit_site.mongo.dump.layout import DumpError
from doit_site.mongo.local_server import LocalServer
from tests.goals.steps import until

LONG_NAME = "n/" * 100
NAMES = ["empty", "goals", LONG_NAME, "odd name/ü&", "sessions"]
SCHEMA = {"$jsonSchema": {"required": ["title"], "properties": {"title": {"pattern": "^[A-Z]"}}}}
KINDS = {
    "title": "Every type that a document may have",
    "double": 1.0,
    "int": 1,
    "long": Int64(1),
    "decimal": Decimal128("1.10"),
    "date": datetime(1965, 1, 1, tzinfo=UTC),
    "binary": b"\x00\xff",
    "regex": Regex("^a", "i"),
    "timestamp": Timestamp(1, 2),
    "ends": [MinKey(), MaxKey(), None, True],
    "z": {"a": 1, "$set": {"b.c": []}},
    "a": "after z",
    "text": "Grüße \x00 ✓",
}


@pytest.fixture
def client(db):
    return get_db().client


@pytest.fixture
def source(client):
    """A database with every kind of index that the product has, and more."""
    name = f"{get_db().name}_source"
    client.drop_database(name)
    yield fill(client[name])
    client.drop_database(name)


@pytest.fixture
def target(client):
    """A database that does not exist yet."""
    name = f"{get_db().name}_target"
    client.drop_database(name)
    yield client[name]
    client.drop_database(name)


@pytest.fixture
def backup(source, tmp_path):
    folder = tmp_path / "backup"
    writing.write(source, folder)
    return folder


def fill(database):
    goals = database.create_collection("goals", validator=SCHEMA, validationLevel="moderate")
    goals.insert_many([{"title": f"G{n}", "number": n % 7} for n in range(300)])
    goals.insert_one(KINDS)
    goals.insert_one({"_id": "old", "x": 1}, bypass_document_validation=True)
    goals.create_index("title", name="title_index", unique=True)
    goals.create_index([("number", 1), ("created_at", -1)], name="number_created_index")
    goals.create_index("email", name="email_index", unique=True, sparse=True)
    goals.create_index("words", partialFilterExpression={"number": {"$gt": 3}})
    database.sessions.create_index("expires_at", name="expires_at_ttl", expireAfterSeconds=0)
    database.sessions.insert_one({"expires_at": datetime.now(UTC) + timedelta(hours=1)})
    database.create_collection("empty", collation={"locale": "de"})
    database["odd name/ü&"].insert_one({})
    database[LONG_NAME].insert_one({})
    return database


def dump_hash(database):
    answer = database.command("dbHash")
    return answer["md5"], answer["collections"]


def definitions(database):
    return {name: layout.definition(row) for name, row in layout.catalogue(database).items()}


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def refusal(act, *arguments, **options):
    """The one line with which it is refused."""
    with pytest.raises(DumpError) as caught:
        act(*arguments, **options)
    line = str(caught.value)
    assert line
    assert "\n" not in line
    return line


# The files


@pytest.mark.parametrize("zipped", [True, False])
def test_pymongos_own_decoders_read_every_file(source, tmp_path, zipped):
    manifest = writing.write(source, tmp_path / "backup", zipped=zipped)
    assert list(manifest["collections"]) == NAMES
    opener = gzip.open if zipped else open
    for name, row in manifest["collections"].items():
        documents, metadata = (tmp_path / "backup" / path for path in row["files"])
        with opener(documents, "rb") as file:
            read = list(bson.decode_file_iter(file))
        assert read == list(source[name].find().sort("_id", 1))
        assert row["documents"] == len(read)
        with opener(metadata, "rt") as file:
            told = json_util.loads(file.read())
        assert list(told) == ["options", "indexes", "uuid", "collectionName", "type"]
        assert told["collectionName"] == name
        assert told["options"] == source[name].options()
        assert told["indexes"] == [dict(index) for index in source[name].list_indexes()]
        (found,) = source.list_collections(filter={"name": name})
        assert told["uuid"] == found["info"]["uuid"].hex()


def test_the_layout_is_that_of_mongodump(source, backup):
    """File names by its source: url.PathEscape, and a hash at the end of what is too long."""
    digest = base64.urlsafe_b64encode(hashlib.sha1(LONG_NAME.encode()).digest()).decode()
    names = ["empty", "goals", "odd%20name%2F%C3%BC&", "sessions"]
    names.append("n%2F" * 52 + "%24" + digest.rstrip("="))
    assert set(files(backup)) == {"manifest.json"} | {
        f"{source.name}/{name}.{ending}.gz"
        for name in names
        for ending in ("bson", "metadata.json")
    }


def test_metadata_is_canonical_extended_json(backup):
    text = gzip.decompress(next(backup.rglob("sessions.metadata.json.gz")).read_bytes())
    assert json.loads(text)["indexes"][1] == {
        "v": {"$numberInt": "2"},
        "key": {"expires_at": {"$numberInt": "1"}},
        "name": "expires_at_ttl",
        "expireAfterSeconds": {"$numberInt": "0"},
    }


def test_the_manifest_tells_counts_hashes_indexes_and_validators(source, backup):
    manifest = json.loads((backup / "manifest.json").read_text())
    assert manifest["format"] == 1
    assert manifest["database"] == source.name
    assert manifest["server_version"] == source.client.server_info()["version"]
    assert manifest["moment"] <= manifest["created_at"]
    goals = manifest["collections"]["goals"]
    assert goals["documents"] == 302
    assert json_util.loads(json.dumps(goals["validator"])) == SCHEMA
    assert [index["name"] for index in goals["indexes"]] == list(source.goals.index_information())
    for row in manifest["collections"].values():
        for name, facts in row["files"].items():
            content = (backup / name).read_bytes()
            assert facts == {
                "sha256": hashlib.sha256(content).hexdigest(),
                "bytes": len(content),
            }


def test_the_manifests_hash_is_the_servers(source, backup):
    manifest = layout.read_manifest(backup)
    assert dump_hash(source) == (
        manifest["dbHash"],
        {name: row["md5"] for name, row in manifest["collections"].items()},
    )


def test_only_the_owner_may_read_it(backup):
    for path in (backup, *backup.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_the_progress_adds_up_to_the_documents(source, target, tmp_path):
    written, read = [], []
    manifest = writing.write(source, tmp_path / "backup", advance=written.append)
    restoring.restore(target, tmp_path / "backup", advance=read.append)
    total = sum(row["bytes"] for row in manifest["collections"].values())
    assert sum(written) == total == writing.size(source)
    assert sum(read) == 2 * total == restoring.size(tmp_path / "backup")


# One moment


def changing(database):
    """An `advance` that changes what was read and what is still to be read, of two batches here."""
    database.goals.insert_many(
        {"title": f"L{n}", "content": "x" * 100_000} for n in range(writing.BATCH_BYTES // 50_000)
    )

    def advance(size):
        database.goals.delete_one({"title": {"$ne": None}})
        database.goals.insert_one({"title": f"N{ObjectId()}"})
        database.sessions.insert_one({"expires_at": datetime.now(UTC) + timedelta(hours=1)})

    return advance


def test_it_is_of_one_moment_whatever_is_written_meanwhile(source, target, tmp_path):
    change = changing(source)
    before = dump_hash(source)
    manifest = writing.write(source, tmp_path / "backup", advance=change)
    assert dump_hash(source) != before
    assert manifest["dbHash"] == before[0]
    restoring.restore(target, tmp_path / "backup")
    assert dump_hash(target) == before


def test_without_the_snapshot_it_is_of_several_moments(source, tmp_path, monkeypatch):
    """The broken twin: an ordinary session."""
    monkeypatch.setattr(writing, "one_moment", lambda database: database.client.start_session())
    change = changing(source)
    before = dump_hash(source)
    manifest = writing.write(source, tmp_path / "backup", advance=change)
    assert manifest["dbHash"] not in (before[0], dump_hash(source)[0])


def once(act):
    """An `advance` that acts at its first call."""
    calls = []

    def advance(size):
        calls.append(size)
        if len(calls) == 1:
            act()

    return advance


CHANGES = {
    "drop": lambda database: database.sessions.drop(),
    "create": lambda database: database.new.insert_one({}),
    "drop and create": lambda database: (
        database.sessions.drop(),
        database.sessions.insert_one({}),
    ),
    "index": lambda database: database.sessions.create_index("user_id"),
    "validator": lambda database: database.command("collMod", "sessions", validator=SCHEMA),
}


@pytest.mark.parametrize("change", CHANGES)
def test_collections_that_change_meanwhile_are_told_and_nothing_is_left(source, tmp_path, change):
    advance = once(lambda: CHANGES[change](source))
    line = refusal(writing.write, source, tmp_path / "backup", advance=advance)
    assert "run it again" in line
    assert list(tmp_path.iterdir()) == []
    writing.write(source, tmp_path / "backup")


def test_a_dropped_collection_reads_as_empty_without_an_error(source):
    """Why the catalogue is compared: the snapshot alone would lose it silently."""
    with writing.one_moment(source) as session:
        assert source.goals.find_one({}, session=session)
        source.goals.drop()
        assert list(source.goals.find({}, session=session)) == []


def test_a_backup_longer_than_the_servers_memory_is_told_and_nothing_is_left(tmp_path):
    window = ["--setParameter", "minSnapshotHistoryWindowInSeconds=0"]
    with LocalServer(tmp_path / "server", options=window) as server, MongoClient(server.uri) as own:
        database = own.doit_db
        database.a.insert_one({})
        database.b.insert_one({})

        def outlast():
            with own.start_session(snapshot=True) as session:
                database.b.find_one({}, session=session)
                until(lambda: forgotten(session))

        def forgotten(session):
            database.a.insert_one({})
            try:
                database.b.find_one({}, session=session)
            except OperationFailure as error:
                return error.code == writing.SNAPSHOT_TOO_OLD
            return False

        folder = tmp_path / "new" / "backup"
        line = refusal(writing.write, database, folder, advance=once(outlast))
    assert "minSnapshotHistoryWindowInSeconds" in line
    assert list(folder.parent.iterdir()) == []


# Whole or not at all


def test_a_folder_that_is_not_empty_is_refused_and_untouched(source, tmp_path):
    (tmp_path / "kept").write_text("mine")
    assert "not empty" in refusal(writing.write, source, tmp_path)
    assert files(tmp_path) == ["kept"]
    assert "cannot be written" in refusal(writing.write, source, tmp_path / "kept")
    assert "cannot be written" in refusal(writing.write, source, tmp_path / "kept" / "backup")


def test_an_empty_folder_is_taken(source, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    writing.write(source, folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_a_full_disk_leaves_nothing(source, tmp_path):
    source.goals.insert_one({"title": "Large", "content": "x" * 100_000})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        line = refusal(writing.write, source, tmp_path / "backup", zipped=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "cannot be written: File too large" in line
    assert list(tmp_path.iterdir()) == []


def interrupt(size):
    raise KeyboardInterrupt


def test_an_interrupted_backup_leaves_nothing(source, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        writing.write(source, tmp_path / "backup", advance=interrupt)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def killable(tmp_path):
    """(client, kill) of a server of its own."""
    with LocalServer(tmp_path / "server") as server:
        client = MongoClient(server.uri, serverSelectionTimeoutMS=500)
        yield client, lambda: (os.kill(server.pid, signal.SIGKILL), server.stop())
        client.close()


def test_a_database_that_goes_away_leaves_no_backup(killable, tmp_path):
    client, kill = killable
    fill(client.doit_db)
    with pytest.raises(PyMongoError):
        writing.write(client.doit_db, tmp_path / "new" / "backup", advance=once(kill))
    assert list((tmp_path / "new").iterdir()) == []


def test_a_database_that_goes_away_is_named_with_what_is_left(killable, backup):
    client, kill = killable
    line = refusal(restoring.restore, client.doit_db, backup, advance=second_half(backup, kill))
    assert line == "Restoring failed, and half of it is left in doit_db: drop that database."


def test_an_empty_database_is_no_backup(target, tmp_path):
    assert "nothing to back up" in refusal(writing.write, target, tmp_path / "backup")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"viewOn": "goals", "pipeline": []}, "view"),
        ({"capped": True, "size": 4096}, "capped"),
        ({"timeseries": {"timeField": "at"}}, "time series"),
        ({"clusteredIndex": {"key": {"_id": 1}, "unique": True}}, "clustered"),
    ],
)
def test_other_kinds_of_collections_are_refused_by_name(source, tmp_path, options, kind):
    source.create_collection("other", **options)
    line = refusal(writing.write, source, tmp_path / "backup")
    assert "other" in line
    assert kind in line
    assert list(tmp_path.iterdir()) == []


# Restoring


@pytest.mark.parametrize("zipped", [True, False])
def test_what_is_restored_is_the_same(source, target, tmp_path, zipped):
    writing.write(source, tmp_path / "backup", zipped=zipped)
    restoring.restore(target, tmp_path / "backup")
    assert dump_hash(target) == dump_hash(source)
    assert definitions(target) == definitions(source)
    assert target.goals.index_information() == source.goals.index_information()
    with pytest.raises(OperationFailure, match="validation"):
        target.goals.insert_one({"x": 1})


def test_a_database_that_is_not_empty_is_refused_and_untouched(target, backup):
    target.other.insert_one({"_id": 1})
    line = refusal(restoring.restore, target, backup)
    assert target.name in line
    assert "other" in line
    assert target.list_collection_names() == ["other"]
    assert target.other.count_documents({}) == 1


def flip(path, position):
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


DAMAGE = {
    "first byte": lambda path: flip(path, 0),
    "middle byte": lambda path: flip(path, path.stat().st_size // 2),
    "last byte": lambda path: flip(path, -1),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "emptied": lambda path: path.write_bytes(b""),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    "missing": lambda path: path.unlink(),
}
FILES = ["manifest.json", "goals.bson", "goals.metadata.json", "sessions.bson"]


@pytest.mark.parametrize("zipped", [True, False])
def test_a_damaged_file_is_named_and_nothing_restored(source, target, tmp_path, zipped):
    writing.write(source, tmp_path / "backup", zipped=zipped)
    for name in FILES:
        ending = ".gz" if zipped and name != "manifest.json" else ""
        path = next((tmp_path / "backup").rglob(name + ending))
        content = path.read_bytes()
        for damage in DAMAGE.values():
            damage(path)
            assert name in refusal(restoring.restore, target, tmp_path / "backup")
            path.write_bytes(content)
    assert target.list_collection_names() == []
    restoring.restore(target, tmp_path / "backup")


def test_without_looking_at_the_hashes_a_flipped_byte_is_restored(
    source, target, tmp_path, monkeypatch
):
    """The broken twin."""
    monkeypatch.setattr(restoring, "_check_file", lambda path, facts: None)
    writing.write(source, tmp_path / "backup", zipped=False)
    path = next((tmp_path / "backup").rglob("goals.metadata.json"))
    path.write_bytes(path.read_bytes().replace(b"title_index", b"title_indey"))
    restoring.restore(target, tmp_path / "backup")
    assert definitions(target) != definitions(source)


def sealed(folder, change):
    """Change the manifest so that its checksum and the files' hashes fit again."""
    manifest = layout.read_manifest(folder)
    change(manifest)
    for row in manifest["collections"].values():
        for name, facts in row["files"].items():
            facts["sha256"] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(layout.seal(manifest))


@pytest.mark.parametrize(
    "content",
    [
        b"\x05\x00\x00",
        b"\x05\x00\x00\x00",
        b"\x05\x00\x00\x00\x01",
        b"\x04\x00\x00\x00\x00",
        b"\xff\xff\xff\x7f\x00",
        b"\xff\xff\xff\xff\x00",
    ],
)
def test_lengths_of_documents_that_do_not_fit(content):
    whole = bson.encode({"a": 1})
    read = layout.documents(io.BytesIO(whole + content))
    assert next(read) == whole
    with pytest.raises(ValueError, match="document"):
        next(read)


def test_documents_are_looked_at_beside_their_files_hashes(source, target, tmp_path):
    writing.write(source, tmp_path / "backup", zipped=False)
    path = next((tmp_path / "backup").rglob("empty.bson"))
    for content in (b"\x05\x00\x00\x00\x01", bson.encode({"a": 1})):
        path.write_bytes(content)
        sealed(tmp_path / "backup", lambda manifest: None)
        assert "empty.bson" in refusal(restoring.restore, target, tmp_path / "backup")
    assert target.list_collection_names() == []


def test_another_format_is_refused(target, backup):
    sealed(backup, lambda manifest: manifest.update(format=2))
    assert "format 2" in refusal(restoring.restore, target, backup)


def test_no_backup_is_told(target, tmp_path):
    assert "no backup" in refusal(restoring.restore, target, tmp_path)
    assert "no backup" in refusal(restoring.restore, target, tmp_path / "nowhere")


def second_half(backup, act):
    """An `advance` that acts once the files are checked and half the writing is done."""
    done, total = [0], restoring.size(backup)

    def advance(size):
        before, done[0] = done[0], done[0] + size
        if before <= total // 2 < done[0]:
            act()

    return advance


def test_an_interrupted_restore_is_taken_back(target, backup):
    def stop():
        assert target.list_collection_names()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restoring.restore(target, backup, advance=second_half(backup, stop))
    assert target.list_collection_names() == []


def test_what_another_program_makes_meanwhile_stays_and_the_rest_is_taken_back(target, backup):
    advance = second_half(backup, lambda: target.sessions.insert_one({"_id": "theirs"}))
    line = refusal(restoring.restore, target, backup, advance=advance)
    assert "already exists" in line
    assert target.list_collection_names() == ["sessions"]
    assert target.sessions.find_one() == {"_id": "theirs"}


def test_a_write_into_what_was_restored_is_noticed(target, backup):
    advance = second_half(backup, lambda: target.goals.delete_one({"title": "G1"}))
    line = refusal(restoring.restore, target, backup, advance=advance)
    assert "goals" in line
    assert "something else writes" in line
    assert target.list_collection_names() == []


def test_what_has_expired_since_is_verified_before_it_is_deleted(source, target, tmp_path):
    expire_during_restore(source, target, tmp_path)
    until(lambda: target.sessions.count_documents({}) == 0)


def test_with_expiring_indexes_first_the_restored_data_differ(
    source, target, tmp_path, monkeypatch
):
    """The broken twin: MongoDB deletes before it was verified."""
    make, compare = restoring._make_indexes, restoring._compare_documents

    def other_order(collection, metadata, *, expiring):
        make(collection, metadata, expiring=not expiring)

    def once_deleted(database, manifest):
        until(lambda: database.sessions.count_documents({}) == 0)
        compare(database, manifest)

    monkeypatch.setattr(restoring, "_make_indexes", other_order)
    monkeypatch.setattr(restoring, "_compare_documents", once_deleted)
    assert "sessions" in refusal(expire_during_restore, source, target, tmp_path)


def expire_during_restore(source, target, tmp_path):
    """Restore a session that expires, as the original shows, before the restore is through."""
    soon = datetime.now(UTC) + timedelta(seconds=1)
    source.sessions.delete_many({})
    source.sessions.insert_one({"expires_at": soon})
    writing.write(source, tmp_path / "backup")
    deleted = once(lambda: until(lambda: source.sessions.count_documents({}) == 0))
    restoring.restore(target, tmp_path / "backup", advance=deleted)


# Memory

LARGE, ALLOWED = 96_000_000, 48_000_000


def peak(act, *arguments):
    """The most bytes that Python's objects took meanwhile."""
    tracemalloc.start()
    try:
        act(*arguments)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_large_database_takes_no_more_memory_than_some_batches(client, target, tmp_path):
    large = client[f"{target.name}_large"]
    client.drop_database(large)
    try:
        for _ in range(6):
            large.rows.insert_many({"text": "x" * 100_000} for _ in range(LARGE // 600_000))
        assert peak(writing.write, large, tmp_path / "backup") < ALLOWED
        assert peak(restoring.restore, target, tmp_path / "backup") < ALLOWED
        assert dump_hash(target) == dump_hash(large)
        # The broken twin reads first and writes then.
        assert peak(lambda: list(large.rows.find_raw_batches())) > LARGE
    finally:
        client.drop_database(large)


# Keeping the newest


def whole(folder: Path):
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(layout.seal({"format": 1, "collections": {}}))


def test_all_but_the_newest_whole_backups_are_removed(tmp_path):
    names = [f"2026020{day}T030000Z" for day in range(1, 6)]
    for name in names:
        whole(tmp_path / name)
    flip(tmp_path / names[4] / "manifest.json", 0)  # is no backup any more, and counts for none
    for name in ("mine", "20260201T03", "20260201T030000Z.old"):
        whole(tmp_path / name)
    assert retention.keep_newest(tmp_path, 2) == names[:2]
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {*names[2:], "mine", "20260201T03", "20260201T030000Z.old"}
    assert retention.keep_newest(tmp_path, 2) == []


def test_what_a_killed_backup_left_is_removed_after_a_day(tmp_path):
    for name, age in ((".20260201T030000Z.partial-a", 25), (".20260202T030000Z.partial-b", 1)):
        (tmp_path / name).mkdir()
        moment = (datetime.now(UTC) - timedelta(hours=age)).timestamp()
        os.utime(tmp_path / name, (moment, moment))
    assert retention.keep_newest(tmp_path, 1) == []
    assert [path.name for path in tmp_path.iterdir()] == [".20260202T030000Z.partial-b"]


def test_the_name_of_a_backup_sorts_by_time():
    assert retention.stamp(datetime(2026, 2, 7, 3, tzinfo=UTC)) == "20260207T030000Z"
