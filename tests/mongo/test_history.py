"""Arrays with an archive: nothing is lost, doubled or put out of order, whoever writes, whatever dies."""

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from bson import Decimal128, Int64, encode
from bson.raw_bson import RawBSONDocument
from django.db import connection

from doit_site.api.paging import Tail
from doit_site.mongo import archive, history_checkup
from doit_site.mongo.client import get_db
from doit_site.mongo.transactions import in_transaction
from tests.mongo.diaries import DIARIES, TWINS, assert_contiguous, size, stored, whole
from tests.races import together

ROOT = Path(__file__).parents[2]
WRITERS, EACH = 64, 8


@pytest.fixture
def small(settings):
    settings.TAIL_ENTRIES = 20


@pytest.fixture
def diary(database, small):
    """diary(rows) -> the id of a new one."""
    number = iter(range(100))
    database.diaries.create_index("id", unique=True)

    def make(rows=()):
        document_id = f"diary-{next(number)}"
        database.diaries.insert_one({"id": document_id, "rows": list(rows)})
        return document_id

    return make


def numbered(count, **more):
    return [{"n": n, **more} for n in range(count)]


def write_at_once(history, document_id):
    """Every fourth of them is another program, which knows of no archive."""

    def write(writer):
        for n in range(EACH):
            row = {"writer": writer, "n": n}
            if writer % 4:
                history.push({"id": document_id}, [row])
            else:
                get_db().diaries.update_one({"id": document_id}, {"$push": {"rows": row}})

    together(WRITERS, write)


def what_is_wrong(document_id):
    """Of what was written at once: what is not there, or twice, or before what came before it."""
    rows = whole(document_id)
    found = {writer: [] for writer in range(WRITERS)}
    for row in rows:
        found[row["writer"]].append(row["n"])
    return {writer: ns for writer, ns in found.items() if ns != list(range(EACH))}


def test_64_writers_lose_double_and_reorder_nothing(diary):
    document_id = diary()
    write_at_once(DIARIES, document_id)
    assert what_is_wrong(document_id) == {}
    assert_contiguous(document_id)
    assert archive.archived(stored(document_id), "rows") >= WRITERS * EACH - 20 - WRITERS
    DIARIES.push({"id": document_id}, [{"writer": 0, "n": EACH}])
    assert len(stored(document_id)["rows"]) <= 20


@pytest.mark.parametrize("twin", ["WritingBack", "MovingTheNewest"])
def test_64_writers_lose_by_other_ways_to_move(diary, twin):
    """The broken twins."""
    document_id = diary()
    write_at_once(TWINS[twin], document_id)
    assert what_is_wrong(document_id) != {}


# What an append that moves sends. Each begins and ends; at the point after them the child is alive.
STEPS = ["update", "update", "find", "findAndModify", "insert", "commitTransaction"]
POINTS = 2 * len(STEPS) + 1


def killed_at_every_point(database, twin):
    database.diaries.insert_many(
        [{"id": f"point-{n}", "rows": numbered(20)} for n in range(POINTS)]
    )
    uri, name = os.environ["MONGODB_URI"], connection.settings_dict["NAME"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.mongo.killed_moves", uri, name, twin, str(POINTS)],
        cwd=ROOT,
        env={**os.environ, "TAIL_ENTRIES": "20"},
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def test_a_kill_between_any_two_steps_leaves_either_side_whole(diary, database):
    told = killed_at_every_point(database, "none")
    assert [point["killed"] for point in told] == [True] * (POINTS - 1) + [False]
    assert [point["command"] for point in told[:-1:2]] == STEPS
    for point in range(POINTS):
        document_id = f"point-{point}"
        rows = [row["n"] for row in whole(document_id)]
        # A command that was sent as the process died may have been carried out.
        assert rows in (list(range(20)), list(range(21)))
        assert_contiguous(document_id)
        if len(rows) == 20:
            DIARIES.push({"id": document_id}, [{"n": 20}])
        DIARIES.push({"id": document_id}, [{"n": 21}])
        assert [row["n"] for row in whole(document_id)] == list(range(22))
        assert_contiguous(document_id)
        assert len(stored(document_id)["rows"]) <= 20


def test_a_kill_between_two_steps_of_no_transaction_loses(diary, database):
    """The broken twin."""
    killed_at_every_point(database, "WithoutTransaction")
    lost = [n for n in range(POINTS) if len(whole(f"point-{n}")) < 20]
    assert lost


def test_entries_are_moved_as_the_bytes_they_are(diary, database):
    odd = [
        {
            "long": Int64(1),
            "double": 1.0,
            "exact": Decimal128("1.10"),
            "when": datetime(2026, 2, 7),
        },
        {"b": 1, "a": {"z": [1, {"y": None}]}, "bytes": b"\x00"},
        {},
    ]
    document_id = diary([*odd, "a text", 7, None, *numbered(20)])
    before = raw_rows(database.diaries.find_one({"id": document_id}), "rows")
    DIARIES.push({"id": document_id}, [{"n": 20}])
    moved = raw_rows(database.archive.find_one({"document_id": document_id}), "entries")
    held = raw_rows(database.diaries.find_one({"id": document_id}), "rows")
    assert [*moved, *held][:-1] == before
    assert [type(value) for value in whole(document_id)[0].values()] == [
        *(Int64, float, Decimal128, datetime)
    ]


def raw_rows(document, name):
    """The bytes of each, wherever they lie."""
    return [encode({"e": row}) for row in RawBSONDocument(encode(document))[name]]


def test_half_of_each_limit_is_left_and_the_newest_whatever_its_size(diary, settings):
    document_id = diary(numbered(20))
    DIARIES.push({"id": document_id}, [{"n": 20}])
    assert [row["n"] for row in stored(document_id)["rows"]] == list(range(11, 21))

    settings.TAIL_BYTES = 10_000
    document_id = diary(numbered(8, text="x" * 1000))
    DIARIES.push({"id": document_id}, [{"n": 8, "text": "x" * 3000}])
    assert [row["n"] for row in stored(document_id)["rows"]] == [7, 8]
    for n in range(3):
        DIARIES.push({"id": document_id}, [{"n": 9 + n, "text": "x" * 40_000}])
        assert [row["n"] for row in stored(document_id)["rows"]] == [9 + n]
    assert [row["n"] for row in whole(document_id)] == list(range(12))
    assert_contiguous(document_id)


def test_what_another_program_filled_moves_in_bounded_steps(diary, database):
    document_id = diary(numbered(10_000, text="x" * 300))
    assert DIARIES.push({"id": document_id}, [{"n": 10_000}])
    assert [row["n"] for row in whole(document_id)] == list(range(10_001))
    assert_contiguous(document_id)
    assert (len(stored(document_id)["rows"]), size(document_id) < 600_000) == (10, True)
    largest = max(len(encode(bucket)) for bucket in database.archive.find())
    assert largest < archive.BUCKET_BYTES + 1000
    assert database.archive.count_documents({"count": {"$gt": archive.BUCKET_ENTRIES}}) == 0


def test_an_append_inside_a_transaction_moves_after_its_commit(diary, database):
    document_id = diary(numbered(20))

    def act():
        DIARIES.push({"id": document_id}, [{"n": 20}])
        assert database.archive.count_documents({}) == 0

    in_transaction(act)
    assert [row["n"] for row in whole(document_id)] == list(range(21))
    assert len(stored(document_id)["rows"]) == 10


def test_a_move_that_fails_fails_no_append_and_the_next_one_moves(diary, database, caplog):
    document_id = diary(numbered(20))
    stale = {"document_id": document_id, "array": "diaries.rows", "first": 0, "id": "stale"}
    database.archive.insert_one({**stale, "count": 1, "entries": [{"n": 0}]})
    assert DIARIES.push({"id": document_id}, [{"n": 20}])
    assert "could not be shortened" in caplog.text
    assert len(stored(document_id)["rows"]) == 21
    database.archive.delete_one({"id": "stale"})
    DIARIES.push({"id": document_id}, [{"n": 21}])
    assert [row["n"] for row in whole(document_id)] == list(range(22))
    assert len(stored(document_id)["rows"]) == 10


def test_pages_show_everything_once_while_entries_move_and_come_in(diary, settings):
    class Diaries:
        """What Tail needs of a model."""

        class _meta:
            db_table = "diaries"

        class objects:
            collection = get_db().diaries

    document_id = diary(numbered(200))
    DIARIES.shorten(document_id)
    for backwards, limit in ((False, 7), (False, 100), (True, 7)):
        seen, position, size_before = [], 0 if backwards else None, len(whole(document_id))
        while True:
            page = Tail(Diaries, {"id": document_id}, "rows").page(position, backwards, limit)
            seen += [row["n"] for row in (page.rows[::-1] if backwards else page.rows)]
            position = page.before if backwards else page.after
            if position is None:
                break
            DIARIES.push({"id": document_id}, [{"n": len(whole(document_id))}])
        expected = list(range(len(seen))) if backwards else list(range(size_before))[::-1]
        assert seen == expected
    assert_contiguous(document_id)


def test_what_is_wrong_with_an_archive_is_found_and_mended_where_nothing_is_guessed(
    diary, database
):
    good, forgotten, gap, miscounted = (diary(numbered(60)) for _ in range(4))
    for document_id in (good, forgotten, gap, miscounted):
        DIARIES.shorten(document_id)
        for n in range(60, 80):
            DIARIES.push({"id": document_id}, [{"n": n}])
    database.diaries.update_one({"id": forgotten}, {"$unset": {"archived": 1}})
    database.archive.delete_one({"document_id": gap, "first": 0})
    database.archive.update_one({"document_id": miscounted, "first": 0}, {"$set": {"count": 7}})
    archive.add(DIARIES.name, "nobody", 0, [{"n": 1}])

    found = list(history_checkup.check(False, DIARIES))
    assert {(row.collection, row.fixed) for row in found} == {
        ("archive", False),
        ("diaries", False),
    }
    assert len(found) == 4
    fixed = {row.id: row.fixed for row in history_checkup.check(True, DIARIES)}
    assert (fixed[forgotten], fixed[gap]) == (True, False)
    left = list(history_checkup.check(True, DIARIES))
    assert [row.id for row in left] == [gap]
    for document_id in (good, forgotten, miscounted):
        assert [row["n"] for row in whole(document_id)] == list(range(80))
