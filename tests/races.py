"""Many at once: the same act from many threads, all let go at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.test import override_settings


def together(count: int, act: Callable[[int], Any]) -> list[Any]:
    """What act(0) ... act(count - 1) returned, in this order; what one raises is raised.

    All of them share one interpreter here, so a request's deadline, which has its own tests on
    servers of their own, is not what these are about.
    """
    barrier = Barrier(count)

    def run(number):
        barrier.wait()
        return act(number)

    with override_settings(DATABASE_DEADLINE=60), ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
