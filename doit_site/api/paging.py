"""Cursor paging over an index or over an array, reading no more than the page."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

import bson
from bson.errors import BSONError
from bson.max_key import MaxKey
from bson.min_key import MinKey
from rest_framework.pagination import BasePagination
from rest_framework.response import Response

from doit_site.api.problems import Code, Problem
from doit_site.mongo import archive
from doit_site.mongo.client import current_session

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
LAST_POSITION = 2_000_000_000
MAX_CURSOR = 2000  # characters; nesting that a decoder could choke on needs more


@dataclass
class Page:
    """Rows in reading order; `after` and `before` are the positions of the neighbour pages."""

    rows: list
    after: Any = None
    before: Any = None


@dataclass
class Keyset:
    """The documents under one value of an index, in the index's order.

    `index` is a doit_site Index whose leading fields are fixed to the values of `fixed` and
    whose others give the order, the last of them unique. Bounds are index keys (`min` and
    `max`), so that a page is one range of the index whatever BSON types it holds, strings
    where dates are due included.
    """

    model: Any
    index: str
    fixed: tuple
    projection: dict
    filter: dict = field(default_factory=dict)

    def page(self, position, backwards, limit) -> Page:
        keys = self._keys()
        start, end = self._bounds(keys, position, backwards)
        # Without the fixed fields: MongoDB sorts an array among them by its least element, in memory.
        order = [(name, -way if backwards else way) for name, way in self._order(keys)]
        cursor = (
            self.model.objects.collection.find(
                {**self._prefix(keys), **self.filter},
                self._projection(keys),
                session=current_session(),
            )
            .sort(order)
            .hint(self.index)
            .min(start)
            .max(end)
            .limit(limit + 1)
        )
        rows = list(cursor)
        more = rows[limit:]
        rows = rows[:limit][::-1] if backwards else rows[:limit]
        return self._neighbours(keys, rows, more, position, backwards)

    def _keys(self):
        return _keys_of(self.model, self.index)

    def _prefix(self, keys):
        names = [name for name, _ in keys[: len(self.fixed)]]
        return dict(zip(names, self.fixed, strict=True))

    def _order(self, keys):
        return keys[len(self.fixed) :]

    def _projection(self, keys):
        return {**self.projection, **{name: 1 for name, _ in self._order(keys)}}

    def _bounds(self, keys, position, backwards):
        names = [name for name, _ in keys]
        order = self._order(keys)
        first = [*self.fixed, *(MaxKey() if way < 0 else MinKey() for _, way in order)]
        last = [*self.fixed, *(MinKey() if way < 0 else MaxKey() for _, way in order)]
        if position is not None:
            if not isinstance(position, list) or len(position) != len(order):
                raise Problem(Code.invalid_cursor)
            bound = [*self.fixed, *position]
            first, last = (first, bound) if backwards else (bound, last)
        return list(zip(names, first, strict=True)), list(zip(names, last, strict=True))

    def _neighbours(self, keys, rows, more, position, backwards):
        order = self._order(keys)
        place = lambda row: [row.get(name) for name, _ in order]  # noqa: E731
        if backwards:
            return Page(rows, after=position, before=place(rows[0]) if more and rows else None)
        came_from_somewhere = position is not None and rows
        return Page(
            rows,
            after=place(more[0]) if more else None,
            before=place(rows[0]) if came_from_somewhere else None,
        )


@cache
def _keys_of(model, name):
    return next(index for index in model._meta.indexes if index.name == name).keys(model)


@dataclass
class Tail:
    """An array of one document and its archive (doit_site.mongo.history), newest first.

    `match` names the document's `id`. Positions count from the beginning of the whole history, so
    that neither what comes in nor what is moved meanwhile shifts a page. One operation reads what the
    document holds of a page; a second one what lies in the archive, if any does. Who has read the
    document already says with `first` how many entries are there: a page of those alone is one, too.
    """

    model: Any
    match: dict
    array: str
    first: int | None = None

    def page(self, position, backwards, limit) -> Page:
        if position is not None and not (isinstance(position, int) and position >= 0):
            raise Problem(Code.invalid_cursor)
        # A forged one may be of any size; MongoDB slices by numbers of 32 bits.
        position = position if position is None else min(position, LAST_POSITION)
        if position is not None and position + limit * backwards <= (self.first or 0):
            return self._archived(position, backwards, limit)
        found = self._held(position, backwards, limit)
        first = int(found["first"])
        size = first + found["size"]
        start, end = _bounds(size, position, backwards, limit)
        # What was archived when the document was read stays so, whatever is moved since.
        rows = archive.between(self._name, self.match["id"], start, min(end, first))
        rows += enumerate(found["rows"], max(start, first))
        return Page(
            self._shown(rows[::-1]),
            after=start if start > 0 else None,
            before=end if end < size else None,
        )

    def _archived(self, position, backwards, limit):
        """A page that ends where others follow: a document holds one entry at least."""
        start = position if backwards else max(0, position - limit)
        end = position + limit if backwards else position
        rows = archive.between(self._name, self.match["id"], start, end)
        return Page(self._shown(rows[::-1]), after=start if start > 0 else None, before=end)

    def _shown(self, rows: list[tuple[int, Any]]) -> list:
        """The rows of a page, from pairs of a position and an entry."""
        return [entry for _, entry in rows]

    @property
    def _name(self):
        return f"{self.model._meta.db_table}.{self.array}"

    def _held(self, position, backwards, limit):
        """{"first": the position of the first held, "size": how many are, "rows": those of the page}."""
        held = archive.held(self.array)
        shape = {
            "_id": 0,
            "first": {"$ifNull": [f"$archived.{self.array}", 0]},
            "size": {"$size": held},
            "rows": _part(held, f"$archived.{self.array}", position, backwards, limit),
        }
        row = self.model.objects.collection.find_one(self.match, shape, session=current_session())
        if row is None:
            raise Problem(Code.not_found)
        return row


def _bounds(size, position, backwards, limit):
    """(start, end) of a page among `size` entries."""
    end = size if position is None else min(position, size)
    if backwards and position is not None:
        return end, min(end + limit, size)
    return max(0, end - limit), end


def _part(held, first, position, backwards, limit):
    """The expression of a page's part of the array that is held: _bounds, reckoned by MongoDB."""
    if position is None:
        return {"$slice": [held, -limit]}
    here = {"$subtract": [position, {"$ifNull": [first, 0]}]}  # as an index of the array
    start = here if backwards else {"$subtract": [{"$min": [here, {"$size": held}]}, limit]}
    end = {"$add": [here, limit]} if backwards else here
    count = {"$subtract": ["$$end", {"$max": [0, "$$start"]}]}
    part = {"$slice": [held, {"$max": [0, "$$start"]}, count]}
    return {
        "$let": {
            "vars": {"start": start, "end": end},
            "in": {"$cond": [{"$gt": [count, 0]}, part, []]},
        }
    }


@dataclass
class Rows:
    """Rows at hand, newest first: for what is computed from documents already read.

    `key(row)` is a text that orders them, descending, and is the position, so that what
    comes in meanwhile moves no page.
    """

    rows: list
    key: Callable[[Any], str]

    def page(self, position, backwards, limit) -> Page:
        if not isinstance(position, str | None):
            raise Problem(Code.invalid_cursor)
        rows = sorted(self.rows, key=self.key, reverse=True)
        start = 0 if position is None else sum(self.key(row) > position for row in rows)
        start, end = (max(0, start - limit), start) if backwards else (start, start + limit)
        return Page(
            rows[start:end],
            after=self.key(rows[end]) if end < len(rows) else None,
            before=self.key(rows[start]) if 0 < start < len(rows) else None,
        )


class Pages(BasePagination):
    """DRF's pagination for the sources above: `page = self.paginator.read(request, source)`."""

    def read(self, request, source) -> list:
        self.request = request
        position, backwards = _decode(request.query_params.get("cursor"))
        self.page = source.page(position, backwards, _limit(request))
        return self.page.rows

    def get_paginated_response(self, data):
        return Response(
            {
                "next": self._link(self.page.after, False),
                "previous": self._link(self.page.before, True),
                "results": data,
            }
        )

    def _link(self, position, backwards):
        if position is None:
            return None
        parameters = self.request.query_params.dict() | {"cursor": _encode(position, backwards)}
        request = self.request._request  # DRF's own looks each attribute up twice
        return f"{request.scheme}://{request.get_host()}{request.path}?{urlencode(parameters)}"

    def get_paginated_response_schema(self, schema):
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view):
        limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
        return [
            {"name": "limit", "in": "query", "required": False, "schema": limit},
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "From `next` or `previous` of an earlier answer.",
                "schema": {"type": "string"},
            },
        ]


def _limit(request):
    text = request.query_params.get("limit")
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_LIMIT):
        detail = f"limit is a whole number from 1 to {MAX_LIMIT}."
        row = {"pointer": "/limit", "code": "invalid", "detail": detail}
        raise Problem(Code.invalid_input, detail, errors=[row])
    return int(text)


def _encode(position, backwards):
    raw = bson.encode({"p": position, "b": backwards})
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text):
    """(position, backwards) of a cursor; what it holds only ever bounds a scan of the owner's own."""
    if text is None:
        return None, False
    if len(text) > MAX_CURSOR:
        raise Problem(Code.invalid_cursor)
    try:
        value = bson.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        position, backwards = value["p"], bool(value["b"])
    except (ValueError, KeyError, TypeError, OverflowError, BSONError) as error:
        raise Problem(Code.invalid_cursor) from error
    parts = position if isinstance(position, list) else [position]
    if not all(_is_position(part) for part in parts):
        raise Problem(Code.invalid_cursor)
    return position, backwards


def _is_position(part):
    usable = isinstance(part, str | int | float | datetime) and not isinstance(part, bool)
    return usable or part is None
