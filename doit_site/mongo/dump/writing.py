"""Writing a backup: one moment of the database, however much is written meanwhile."""

import gzip
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import OperationFailure

from doit_site import clock
from doit_site.mongo.dump import layout
from doit_site.mongo.dump.layout import Advance, DumpError

PARTIAL = ".partial-"
# Measured on 230 MB: level 6 takes twice the time of level 3 and saves a tenth.
GZIP_LEVEL = 3
# The driver holds a batch six times over, and MongoDB would send 16 MB.
BATCH_BYTES = 4 * 1024 * 1024
SNAPSHOT_TOO_OLD, SNAPSHOT_UNAVAILABLE = 239, 246
REFUSALS = {
    SNAPSHOT_TOO_OLD: "The backup took longer than MongoDB keeps a moment of the past: raise"
    " minSnapshotHistoryWindowInSeconds (300 by default). Nothing was left behind.",
    SNAPSHOT_UNAVAILABLE: "A collection or an index was being made at this moment."
    " Nothing was left behind: run it again.",
}


def size(database: Database[dict[str, Any]]) -> int:
    """Bytes of documents, about: what `advance` of `write` adds up to."""
    with _refusals_told():
        return int(database.command("dbStats")["dataSize"])


def write(
    database: Database[dict[str, Any]],
    folder: Path,
    *,
    zipped: bool = True,
    advance: Advance = lambda size: None,
) -> dict[str, Any]:
    """Write a backup to `folder`, which is absent or empty; returns its manifest.

    It appears whole or not at all: what fails leaves nothing. Raises DumpError, and pymongo's
    errors of a database that is gone.
    """
    folder = folder.absolute()
    try:
        _refuse_unless_free(folder)
        with _beside(folder) as partial, _refusals_told():
            manifest = _write(layout.plain(database), partial, zipped, advance)
            partial.rename(folder)
            _sync(folder.parent)
        return manifest
    except OSError as error:
        raise DumpError(f"{folder} cannot be written: {error.strerror}.") from error


@contextmanager
def _refusals_told() -> Iterator[None]:
    """What MongoDB refuses as a DumpError."""
    try:
        yield
    except OperationFailure as error:
        line = f"MongoDB refused: {layout.one_line(error)}"
        raise DumpError(REFUSALS.get(error.code or 0, line)) from error


def _refuse_unless_free(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise DumpError(f"{folder} is not empty: a backup goes into a new or an empty folder.")


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A folder next to `folder`, gone at the end unless it was renamed."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}{PARTIAL}", dir=folder.parent))
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write(
    database: Database[dict[str, Any]], folder: Path, zipped: bool, advance: Advance
) -> dict[str, Any]:
    catalogue = layout.catalogue(database)
    if not catalogue:
        raise DumpError(f"There is nothing to back up: the database {database.name} is empty.")
    (folder / database.name).mkdir(mode=0o700)
    with one_moment(database) as session:
        moment = _begin(database, next(iter(catalogue)), session)
        collections = {
            name: _write_collection(database[name], metadata, session, folder, zipped, advance)
            for name, metadata in catalogue.items()
        }
    # A snapshot reads a collection as empty that was dropped since, and without an error.
    if layout.catalogue(database) != catalogue:
        raise DumpError(REFUSALS[SNAPSHOT_UNAVAILABLE])
    manifest = {
        "format": layout.FORMAT,
        "database": database.name,
        "moment": moment,
        "created_at": clock.text(clock.now()),
        "server_version": database.client.server_info()["version"],
        "dbHash": layout.database_hash({name: row["md5"] for name, row in collections.items()}),
        "collections": collections,
    }
    with _written(folder / layout.MANIFEST, zipped=False) as (file, _):
        file.write(layout.seal(manifest).encode())
    _sync(folder / database.name)
    _sync(folder)
    return manifest


def one_moment(database: Database[dict[str, Any]]) -> ClientSession:
    """A session whose reads all see the database as of the first of them."""
    return database.client.start_session(snapshot=True)


def _begin(database: Database[dict[str, Any]], name: str, session: ClientSession) -> str:
    """Fix the session's moment, and return it as text."""
    answer = database.command({"find": name, "limit": 1, "projection": {"_id": 1}}, session=session)
    at = answer["cursor"].get("atClusterTime") or answer["operationTime"]
    return clock.text(at.as_datetime())


def _write_collection(
    collection: Collection[dict[str, Any]],
    metadata: dict[str, Any],
    session: ClientSession,
    folder: Path,
    zipped: bool,
    advance: Advance,
) -> dict[str, Any]:
    """The collection's entry in the manifest."""
    bson_name, metadata_name = layout.file_names(collection.database.name, collection.name, zipped)
    md5, documents, size = layout.md5(), 0, 0
    with _written(folder / bson_name, zipped) as (file, bson_facts):
        for batch in _raw_batches(collection, session):
            md5.update(batch)
            file.write(batch)
            documents += layout.count_documents(batch)
            size += len(batch)
            advance(len(batch))
    with _written(folder / metadata_name, zipped) as (file, metadata_facts):
        file.write(layout.canonical(metadata).encode())
    return {
        "documents": documents,
        "bytes": size,
        "md5": md5.hexdigest(),
        "validator": json.loads(layout.canonical(metadata["options"].get("validator"))),
        "indexes": json.loads(layout.canonical(metadata["indexes"])),
        "files": {bson_name: bson_facts, metadata_name: metadata_facts},
    }


def _raw_batches(collection: Collection[dict[str, Any]], session: ClientSession) -> Iterable[bytes]:
    """In the order of _id, as dbHash reads: so their MD5 is the dbHash of the session's moment."""
    figures = collection.database.command("collStats", collection.name)
    many = max(2, int(BATCH_BYTES / figures.get("avgObjSize", BATCH_BYTES)))
    cursor = collection.find_raw_batches({}, session=session, batch_size=many).sort("_id", 1)
    return cast(Iterable[bytes], cursor)  # the driver's annotation says documents


class _Hashed:
    """A new private file that hashes what is written to it."""

    def __init__(self, path: Path) -> None:
        self._file = layout.private_file(path)
        self._sha256 = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> int:
        self._sha256.update(data)
        self._size += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> dict[str, Any]:
        with self._file:
            self._file.flush()
            os.fsync(self._file.fileno())
        return {"sha256": self._sha256.hexdigest(), "bytes": self._size}


@contextmanager
def _written(path: Path, zipped: bool) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The open file, and a dict that holds its size and SHA-256 once it is closed."""
    hashed = _Hashed(path)
    facts: dict[str, Any] = {}
    try:
        if zipped:
            with gzip.GzipFile("", "wb", GZIP_LEVEL, hashed, mtime=0) as file:
                yield file, facts
        else:
            yield hashed, facts
    finally:
        facts.update(hashed.close())


def _sync(folder: Path) -> None:
    """See to it that the folder's names outlast a loss of power."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
