"""Loaded before Django's settings: the environment of the tests and their own mongod.

One server for the run; pytest-xdist's workers use a database each on it.
"""

import os
import shutil
import tempfile
from pathlib import Path

from doit_site.mongo.local_server import LocalServer

# Whatever .env or the shell say, tests run on these.
SETTINGS = {
    "DEBUG": "false",
    "SECRET_KEY": "for-tests-only-" + "k" * 40,
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "PUBLIC_URL": "http://testserver",
    "SMS_BACKEND": "file",
    "EMAIL_URL": "memorymail://",
    "EMAIL_FROM": "DoIt <doit@example.org>",
    "DATABASE_NAME": "doit_db",
    "THROTTLE_RATES": "",
    "COACH": "offline",
    "QUESTIONS_PER_TEST": "5",
    "TAIL_ENTRIES": "100",
    "TAIL_BYTES": "65536",
    # A test that writes past the product would have to wait; those of the cache turn it on.
    "SESSION_CACHE": "false",
}
UNSET = (
    "CACHE_URL",
    "TRUSTED_PROXIES",
    "CORS_ORIGINS",
    "CSRF_TRUSTED_ORIGINS",
    "TWILIO_BASE_URL",
    "COACH_MODEL",
    "COACH_BASE_URL",
    "COACH_API_KEY",
    "COACH_CALLS_A_DAY",
    "COACH_TOKENS_A_DAY",
    "COACH_AT_ONCE",
    "CELERY_BROKER_URL",
)


def _set_up():
    folder = Path(tempfile.mkdtemp(prefix="doit-tests-"))
    for name in UNSET:
        os.environ.pop(name, None)
    server = LocalServer(folder / "mongod", options=["--setParameter", "ttlMonitorSleepSecs=1"])
    server.start()
    os.environ.update(
        SETTINGS,
        DOIT_TESTS_FOLDER=str(folder),
        DATA_DIR=str(folder / "data"),
        SMS_FILE=str(folder / "sms.jsonl"),
        # 64 threads at once, where a worker of the server has 4, each with a connection: with fewer
        # connections those that wait for a transaction's locks would keep it from going on. How
        # soon the product gives up is for the fault tests, which have servers of their own.
        MONGODB_URI=f"{server.uri}&maxPoolSize=128&connectTimeoutMS=60000",
    )
    return server


# At import, because pytest-django reads the settings before any hook of ours; the workers of
# pytest-xdist inherit the environment and start nothing.
server = None if "DOIT_TESTS_FOLDER" in os.environ else _set_up()


def pytest_unconfigure():
    if server:
        server.stop()
        shutil.rmtree(os.environ.pop("DOIT_TESTS_FOLDER"), ignore_errors=True)
