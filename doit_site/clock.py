"""The one place that says what time it is."""

from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_shift: ContextVar[timedelta] = ContextVar("shift", default=timedelta(0))


def now() -> datetime:
    """The present, aware, in UTC, in whole milliseconds as a BSON date keeps it."""
    moment = datetime.now(UTC) + _shift.get()
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@contextmanager
def at(moment: datetime):
    """Within the block and this thread the clock starts from `moment`: for demo data."""
    token = _shift.set(moment - datetime.now(UTC))
    try:
        yield
    finally:
        _shift.reset(token)


def text(moment: datetime) -> str:
    """A "datetime string" of seed 1-doit.md: 2026-02-07T12:30:00.000000Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
