"""What of a person's free instructions the offline coach can honour, safely.

The text is only searched for weekday names and for titles of steps; nothing of it is executed
or shown again. What is not understood is ignored.
"""

import re
from dataclasses import dataclass

from goals.coach.offline.curricula import Curriculum, Step
from goals.coach.offline.words import has, words

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CLAUSE = re.compile(r"[.,;!?\n]+|\b(?:and|but|then)\b", re.IGNORECASE)
REST = {"rest", "off", "free", "pause", "break", "not", "no", "never", "can't", "cannot", "don't"}
FOCUS = {"focus", "more", "especially", "emphasis", "emphasise", "emphasize", "mainly", "mostly"}
KNOWN = {"skip", "know", "knew", "without", "omit", "done", "leave"}
SMALL = {
    "a",
    "an",
    "the",
    "your",
    "and",
    "of",
    "to",
    "in",
    "with",
    "for",
    "on",
    "first",
    "it",
    "is",
}
NOT_KNOWN = {"don't", "not", "never", "cannot", "can't", "to", "want"}


@dataclass(frozen=True, slots=True)
class Wishes:
    """`rest_weekday` counts from Monday = 0; the sets hold slugs of steps."""

    rest_weekday: int | None = None
    focus: frozenset[str] = frozenset()
    skip: frozenset[str] = frozenset()


def read(instructions: str, curriculum: Curriculum) -> Wishes:
    """Weekday of rest, steps to dwell on and steps to leave out, as far as they can be made out."""
    rest, focus, skip = None, set(), set()
    for clause in CLAUSE.split(instructions[:2000]):
        said = words(clause)
        named = {step.slug for step in curriculum.steps if _names(said, step)}
        if REST & set(said) and rest is None:
            rest = _weekday(said)
        if FOCUS & set(said):
            focus |= named
        elif KNOWN & set(said) and not NOT_KNOWN & set(said):
            skip |= named
    if len(skip) == len(curriculum.steps):
        skip = set()
    return Wishes(rest, frozenset(focus - skip), frozenset(skip))


def _weekday(said: tuple[str, ...]) -> int | None:
    return next((number for number, day in enumerate(WEEKDAYS) if day in said), None)


def _names(said: tuple[str, ...], step: Step) -> bool:
    """Whether a clause names a step: the telling words of its title or slug, or one of its terms."""
    titles = [words(step.title), words(step.slug.replace("-", " "))]
    terms = [words(term.term) for term in step.terms]
    telling = [{word for word in title if word not in SMALL} for title in titles]
    return any(title and title <= set(said) for title in telling) or any(
        has(said, term) for term in terms
    )
