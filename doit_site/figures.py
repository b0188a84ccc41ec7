"""Figures over whole collections, reckoned beside requests and kept: never once a request.

Whoever looks first after a minute has them reckoned, in a thread that the request waits for a
moment only; who comes meanwhile sees the figures before, with their time. What takes long is
reckoned less often, so that it never keeps the database busy for more than a twentieth of the time.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Thread
from time import monotonic
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, PyMongoError

from doit_site import clock
from doit_site.models import Figure
from doit_site.mongo.client import get_db
from doit_site.mongo.fields import new_id
from doit_site.mongo.shapes import as_datetime

FRESH_FOR = timedelta(minutes=1)
SHARE_OF_TIME = 20
# Longer than any reckoning: a claim older than this is of a process that is gone.
CLAIMED_FOR = timedelta(minutes=10)
WAITED_FOR = 1.5  # seconds, well within a request's deadline

logger = logging.getLogger(__name__)
_reckoners: dict[str, Callable[[Database], dict]] = {}


@dataclass(frozen=True, slots=True)
class Figures:
    """`values` is None until they were reckoned once."""

    values: dict[str, Any] | None
    at: datetime | None


def register(name: str, reckon: Callable[[Database], dict]) -> None:
    """Called from AppConfig.ready(). `reckon(database)` gives what BSON can keep."""
    _reckoners[name] = reckon


def read(name: str) -> Figures:
    """The figures of that name, at most a minute old if they are quickly reckoned."""
    database, now = get_db(), clock.now()
    row = _row(database, name)
    if row is None or as_datetime(row["fresh_until"]) <= now:
        claim = _claim(database, name, now)
        if claim:
            thread = Thread(target=_reckon, args=(database, name, claim, now), daemon=True)
            thread.start()
            thread.join(WAITED_FOR)
            row = _row(database, name)
    row = row or {}
    return Figures(row.get("values"), as_datetime(row.get("at")))


def _row(database, name):
    return database[Figure._meta.db_table].find_one({"_id": name})


def _claim(database, name, now) -> str | None:
    """Claim the reckoning, of which only one at a time succeeds."""
    claim = new_id()
    free = {"_id": name, "fresh_until": {"$lte": now}, "claimed_until": {"$lte": now}}
    mine = {"claim": claim, "claimed_until": now + CLAIMED_FOR}
    try:
        result = database[Figure._meta.db_table].update_one(
            free, {"$set": mine, "$setOnInsert": {"fresh_until": now}}, upsert=True
        )
    except DuplicateKeyError:
        return None  # it is there and not free
    return claim if result.matched_count or result.upserted_id else None


def _reckon(database, name, claim, now):
    began = monotonic()
    try:
        values = _reckoners[name](database)
        for_long = timedelta(seconds=(monotonic() - began) * SHARE_OF_TIME)
        kept = {"values": values, "at": now, "fresh_until": now + max(FRESH_FOR, for_long)}
    except PyMongoError:
        logger.exception("figures %s were not reckoned", name)
        kept = {"fresh_until": now + FRESH_FOR}
    try:
        database[Figure._meta.db_table].update_one(
            {"_id": name, "claim": claim}, {"$set": {**kept, "claimed_until": now}}
        )
    except PyMongoError:
        logger.exception("figures %s were not kept", name)
