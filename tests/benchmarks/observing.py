"""What figures and log lines cost: processor time of a request, without, with one, with both.

DEBUG=true python -m doit_site.mongo.throwaway python -m tests.benchmarks.observing 2>/dev/null
"""

import io
import os
import statistics
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "doit_site.settings")
os.environ |= {"DEBUG": "false", "ALLOWED_HOSTS": "testserver", "PUBLIC_URL": "http://testserver"}
os.environ |= {"SECRET_KEY": "k" * 50, "SMS_BACKEND": "file", "SMS_FILE": os.devnull}
os.environ |= {"THROTTLE_RATES": "user=100000000/min"}
django.setup()

import logging  # noqa: E402

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.core.management import call_command  # noqa: E402
from pymongo.collection import Collection  # noqa: E402

from accounts import sessions  # noqa: E402
from accounts.models import User  # noqa: E402
from doit_site import observing  # noqa: E402
from doit_site.mongo.client import connection  # noqa: E402
from doit_site.mongo.engine.measured import MeasuredCollection  # noqa: E402

PATHS = ("/api/v1/me/", "/api/v1/goals/")
MODES = ("neither", "figures", "figures and lines")
ROUNDS, REQUESTS, BEST = 40, 60, 10
OBSERVED = observing.begin, observing.end
IGNORED = (lambda request: 0.0), (lambda request, response, started: None)


def main():
    call_command("migrate", verbosity=0)
    user = User.objects.create_user("14155550101")
    token, _ = sessions.open_session(user_id=user.pk)
    handler = WSGIHandler()
    for path in PATHS:
        times: dict[str, list[float]] = {mode: [] for mode in MODES}
        for _ in range(ROUNDS):
            for mode in MODES:
                switch(mode)
                measure(handler, path, token, 5)
                times[mode].append(measure(handler, path, token, REQUESTS))
        best = {mode: statistics.mean(sorted(times[mode])[:BEST]) for mode in MODES}
        for mode in MODES:
            more = best[mode] / best["neither"] - 1
            sys.stdout.write(f"{path:16} {mode:18} {best[mode]:7.1f} us  {more:+.1%}\n")


def switch(mode):
    observing.begin, observing.end = IGNORED if mode == "neither" else OBSERVED
    lines = mode == "figures and lines"
    logging.getLogger("doit.access").setLevel(logging.INFO if lines else logging.ERROR)
    for collection in connection._collections.values():
        collection.__class__ = Collection if mode == "neither" else MeasuredCollection


def measure(handler, path, token, count):
    """Microseconds of this thread's processor time a request."""
    started = time.thread_time()
    for _ in range(count):
        response = handler(environ(path, token), lambda status, headers, error=None: None)
        b"".join(response)
        response.close()
        assert response.status_code == 200, response.content
    return (time.thread_time() - started) / count * 1e6


def environ(path, token):
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SCRIPT_NAME": "",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "testserver",
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
    }


if __name__ == "__main__":
    main()
