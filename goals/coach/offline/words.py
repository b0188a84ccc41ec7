"""Words of a text, made comparable: how goals, instructions and messages meet the curricula."""

import re
import unicodedata
from functools import lru_cache

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def words(text: str) -> tuple[str, ...]:
    """The words of a text, case and plural aside: "Two Marathons!" is ("two", "marathon")."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return tuple(_singular(word) for word in WORD.findall(folded))


def has(text: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    """Whether the words of `phrase` stand in `text`, one directly after the other."""
    return position(text, phrase) is not None


def position(text: tuple[str, ...], phrase: tuple[str, ...]) -> int | None:
    """Where `phrase` first stands in `text`; an empty phrase stands nowhere."""
    width = len(phrase)
    if not width:
        return None
    places = range(len(text) - width + 1)
    return next((place for place in places if text[place : place + width] == phrase), None)


@lru_cache(maxsize=16384)
def plain(text: str) -> str:
    """A text with case and spacing levelled, to see whether two texts are the same."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
