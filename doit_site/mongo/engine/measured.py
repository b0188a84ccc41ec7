"""Collections that time what is asked of them.

The driver's own events (CommandListener) cost 15 us an operation even when nobody looks at them,
this one or two: docs/decisions.md.
"""

from functools import wraps
from time import perf_counter
from typing import Any

from pymongo.collection import Collection
from pymongo.cursor import Cursor

from doit_site import metrics

COMMANDS = {
    "insert_one": "insert",
    "insert_many": "insert",
    "update_one": "update",
    "update_many": "update",
    "replace_one": "update",
    "delete_one": "delete",
    "delete_many": "delete",
    "find_one_and_update": "findAndModify",
    "find_one_and_replace": "findAndModify",
    "find_one_and_delete": "findAndModify",
    "aggregate": "aggregate",
    "count_documents": "aggregate",
    "estimated_document_count": "count",
    "distinct": "distinct",
    "bulk_write": "bulkWrite",
}


def timed(act, command: str):
    """The act, its time counted as that of the command."""

    @wraps(act)
    def run(*args, **kwargs):
        started = perf_counter()
        try:
            result = act(*args, **kwargs)
        except Exception as error:
            metrics.operation_failed(command, error)
            raise
        metrics.operation(command, perf_counter() - started)
        return result

    return run


class MeasuredCursor(Cursor):
    """Counts each batch: the first is `find`, those after it are `getMore`."""

    def _refresh(self) -> int:
        if self._data or self._killed:
            return super()._refresh()
        command = "find" if self._id is None else "getMore"
        started = perf_counter()
        try:
            number = super()._refresh()
        except Exception as error:
            metrics.operation_failed(command, error)
            raise
        metrics.operation(command, perf_counter() - started)
        return number


class MeasuredCollection(Collection):
    """A pymongo Collection; `find_one` counts as the `find` that it sends."""

    def find(self, *args: Any, **kwargs: Any) -> Cursor:
        return MeasuredCursor(self, *args, **kwargs)


for _name, _command in COMMANDS.items():
    setattr(MeasuredCollection, _name, timed(getattr(Collection, _name), _command))
