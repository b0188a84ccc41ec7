"""Log lines: JSON in production, readable in development; with the request, without persons.

What may hold personal data is left out by construction: of an exception its type and where it was
raised, never its message (a DuplicateKeyError quotes the phone number); of other packages'
loggers the template of a line, never what is filled in; of a request its id and the template of its
route, never its path, query, headers or body. `doit.*` loggers answer for what they log.
"""

import logging
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from doit_site import metrics
from doit_site.environment import BASE_DIR

# The request that this thread or task answers.
current_request: ContextVar[Any] = ContextVar("current_request", default=None)

OURS = ("doit.", "granian", "_granian")
# Their templates are what came in: a host, a path.
SILENT = ("django.request", "django.security")
MAX_FRAMES = 30
MAX_CAUSES = 5


class Lines(logging.Formatter):
    """Records as lines of structlog's renderers. `readable`: for a terminal, and nothing hidden."""

    def __init__(self, readable: bool = False):
        super().__init__()
        self.readable = readable
        self.processors: list[Any] = (
            [structlog.dev.ConsoleRenderer()]
            if readable
            else [structlog.processors.JSONRenderer(serializer=_dumps)]
        )

    def format(self, record: logging.LogRecord) -> str:
        event: Any = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat("T", "milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage() if self.readable else message_of(record),
            **request_fields(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1]:
            if self.readable:
                event["exception"] = self.formatException(record.exc_info)
            else:
                event["exception"] = exception_of(record.exc_info[1])
        for processor in self.processors:
            event = processor(None, record.levelname.lower(), event)
        return event


def _dumps(event, **kwargs):
    return orjson.dumps(event, default=lambda value: type(value).__name__).decode()


def request_fields() -> dict[str, str]:
    """What may be told of the request that is being answered, if there is one."""
    request = current_request.get()
    if request is None:
        return {}
    return {
        "request_id": request.id,
        "method": metrics.method_of(request),
        "route": metrics.route_of(request),
    }


def message_of(record: logging.LogRecord) -> str:
    """The text of the line; of other packages' lines without what was filled in."""
    if record.name.startswith(OURS):
        return record.getMessage()
    if record.name.startswith(SILENT):
        return "unhandled error" if record.exc_info else "refused"
    return record.msg if isinstance(record.msg, str) else type(record.msg).__name__


def exception_of(error: BaseException) -> list[dict[str, Any]]:
    """The error, then what caused it: {"type", "frames", "code"?} each, without any message."""
    rows: list[dict[str, Any]] = []
    cause: BaseException | None = error
    while cause is not None and len(rows) < MAX_CAUSES:
        kind = type(cause)
        row: dict[str, Any] = {
            "type": f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins."),
            "frames": frames_of(cause),
        }
        if isinstance(code := getattr(cause, "code", None), int):
            row["code"] = code  # MongoDB's number for it
        rows.append(row)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return rows


def frames_of(error: BaseException) -> list[str]:
    """`goals/chat.py:71 _append` for each frame, the innermost last; no values, no source."""
    frames = list(traceback.walk_tb(error.__traceback__))[-MAX_FRAMES:]
    return [
        f"{_short(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}"
        for frame, line in frames
    ]


def _short(filename: str) -> str:
    _, packaged, rest = filename.rpartition("site-packages/")
    return rest if packaged else filename.removeprefix(f"{BASE_DIR}/")


class CrashesOnly(logging.Filter):
    """Django tells of every answer of 400 and more; the line of its request does so already."""

    def filter(self, record: logging.LogRecord) -> bool:
        return bool(record.exc_info)
