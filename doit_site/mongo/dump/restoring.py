"""Restoring a backup into an empty database: whole, checked before and after, or not at all."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bson.raw_bson import RawBSONDocument
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError

from doit_site.mongo.dump import layout
from doit_site.mongo.dump.layout import Advance, DumpError

BATCH_BYTES = 8 * 1024 * 1024
BATCH_DOCUMENTS = 10_000


def size(folder: Path) -> int:
    """Bytes of documents that are checked and then written: what `advance` adds up to."""
    rows = layout.read_manifest(folder)["collections"].values()
    return 2 * sum(row["bytes"] for row in rows)


def restore(
    database: Database[dict[str, Any]], folder: Path, *, advance: Advance = lambda size: None
) -> dict[str, Any]:
    """Restore the backup in `folder` into the database, which is empty; returns its manifest.

    Every file is checked before anything is written. What fails later is dropped again. Raises
    DumpError, and pymongo's errors of a database that is gone.
    """
    database = layout.plain(database)
    _refuse_unless_empty(database)
    manifest = layout.read_manifest(folder)
    metadata = check(folder, manifest, advance)
    with _all_or_nothing(database) as created:
        for name, row in manifest["collections"].items():
            database.command("create", name, **metadata[name]["options"])
            created.append(name)
            _insert(database[name], folder / _paths(row)[0], advance)
            _make_indexes(database[name], metadata[name], expiring=False)
        _compare_documents(database, manifest)
        # Last, because MongoDB begins at once to delete what has expired since the backup.
        for name in created:
            _make_indexes(database[name], metadata[name], expiring=True)
        _compare_definitions(database, metadata)
    return manifest


def _refuse_unless_empty(database: Database[dict[str, Any]]) -> None:
    names = database.list_collection_names()
    present = [name for name in names if not name.startswith("system.")]
    filled = [name for name in present if database[name].find_one({}, {"_id": 1})]
    if present:
        raise DumpError(
            f"The database {database.name} is not empty ({layout.listed(filled or present)}):"
            " restore needs an empty one. Drop it first, or set DATABASE_NAME to another."
        )


def check(folder: Path, manifest: dict[str, Any], advance: Advance) -> dict[str, dict[str, Any]]:
    """Read every file of the backup; the metadata of each collection. Raises DumpError."""
    for row in manifest["collections"].values():
        for name, facts in row["files"].items():
            _check_file(folder / name, facts)
    return {
        name: _check_collection(name, row, folder, advance)
        for name, row in manifest["collections"].items()
    }


def _check_file(path: Path, facts: dict[str, Any]) -> None:
    with layout.told_of(path), path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != facts["sha256"]:
            raise DumpError(f"{path} is damaged: its SHA-256 is not the one in the manifest.")


def _check_collection(
    name: str, row: dict[str, Any], folder: Path, advance: Advance
) -> dict[str, Any]:
    """The metadata, once the documents are found to be those that the manifest counted."""
    documents, metadata = (folder / path for path in _paths(row))
    md5, count = layout.md5(), 0
    with layout.opened(documents) as stream:
        for batch in _batches(layout.documents(stream)):
            content = b"".join(batch)
            md5.update(content)
            count += len(batch)
            advance(len(content))
    if (count, md5.hexdigest()) != (row["documents"], row["md5"]):
        raise DumpError(f"{documents} holds other documents than the manifest counted.")
    with layout.opened(metadata) as stream:
        return layout.from_canonical(stream.read())


def _paths(row: dict[str, Any]) -> tuple[str, str]:
    """The documents' file and the metadata's, as `files` of a manifest's entry lists them."""
    documents, metadata = row["files"]
    return documents, metadata


@contextmanager
def _all_or_nothing(database: Database[dict[str, Any]]) -> Iterator[list[str]]:
    """Collects the names of collections that were created; after a failure they are dropped."""
    created: list[str] = []
    try:
        yield created
    except BaseException as error:  # Ctrl-C too
        _drop(database, created)
        if isinstance(error, OperationFailure):
            raise DumpError(
                f"MongoDB refused: {layout.one_line(error)}. What was restored was dropped again."
            ) from error
        raise


def _drop(database: Database[dict[str, Any]], created: list[str]) -> None:
    try:
        for name in created:
            database.drop_collection(name)
    except PyMongoError as error:
        raise DumpError(
            f"Restoring failed, and half of it is left in {database.name}: drop that database."
        ) from error


def _insert(collection: Collection[dict[str, Any]], path: Path, advance: Advance) -> None:
    with layout.opened(path) as stream:
        for batch in _batches(layout.documents(stream)):
            # As they were, whatever a validator says: it was moderate then too.
            collection.insert_many(
                [RawBSONDocument(document) for document in batch],
                bypass_document_validation=True,
            )
            advance(sum(map(len, batch)))


def _batches(documents: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for document in documents:
        batch.append(document)
        size += len(document)
        if size >= BATCH_BYTES or len(batch) >= BATCH_DOCUMENTS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _make_indexes(
    collection: Collection[dict[str, Any]], metadata: dict[str, Any], *, expiring: bool
) -> None:
    """Those that delete what expires, or all others."""
    wanted = [
        index
        for index in metadata["indexes"]
        if index["name"] != "_id_" and ("expireAfterSeconds" in index) is expiring
    ]
    if wanted:
        collection.database.command("createIndexes", collection.name, indexes=wanted)


def _compare_documents(database: Database[dict[str, Any]], manifest: dict[str, Any]) -> None:
    """The server's own hash of what it holds now, against the backup's."""
    rows = manifest["collections"]
    answer = database.command("dbHash", collections=list(rows))
    different = [n for n, row in rows.items() if answer["collections"].get(n) != row["md5"]]
    if different or answer["md5"] != manifest["dbHash"]:
        raise DumpError(
            f"What was restored differs from the backup ({layout.listed(different)}), because"
            f" something else writes to {database.name}. It was dropped again."
        )


def _compare_definitions(
    database: Database[dict[str, Any]], metadata: dict[str, dict[str, Any]]
) -> None:
    restored = layout.catalogue(database)
    for name, wanted in metadata.items():
        if name not in restored or layout.definition(restored[name]) != layout.definition(wanted):
            raise DumpError(
                f"MongoDB made {name} with other options or indexes than the backup has."
                " What was restored was dropped again."
            )
