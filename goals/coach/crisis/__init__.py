"""Text that signals self-harm or danger gets a fixed reply with help lines, whatever the coach.

No model sees such a message and none writes the answer: both are files beside this one.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Language:
    """`patterns` find a signal in normalised text; `reply` has places for {lines} and {emergency}."""

    code: str
    patterns: tuple[re.Pattern[str], ...]
    reply: str


@dataclass(frozen=True, slots=True)
class Help:
    """The lines of a country, or of all, and the number of its emergency services."""

    country: str | None
    lines: tuple[str, ...]
    emergency: str


def reply_to(text: str, *, phone_number: str, time_zone: str) -> str | None:
    """The caring reply, in the language of the signal; None where the text has none."""
    language = signalled(text)
    if language is None:
        return None
    found = help_for(phone_number, time_zone)
    lines = "\n".join(f"- {line}" for line in found.lines)
    return language.reply.format(lines=lines, emergency=found.emergency)


def signalled(text: str) -> Language | None:
    """The language in which the text signals self-harm or danger, or None."""
    lines = text.casefold().replace("’", "'").replace("‘", "'").splitlines()
    plain = "; ".join(" ".join(line.split()) for line in lines)  # a line ends like a sentence
    for language in _languages():
        if any(pattern.search(plain) for pattern in language.patterns):
            return language
    return None


def help_for(phone_number: str, time_zone: str) -> Help:
    """By the phone's calling code, else by the time zone, else the international directory."""
    countries = _lines()["country"]
    by_code = {code: country for country in countries for code in country["calling"]}
    for length in range(min(4, len(phone_number)), 0, -1):
        country = by_code.get(phone_number[:length])
        if country and not phone_number.startswith(tuple(country.get("not_calling", ()))):
            return _help(country)
    found = next((country for country in countries if time_zone in country["zones"]), None)
    return _help(found or _lines()["international"])


def _help(row: dict[str, Any]) -> Help:
    return Help(row.get("code"), tuple(row["lines"]), row["emergency"])


@cache
def _lines() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "lines.toml").read_text(encoding="utf-8"))


@cache
def _languages() -> tuple[Language, ...]:
    rows = tomllib.loads((FOLDER / "phrases.toml").read_text(encoding="utf-8"))["language"]
    return tuple(
        Language(row["code"], tuple(map(re.compile, row["patterns"])), row["reply"].strip())
        for row in rows
    )
