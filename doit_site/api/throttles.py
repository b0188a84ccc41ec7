"""Limits on how often: per process for plain use, in the database where they protect codes."""

import hmac
import math
import threading
import time
from collections import defaultdict
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256

from django.conf import settings
from django.core.cache import cache
from pymongo import ReturnDocument
from rest_framework.throttling import BaseThrottle

from doit_site import clock, metrics
from doit_site.api.problems import Code, Problem
from doit_site.models import RateLimit

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@lru_cache
def parse(rate: str) -> tuple[int, int]:
    """(number, seconds) of `5/day`."""
    number, _, period = rate.partition("/")
    return int(number), SECONDS[period[0]]


class PersonThrottle(BaseThrottle):
    """`user` requests a window by a person, `anonymous` ones by an address.

    Counted in the shared cache, where there is one, else in this process.
    """

    def allow_request(self, request, view):
        self.name, key = self._who(request)
        number, seconds = parse(settings.THROTTLE_RATES[self.name])
        window, passed = divmod(time.time(), seconds)
        self.remaining = seconds - passed
        count = _count_shared if settings.CACHE_IS_SHARED else _windows[self.name].count
        return count(f"{self.name}:{key}", int(window), seconds) <= number

    def wait(self):
        """DRF's hook for those refused."""
        metrics.throttled(self.name)
        return self.remaining

    def _who(self, request):
        if request.user is not None:
            return "user", request.user.pk
        return "anonymous", self.get_ident(request)


class _Window:
    """Counts of the running window of one limit, a dict that the next window empties."""

    def __init__(self) -> None:
        self._number, self._counts = 0, dict[str, int]()
        self._lock = threading.Lock()

    def count(self, key: str, window: int, seconds: int) -> int:
        with self._lock:
            if window != self._number:
                self._number, self._counts = window, {}
            self._counts[key] = count = self._counts.get(key, 0) + 1
        return count


_windows: dict[str, _Window] = defaultdict(_Window)


def _count_shared(key: str, window: int, seconds: int) -> int:
    key = f"throttle:{key}:{window}"
    try:
        return cache.incr(key)
    except ValueError:  # the first of the window
        return 1 if cache.add(key, 1, timeout=seconds) else cache.incr(key)


def forget_windows() -> None:
    """Begin to count anew, as a process that has just started: for tests."""
    _windows.clear()


def address(request) -> str:
    """The client's address, behind TRUSTED_PROXIES proxies."""
    return BaseThrottle().get_ident(request) or ""  # a Unix socket has none


def digest(text: str) -> str:
    """An HMAC under the secret key: the same for the same text, and naming nobody."""
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), sha256).hexdigest()


def spend(name: str, who: str) -> None:
    """Count one more of `name` for `who` in the database; Problem `throttled` over the limit."""
    row, number, seconds = _count(name, who, 1)
    if row["count"] > number:
        _refuse(name, seconds)


def give_back(name: str, who: str) -> None:
    """Undo one `spend`, where it turned out not to count."""
    _count(name, who, -1)


def _count(name, who, step):
    number, seconds = parse(settings.THROTTLE_RATES[name])
    row = RateLimit.objects.collection.find_one_and_update(
        {"_id": _key(name, who, seconds)},
        {
            "$inc": {"count": step},
            "$setOnInsert": {"expires_at": clock.now() + timedelta(seconds=seconds)},
        },
        upsert=True,
        return_document=ReturnDocument.AFTER,
    )
    return row, number, seconds


def _refuse(name, seconds):
    metrics.throttled(name)
    wait = str(math.ceil(seconds - clock.now().timestamp() % seconds))
    raise Problem(Code.throttled, f"Try again in {wait} s.", headers={"Retry-After": wait})


def check(name: str, who: str) -> None:
    """Problem `throttled` where `who` has already spent all of `name`; counts nothing."""
    number, seconds = parse(settings.THROTTLE_RATES[name])
    row = RateLimit.objects.collection.find_one({"_id": _key(name, who, seconds)})
    if row and row["count"] >= number:
        _refuse(name, seconds)


def _key(name, who, seconds):
    return f"{name}:{digest(who)[:48]}:{int(clock.now().timestamp() // seconds)}"
