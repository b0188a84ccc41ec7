"""Export of the selected rows of an admin list as CSV or JSON: streamed, recorded, harmless."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import orjson
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import StreamingHttpResponse

from accounts import audit
from doit_site import clock
from doit_site.mongo.documents import read_partly

# A spreadsheet takes a cell that begins like this for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # fmt: skip


class Exported:
    """Mixed into the admin of a model: `export_columns`, and `export_permission` to do it.

    `audit_kind` names the subject; the action "KIND.export" is registered with the audit.
    """

    export_columns: tuple[str, ...] = ()
    export_permission = ""
    audit_kind = ""

    def has_export_permission(self, request):
        return request.user.has_perm(self.export_permission)

    @admin.action(permissions=["export"], description="Export the selected as CSV")
    def export_csv(self, request, queryset):
        return self._export(request, queryset, "csv", "text/csv; charset=utf-8", csv_lines)

    @admin.action(permissions=["export"], description="Export the selected as JSON")
    def export_json(self, request, queryset):
        return self._export(request, queryset, "json", "application/json", json_lines)

    def _export(self, request, queryset, ending, content_type, lines):
        self._record_export(request)
        # The first row is read when the answer is sent, after the transaction.
        rows = rows_of(queryset, self.export_columns)
        response = StreamingHttpResponse(
            lines(self.export_columns, rows), headers={"Content-Type": content_type}
        )
        name = f"{self.audit_kind}s-{clock.now():%Y%m%d-%H%M%S}.{ending}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "no-store"
        return response

    def _record_export(self, request):
        """Each one selected, or, of a whole list, that it was the whole and how it was narrowed."""
        whole = request.POST.get("select_across", "0") == "1"
        selected = tuple(dict.fromkeys(request.POST.getlist(ACTION_CHECKBOX_NAME)))
        filters = request.GET.copy()
        filters.pop("q", None)  # a search is a name, a number or an address
        audit.record(
            actor=request.user,
            action=f"{self.audit_kind}.export",
            subject_kind=self.audit_kind,
            subject_ids=("",) if whole else selected,
            reason=f"the whole list {filters.urlencode()}" if whole else "",
            request_id=request.id,
        )


def rows_of(queryset, columns: tuple[str, ...]) -> Iterator[list[Any]]:
    """The values of the columns, of each document; nothing else is read."""
    for row in read_partly(queryset, dict.fromkeys(columns, 1)):
        yield [getattr(row, column) for column in columns]


def csv_lines(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """The header and a line a row, each cell harmless to a spreadsheet."""
    writer = csv.writer(_Echo())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([harmless(_plain(value)) for value in row])


def json_lines(columns: tuple[str, ...], rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """One JSON array of objects."""
    before = b"[\n"
    for row in rows:
        values = [_plain(value) for value in row]
        yield before + orjson.dumps(dict(zip(columns, values, strict=True)))
        before = b",\n"
    yield b"\n]\n" if before == b",\n" else b"[]\n"


def harmless(value):
    """A text that a spreadsheet would run begins with an apostrophe instead."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA):
        return f"'{value}"
    return "" if value is None else value


def _plain(value):
    return clock.text(value) if isinstance(value, datetime) else value


class _Echo:
    """What csv writes is what it returns."""

    def write(self, value):
        return value
