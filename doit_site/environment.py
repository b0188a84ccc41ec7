"""The environment, read and checked: a value that is needed and missing ends start-up in one line."""

import os
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env", overwrite=False)
for _name in [name for name, value in os.environ.items() if not value]:
    del os.environ[_name]  # `NAME=` in .env means not set


class Missing(SystemExit):
    """Ends start-up with the one line it carries and exit code 1."""

    def __init__(self, line):
        super().__init__(f"DoIt cannot start: {line}")


def needed(name: str, *, when: bool, development: str = "", why: str = "") -> str:
    """The value of `name`; without one, `development`, or the end of start-up where needed."""
    if value := os.environ.get(name, "").strip():
        return value
    if when:
        raise Missing(f"{name} is not set{why and ', ' + why}. See .env.example.")
    return development


def rates(text: str) -> dict[str, str]:
    """`otp_phone=5/day,user=1000/min` as a dict; an unreadable entry ends start-up."""
    result = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, separator, rate = entry.partition("=")
        count, slash, period = rate.partition("/")
        if not (separator and slash and count.isdigit() and period[:1] in tuple("smhd")):
            raise Missing(
                f"THROTTLE_RATES has {entry!r}; write name=number/period, as user=1000/min."
            )
        result[name.strip()] = rate.strip()
    return result
