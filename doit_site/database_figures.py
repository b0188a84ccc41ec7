"""What staff see of the database at /health/ready/: sizes, indexes and their use, replica set."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pymongo
from bson import Timestamp
from pymongo.errors import PyMongoError

from doit_site.mongo.client import get_db

# For all of them together: the driver passes what is left of it on as each command's maxTimeMS.
SECONDS = 1.0


def collect() -> dict[str, Any]:
    """The figures by name; None for what the database refuses or does not answer in time."""
    with pymongo.timeout(SECONDS):
        return {
            "server": _or_none(_server),
            "replica_set": _or_none(_replica_set),
            "oplog": _or_none(_oplog),
            "database": _or_none(_database),
            "collections": _or_none(_collections),
        }


def _or_none(figure: Callable[[], Any]) -> Any:
    try:
        return figure()
    except (PyMongoError, LookupError, TypeError, ValueError):
        return None  # refused, slow or of another shape: the others are told all the same


def _server() -> dict[str, Any]:
    return {"version": get_db().command("buildInfo")["version"]}


def _replica_set() -> dict[str, Any]:
    """Members by their state, without their addresses."""
    status = get_db().client.admin.command("replSetGetStatus")
    newest = max(member["optimeDate"] for member in status["members"] if "optimeDate" in member)
    members = [
        {
            "state": member["stateStr"],
            "healthy": bool(member["health"]),
            "lag_seconds": _seconds(newest, member.get("optimeDate")),
        }
        for member in status["members"]
    ]
    return {"name": status["set"], "members": members}


def _seconds(later, earlier) -> float | None:
    return (later - earlier).total_seconds() if earlier else None


def _oplog() -> dict[str, Any]:
    """How far back a member that was away may have been, and a change stream resume."""
    oplog = get_db().client.local["oplog.rs"]
    first, last = (_moment(oplog, order) for order in (1, -1))
    [stats] = oplog.aggregate([{"$collStats": {"storageStats": {}}}])
    return {
        "window_seconds": last.time - first.time,
        "bytes": stats["storageStats"]["size"],
        "max_bytes": stats["storageStats"]["maxSize"],
    }


def _moment(oplog, order) -> Timestamp:
    return oplog.find_one({}, {"ts": 1}, sort=[("$natural", order)])["ts"]


def _database() -> dict[str, int]:
    stats = get_db().command("dbStats")
    return {
        "collections": stats["collections"],
        "objects": stats["objects"],
        "data_bytes": int(stats["dataSize"]),
        "storage_bytes": int(stats["storageSize"]),
        "indexes": stats["indexes"],
        "index_bytes": int(stats["indexSize"]),
    }


def _collections() -> dict[str, Any]:
    names = get_db().list_collection_names(filter={"type": "collection"})
    return {
        name: _or_none(partial(_collection, name))
        for name in sorted(names)
        if not name.startswith("system.")
    }


def _collection(name: str) -> dict[str, Any]:
    collection = get_db()[name]
    [row] = collection.aggregate([{"$collStats": {"storageStats": {}}}])
    stats = row["storageStats"]
    uses = {
        index["name"]: index["accesses"] for index in collection.aggregate([{"$indexStats": {}}])
    }
    return {
        "objects": stats["count"],
        "data_bytes": stats["size"],
        "storage_bytes": stats["storageSize"],
        "indexes": {
            index: {
                "bytes": size,
                "uses": uses[index]["ops"] if index in uses else None,
                "since": uses[index]["since"].isoformat() if index in uses else None,
            }
            for index, size in stats["indexSizes"].items()
        },
    }
