"""The environment, read and checked: a value that is needed and missing ends start-up in one line."""

import os
import re
from collections.abc import Iterable
from functools import wraps
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

RATE = re.compile("[0-9]+/[smhd][a-z]*")
BASE_DIR = Path(__file__).resolve().parent.parent


class Missing(SystemExit):
    """Ends start-up with the one line it carries and exit code 1."""

    def __init__(self, line):
        super().__init__(f"DoIt cannot start: {line}")


def _in_one_line(read):
    @wraps(read)
    def run(self, name, *args, **kwargs):
        try:
            return read(self, name, *args, **kwargs)
        except (ValueError, ImproperlyConfigured) as error:
            # Not what it is: it may hold a password.
            raise Missing(f"{name} cannot be read; .env.example shows how it looks.") from error

    return run


class Environment(environ.Env):
    int = _in_one_line(environ.Env.int)
    cache_url = _in_one_line(environ.Env.cache_url)
    email_url = _in_one_line(environ.Env.email_url)


env = Environment()
environ.Env.read_env(BASE_DIR / ".env", overwrite=False)
for _name in [name for name, value in os.environ.items() if not value]:
    del os.environ[_name]  # `NAME=` in .env means not set


def needed(name: str, *, when: bool, development: str = "", why: str = "") -> str:
    """The value of `name`; without one, `development`, or the end of start-up where needed."""
    if value := os.environ.get(name, "").strip():
        return value
    if when:
        raise Missing(f"{name} is not set{why and ', ' + why}. See .env.example.")
    return development


def rates(text: str, known: Iterable[str]) -> dict[str, str]:
    """`otp_phone=5/day,user=1000/min` as a dict; an entry that is unreadable or not `known` ends start-up."""
    result = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, _, rate = (part.strip() for part in entry.partition("="))
        if not RATE.fullmatch(rate):
            raise Missing(
                f"THROTTLE_RATES has {entry!r}; write name=number/period, as user=1000/min."
            )
        if name not in known:
            raise Missing(f"THROTTLE_RATES has {name!r}; it knows {', '.join(known)}.")
        result[name] = rate
    return result
