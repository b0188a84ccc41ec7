"""What `check_database` looks for between documents and their archive."""

from collections.abc import Iterator

from pymongo.collection import Collection

from doit_site.mongo import archive
from doit_site.mongo.checkup import Finding
from doit_site.mongo.client import get_db
from doit_site.mongo.history import History


def check(fix: bool, history: History) -> Iterator[Finding]:
    """Buckets of no document or with a wrong count, gaps between them, a wrong `archived`."""
    buckets = get_db()[archive.COLLECTION]
    beyond = set()
    for bucket in buckets.aggregate(_with_owner(history)):
        if not bucket["owner"]:
            if fix:
                buckets.delete_one({"_id": bucket["_id"]})
            yield Finding(buckets.name, bucket["id"], f"of no document of {history.name}", fix)
            continue
        if bucket["count"] != bucket["size"]:
            if fix:
                buckets.update_one({"_id": bucket["_id"]}, {"$set": {"count": bucket["size"]}})
            yield Finding(buckets.name, bucket["id"], "wrong count", fix)
        if archive.archived(bucket["owner"][0], history.array) <= bucket["first"]:
            beyond.add(bucket["document_id"])
    yield from _spans(fix, history, buckets, beyond)


def _with_owner(history):
    owner = {
        "from": history.collection,
        "localField": "document_id",
        "foreignField": "id",
        "as": "owner",
        "pipeline": [{"$project": {"_id": 0, "archived": 1}}],
    }
    shape = {"id": 1, "document_id": 1, "first": 1, "count": 1, "size": {"$size": "$entries"}}
    return [{"$match": {"array": history.name}}, {"$project": shape}, {"$lookup": owner}]


def _spans(fix, history, buckets: Collection, beyond: set[str]):
    """Whether the buckets of a document follow each other from 0 to its `archived`."""
    documents = get_db()[history.collection]
    some = {f"archived.{history.array}": {"$gt": 0}}
    for document in documents.find(
        {"$or": [some, {"id": {"$in": sorted(beyond)}}]}, {"id": 1, "archived": 1}
    ):
        end = 0
        for bucket in buckets.find(
            {"document_id": document["id"], "array": history.name},
            {"first": 1, "size": {"$size": "$entries"}},
        ).sort("first", 1):
            if bucket["first"] != end:
                problem = f"{history.array} {end} to {bucket['first']} are not in the archive"
                yield Finding(history.collection, document["id"], problem)
            end = bucket["first"] + bucket["size"]
        yield from _end(fix, history, documents, document, end)


def _end(fix, history, documents: Collection, document, end):
    moved = archive.archived(document, history.array)
    if moved == end:
        return
    # What lies in the archive was moved, whoever wrote the document without saying so. The other
    # way round entries are lost, and no number brings them back.
    fixed = fix and moved < end and _raise(history, documents, document, moved, end)
    problem = f"archived.{history.array} is {moved}, the archive ends at {end}"
    yield Finding(history.collection, document["id"], problem, bool(fixed))


def _raise(history, documents: Collection, document, moved, end):
    counts = {"$mergeObjects": ["$archived", {history.array: end}]}
    done = documents.update_one(
        {"_id": document["_id"], **history.moved(moved)}, [{"$set": {"archived": counts}}]
    )
    return done.matched_count
