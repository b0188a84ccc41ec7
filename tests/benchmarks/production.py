"""Django and the contenders as in production, on a database and in a folder that are gone afterwards."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from doit_site.mongo.local_server import LocalServer

CACHE_SIZE = "cache_size=1500M"  # mongod's; that of the embedded server is small


@contextmanager
def place() -> Iterator[Path]:
    """An empty folder and database, gone afterwards, with Django set up as in production."""
    with tempfile.TemporaryDirectory() as folder, LocalServer(Path(folder) / "data") as mongod:
        os.environ |= environment(mongod.uri)
        import django

        django.setup()
        from doit_site.mongo.client import close_db, get_db

        admin = get_db().client.admin
        admin.command("setParameter", 1, wiredTigerEngineRuntimeConfig=CACHE_SIZE)
        try:
            yield Path(folder)
        finally:
            close_db()


def environment(uri: str) -> dict[str, str]:
    """The environment of DoIt's web processes, as docs/operations.md has it."""
    return {
        "DJANGO_SETTINGS_MODULE": "doit_site.settings",
        "DEBUG": "false",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "doit.example,127.0.0.1",
        "PUBLIC_URL": "https://doit.example",
        "MONGODB_URI": uri,
        "DATABASE_NAME": "doit_db",
        "SMS_BACKEND": "file",
        "SMS_FILE": os.devnull,
        "EMAIL_URL": "consolemail://",
        "TRUSTED_PROXIES": "1",
        "CACHE_URL": "",
        "METRICS_DIR": "",
        "METRICS_TOKEN": "",
        "SENTRY_DSN": "",
        "THROTTLE_RATES": "",
        "COACH": "offline",
        "LOG_LEVEL": "warning",
        "SESSION_CACHE": "false",
    }


def passed_on() -> dict[str, str]:
    """What of this process's environment a contender's is made of; what is empty hides the .env."""
    return {name: os.environ.get(name, "") for name in ("PATH", *environment(""))}
