"""The deadline of a request's database work (`pymongo.timeout`), and what does not count towards it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from pymongo import _csot


@contextmanager
def not_counted() -> Iterator[None]:
    """Time spent within the block is none of the database's: a running deadline moves on by it.

    For waiting on another service, outside of any transaction: a session that idles holds locks.
    """
    began = time.monotonic()
    try:
        yield
    finally:
        _csot.DEADLINE.set(_csot.DEADLINE.get() + time.monotonic() - began)
