import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymongo
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "doit_site.settings")

# Libraries load these where they find them, for what no server does: REST framework requests for its
# test client, structlog rich for coloured tracebacks. Together 8 MB.
NOT_NEEDED = ("requests", "rich")


@contextmanager
def kept_out(names: tuple[str, ...]) -> Iterator[None]:
    """Within the block these modules are as if not installed, unless they are loaded already."""
    modules: dict[str, Any] = sys.modules
    kept = [name for name in names if name not in modules]
    modules.update(dict.fromkeys(kept))
    try:
        yield
    finally:
        for name in kept:
            del modules[name]


with kept_out(NOT_NEEDED):
    application = get_wsgi_application()


def refuse_standalone_server():
    """End a start that could never serve; a database that is only away is waited for."""
    from doit_site.mongo.client import DatabaseUnavailable, StandaloneServer, connect_db

    try:
        with pymongo.timeout(1):
            connect_db()
    except StandaloneServer as error:
        raise SystemExit(f"DoIt cannot start: {error}") from error
    except DatabaseUnavailable:
        pass  # /health/ready/ says so until it is there


def settle():
    """Load what the first requests would, and keep all of it out of the garbage collector's way.

    A full collection looked at 200,000 objects for 50 ms, which every hundredth request waited
    for. What requests leave behind dies with its last reference (doit_site.api.views), so that
    the collector has little to find and can be called seldom.
    """
    from goals.coach import llm_coach

    get_resolver().url_patterns  # noqa: B018  # loads every view
    llm_coach()  # where COACH=llm, some seconds
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def do_jobs():
    """Look after the coach's longer work in this process, beside the requests."""
    from goals import job_runner

    job_runner.start()


refuse_standalone_server()
settle()
do_jobs()
