"""An array with an archive for the tests, and broken twins of its move."""

from bson import encode

from doit_site.mongo import archive
from doit_site.mongo.client import current_session, get_db
from doit_site.mongo.history import History

DIARIES = History("diaries", "rows")


class WithoutTransaction(History):
    """A broken twin: each step of the move commits by itself."""

    def shorten(self, document_id):
        due = self._due(document_id)
        return self._move(due) if due else 0


class WritingBack(History):
    """A broken twin: it stores the rest of the array as it was read."""

    def shorten(self, document_id):
        if not (due := self._due(document_id)):
            return 0
        rows = stored(document_id)["rows"]
        archive.add(self.name, document_id, due.first, rows[: due.count])
        change = {"rows": rows[due.count :], "archived": {"rows": due.first + due.count}}
        get_db().diaries.update_one({"id": document_id, **self.moved(due.first)}, {"$set": change})
        return due.count


class MovingTheNewest(History):
    """A broken twin: it looks first what to move and then takes whatever is there by then."""

    def _move(self, due):
        archive.add(self.name, due.document_id, due.first, stored(due.document_id)["rows"])
        get_db().diaries.update_one(
            {"id": due.document_id}, {"$set": {"rows": []}}, session=current_session()
        )
        return due.count


TWINS = {
    twin.__name__: twin("diaries", "rows")
    for twin in (WithoutTransaction, WritingBack, MovingTheNewest)
}


def stored(document_id):
    return get_db().diaries.find_one({"id": document_id})


def whole(document_id):
    return archive.whole(DIARIES.name, stored(document_id))


def size(document_id):
    return len(encode(stored(document_id)))


def assert_contiguous(document_id):
    """The buckets follow each other from 0 to where the document begins."""
    end = 0
    for bucket in get_db().archive.find({"document_id": document_id}).sort("first", 1):
        assert (bucket["first"], bucket["count"]) == (end, len(bucket["entries"]))
        end += bucket["count"]
    assert archive.archived(stored(document_id), "rows") == end
