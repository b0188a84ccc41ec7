"""Arrays of a document of which it holds the newest part, and the archive that holds the rest.

Entries have positions that count from the beginning of the whole history and never change. The
document says under `archived` how many entries of each array were moved: that is the position of
the first one it still holds. What was moved lies, in order, in buckets of the collection `archive`.
"""

import logging
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from django.conf import settings
from django_mongodb_backend.transaction import on_commit
from pymongo.errors import WriteError

from doit_site.mongo import archive
from doit_site.mongo.client import current_session, get_collection
from doit_site.mongo.transactions import in_transaction

logger = logging.getLogger("doit.history")

# At most so much is moved by one transaction: more only when another program filled the array.
MOVED_ENTRIES = 2000
MOVED_BYTES = 2 * 1024 * 1024
TOO_LARGE = (10334, 17419)  # MongoDB: the document would pass 16 MB

# Moved as the bytes they are, whatever types another program wrote.
RAW: CodecOptions = CodecOptions(document_class=RawBSONDocument)

_at_work: set[tuple[str, str]] = set()
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Due:
    """A move to make: the oldest `count` entries held, the first of them at position `first`.

    `more`: they are not all that should be moved, only what one transaction may.
    """

    document_id: str
    first: int
    count: int
    more: bool


@dataclass(frozen=True)
class History:
    """An array that only grows at its end, of the documents of a collection.

    Entries whose field `mark` has a value that `keeps` accepts stay in the document, and all after
    them. `beside(head)` gives the expressions of what else a move sets, from that of what it moves.
    """

    collection: str
    array: str
    mark: str = ""
    keeps: Callable[[Any], bool] | None = None
    beside: Callable[[Any], dict[str, Any]] = lambda head: {}

    @property
    def name(self) -> str:
        return f"{self.collection}.{self.array}"

    def push(self, match: dict, entries: list[dict], also: dict | None = None) -> bool:
        """Append the entries, `also` other update operators; whether `match` found a document.

        `match` names the `id`. One update while there is room; when the tail is full, a second
        one, after whose commit the oldest entries are moved. Raises WriteError.
        """
        change = {**(also or {}), "$push": {self.array: {"$each": entries}}}
        if self._update({**match, **self._has_room_for(entries)}, change):
            return True
        try:
            there = self._update(match, change)
        except WriteError as error:
            # Inside a transaction it is too late: the error has ended it.
            full = error.code in TOO_LARGE and current_session() is None
            if not (full and self.shorten(match["id"])):
                raise
            there = self._update(match, change)
        if there:
            on_commit(partial(self._tidy, match["id"]))
        return there

    def shorten(self, document_id: str) -> int:
        """Move what the tail has above its limits into the archive; how many entries that were.

        In a process one does at a time, since all others would only wait for it.
        """
        moved = 0
        with _alone((self.name, document_id)) as alone:
            due = self._due(document_id) if alone else None
            while due and (done := in_transaction(partial(self._move, due))):
                moved += done
                due = self._due(document_id) if due.more else None
        return moved

    def unchanged(self, document: dict) -> dict:
        """A filter for the document as long as nothing is appended to the array, and nothing moved."""
        size = len(document.get(self.array) or ())
        return {**self.moved(archive.archived(document, self.array)), **self._without(size)}

    def moved(self, count: int) -> dict:
        """A filter for documents of whose array just so many entries are in the archive."""
        return {f"archived.{self.array}": count or {"$in": [None, 0]}}

    def _without(self, index):
        return {f"{self.array}.{index}": {"$exists": False}}

    def _update(self, match, change):
        collection = get_collection(self.collection)
        return bool(collection.update_one(match, change, session=current_session()).matched_count)

    def _has_room_for(self, entries):
        """The size of the array is asked of the update's own filter: that costs no operation,
        and less than `find_one_and_update`, for which MongoDB stores the document once more."""
        last = max(0, settings.TAIL_ENTRIES - len(entries))
        room = settings.TAIL_BYTES - len(bson.encode({"e": entries}))
        return {
            **self._without(last),
            "$expr": {"$lt": [{"$bsonSize": {"e": f"${self.array}"}}, room]},
        }

    def _tidy(self, document_id):
        try:
            self.shorten(document_id)
        except Exception:
            # What was appended is stored; the next append finds the tail full and tries again.
            logger.exception("%s: a tail could not be shortened", self.name)

    def _due(self, document_id) -> Due | None:
        entry: dict[str, Any] = {"bytes": {"$bsonSize": {"e": "$$this"}}}
        if self.mark:
            entry["mark"] = f"$$this.{self.mark}"
        row = get_collection(self.collection).find_one(
            {"id": document_id},
            {
                "_id": 0,
                "first": {"$ifNull": [f"$archived.{self.array}", 0]},
                "entries": {"$map": {"input": archive.held(self.array), "in": entry}},
            },
        )
        count, more = self._count(row["entries"]) if row else (0, False)
        return Due(document_id, int(row["first"]), count, more) if row and count else None

    def _count(self, entries) -> tuple[int, bool]:
        """How many of the oldest to move now, so that half of each limit is left, and whether there are more."""
        sizes = [entry["bytes"] for entry in entries]
        wanted = self._too_many(sizes)
        if self.keeps:
            stay = (n for n, entry in enumerate(entries) if self.keeps(entry.get("mark")))
            wanted = min(wanted, next(stay, wanted))
        count = min(wanted, MOVED_ENTRIES)
        while count > 1 and sum(sizes[:count]) > MOVED_BYTES:
            count = (count + 1) // 2
        return count, count < wanted

    def _too_many(self, sizes) -> int:
        count, left = 0, sum(sizes)
        if len(sizes) > settings.TAIL_ENTRIES:
            count = len(sizes) - max(1, settings.TAIL_ENTRIES // 2)
        if left > settings.TAIL_BYTES:
            left -= sum(sizes[:count])
            while count < len(sizes) - 1 and left > settings.TAIL_BYTES // 2:
                left -= sizes[count]
                count += 1
        return count

    def _move(self, due: Due) -> int:
        """The transaction. It shortens first: from then on appends wait for it. Were it to read
        first, each append until then would make it begin anew, and under many it would never end."""
        array = f"${self.array}"
        head = {"$slice": [array, due.count]}
        unchanged = {
            "id": due.document_id,
            **self.moved(due.first),
            f"{self.array}.{due.count}": {"$exists": True},
        }
        change = {
            self.array: {"$slice": [array, due.count, {"$size": array}]},
            "archived": {"$mergeObjects": ["$archived", {self.array: due.first + due.count}]},
            **self.beside(head),
        }
        documents = get_collection(self.collection).with_options(codec_options=RAW)
        found = documents.find_one_and_update(
            unchanged, [{"$set": change}], {"_id": 0, "head": head}, session=current_session()
        )
        if found is None:
            return 0
        archive.add(self.name, due.document_id, due.first, found["head"])
        return due.count


@contextmanager
def _alone(work):
    """Whether nobody else in this process is at the work."""
    with _lock:
        alone = work not in _at_work
        _at_work.add(work)
    try:
        yield alone
    finally:
        if alone:
            _at_work.discard(work)
