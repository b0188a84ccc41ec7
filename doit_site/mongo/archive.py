"""The archive: entries that were moved out of arrays of documents (doit_site.mongo.history), in buckets.

A bucket holds consecutive entries of one array of one document; `first` is the position of its
first one, counted from the beginning of the whole history. Positions never change.
"""

from collections.abc import Iterator
from typing import Any

import bson
from bson.raw_bson import RawBSONDocument

from doit_site.mongo.client import current_session, get_collection
from doit_site.mongo.fields import new_id

COLLECTION = "archive"
BUCKET_ENTRIES = 100
BUCKET_BYTES = 64 * 1024


def held(array: str) -> dict:
    """The expression of an array of the document, [] where it is absent."""
    return {"$ifNull": [f"${array}", []]}


def archived(document: dict, array: str) -> int:
    """How many entries were moved: the position of the first that the document holds."""
    return int((document.get("archived") or {}).get(array) or 0)


def between(name: str, document_id: str, start: int, stop: int) -> list[tuple[int, Any]]:
    """(position, entry) of the archived entries from `start` up to, not including, `stop`."""
    if start >= stop:
        return []
    wanted = {"first": {"$gt": start - BUCKET_ENTRIES, "$lt": stop}}
    skipped = {"$max": [0, {"$subtract": [start, "$first"]}]}
    buckets = get_collection(COLLECTION).find(
        {"document_id": document_id, "array": name, **wanted},
        {"_id": 0, "first": {"$max": [start, "$first"]}, "entries": _from("$entries", skipped)},
        session=current_session(),
    )
    pairs = (pair for bucket in buckets.sort("first", 1) for pair in _pairs(bucket))
    return [pair for pair in pairs if pair[0] < stop]


def moved(name: str, document: dict) -> list:
    """What the archive holds of the document's array, in order, as of when it was read."""
    collection, array = name.split(".")
    return moved_of(collection, array, [document]).get(document["id"], [])


def whole(name: str, document: dict) -> list:
    """All entries of the document's array, those in the archive first."""
    return [*moved(name, document), *_list(document.get(name.split(".")[1]))]


def whole_of(collection: str, array: str, documents: list[dict]) -> list[list]:
    """`whole` of each document, by one operation, or none where nothing was moved."""
    found = moved_of(collection, array, documents)
    return [[*found.get(row["id"], ()), *_list(row.get(array))] for row in documents]


def moved_of(collection: str, array: str, documents: list[dict]) -> dict[str, list]:
    """`moved` of each document with any, by its id."""
    counts = {row["id"]: archived(row, array) for row in documents if archived(row, array)}
    found: dict[str, list] = {}
    if not counts:
        return found
    buckets = get_collection(COLLECTION).find(
        {"document_id": {"$in": list(counts)}, "array": f"{collection}.{array}"},
        {"_id": 0, "document_id": 1, "first": 1, "entries": 1},
        session=current_session(),
    )
    for bucket in sorted(buckets, key=lambda bucket: bucket["first"]):
        # What was moved since the document was read is still in what was read.
        if bucket["first"] < counts[bucket["document_id"]]:
            found.setdefault(bucket["document_id"], []).extend(bucket["entries"])
    return found


def find(name: str, document_id: str, value: str) -> tuple[int, dict] | None:
    """(position, entry) of the archived entry with this `id`, the newest buckets first."""
    ids = {"$map": {"input": "$entries", "in": {"$ifNull": ["$$this.id", None]}}}
    bucket = get_collection(COLLECTION).find_one(
        {"document_id": document_id, "array": name, "entries.id": value},
        {
            "_id": 0,
            "first": {"$add": ["$first", {"$indexOfArray": [ids, value]}]},
            "entries": {"$elemMatch": {"id": value}},
        },
        sort=[("first", -1)],
        session=current_session(),
    )
    return (bucket["first"], bucket["entries"][0]) if bucket else None


def newest_first(name: str, document_id: str, **more) -> Iterator[tuple[int, Any]]:
    """(position, entry) of all archived entries, backwards; `more` is asked of buckets."""
    buckets = get_collection(COLLECTION).find(
        {"document_id": document_id, "array": name, **more},
        {"_id": 0, "first": 1, "entries": 1},
        session=current_session(),
        batch_size=10,
    )
    for bucket in buckets.sort("first", -1):
        yield from reversed(list(_pairs(bucket)))


def add(name: str, document_id: str, first: int, entries: list) -> None:
    """Store the entries, the first of them at position `first`, in as many buckets as they need."""
    buckets = []
    for part in _parts(entries):
        bucket = {
            "id": new_id(),
            "document_id": document_id,
            "array": name,
            "first": first,
            "count": len(part),
            "entries": part,
        }
        buckets.append(bucket)
        first += len(part)
    get_collection(COLLECTION).insert_many(buckets, session=current_session())


def change(name: str, document_id: str, position: int, fields: dict) -> None:
    """Set fields of the archived entry at a position."""
    which = {"$lte": position, "$gt": position - BUCKET_ENTRIES}
    found = get_collection(COLLECTION).find_one(
        {"document_id": document_id, "array": name, "first": which},
        {"first": 1},
        sort=[("first", -1)],
        session=current_session(),
    )
    if found:
        path = f"entries.{position - found['first']}"
        _set({"_id": found["_id"], path: {"$exists": True}}, path, fields)


def change_by_id(name: str, document_id: str, value: str, fields: dict) -> None:
    """Set fields of the archived entry with this `id`."""
    _set({"document_id": document_id, "array": name, "entries.id": value}, "entries.$", fields)


def _set(which, path, fields):
    values = {f"{path}.{field}": value for field, value in fields.items()}
    get_collection(COLLECTION).update_one(which, {"$set": values}, session=current_session())


def of(name: str, document_id: str, field: str, value: Any) -> list[dict]:
    """The archived entries whose field has the value, in order."""
    same = {"$eq": [f"$$this.{field}", value]}
    buckets = get_collection(COLLECTION).find(
        {"document_id": document_id, "array": name, f"entries.{field}": value},
        {"_id": 0, "entries": {"$filter": {"input": "$entries", "cond": same}}},
        session=current_session(),
    )
    return [entry for bucket in buckets.sort("first", 1) for entry in bucket["entries"]]


def replace(name: str, document_id: str, field: str, value: Any, new: Any) -> None:
    """Put a new value in the place of one, in every archived entry of the document."""
    get_collection(COLLECTION).update_many(
        {"document_id": document_id, "array": name, f"entries.{field}": value},
        {"$set": {f"entries.$[one].{field}": new}},
        array_filters=[{f"one.{field}": value}],
        session=current_session(),
    )


def forget(document_ids: list[str]) -> None:
    """Delete the archive of documents that are deleted, in the transaction of that."""
    get_collection(COLLECTION).delete_many(
        {"document_id": {"$in": document_ids}}, session=current_session()
    )


def _list(value):
    return value if isinstance(value, list) else ()


def _pairs(bucket):
    return enumerate(bucket["entries"], bucket["first"])


def _from(array, start):
    return {"$slice": [array, start, {"$max": [1, {"$size": array}]}]}


def _parts(entries) -> Iterator[list]:
    """The entries in parts of what a bucket may hold; one that is larger has its own."""
    part: list = []
    size = 0
    for entry in entries:
        own = len(entry.raw if isinstance(entry, RawBSONDocument) else bson.encode({"e": entry}))
        if part and (len(part) == BUCKET_ENTRIES or size + own > BUCKET_BYTES):
            yield part
            part, size = [], 0
        part.append(entry)
        size += own
    if part:
        yield part
