"""Which curriculum fits a goal, and which category a goal belongs to."""

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from goals.coach.interface import CATEGORIES, Classification, GoalBrief
from goals.coach.offline.curricula import Curriculum, library
from goals.coach.offline.words import has, position, words

TITLE, FURTHER, DESCRIPTION = 4, 1, 1
SAME_SUBCATEGORY, RELATED_SUBCATEGORY, SAME_CATEGORY, CONTRADICTION = 6, 3, 1, -3
FITS = 2

Phrase = tuple[str, ...]
PURPOSE = re.compile(
    r"\b(?:for|so that|because|in order to|to (?:be|become|find|get|help|land|pass|save|start))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Words with a second meaning: they do not count beside `not_with`, unless `unless`."""

    words: frozenset[Phrase]
    not_with: tuple[Phrase, ...]
    unless: tuple[Phrase, ...]

    def misleads(self, text: Phrase) -> bool:
        return any(has(text, p) for p in self.not_with) and not any(
            has(text, p) for p in self.unless
        )

    def touches(self, phrase: Phrase) -> bool:
        return any(has(phrase, word) for word in self.words)


@dataclass(frozen=True, slots=True)
class Rules:
    soft: frozenset[str]
    ambiguous: dict[str, Ambiguous]
    categories: dict[str, tuple[Phrase, ...]]


def classify(goal: GoalBrief) -> Classification:
    """What the person fixed stays; the rest comes from the curriculum, else from a word table."""
    curriculum = choose(goal)
    category = goal.category or (curriculum and curriculum.category) or _category(goal)
    subcategory = goal.subcategory or (curriculum and curriculum.subcategory) or None
    return Classification(category, subcategory)


def choose(goal: GoalBrief) -> Curriculum | None:
    """The curriculum that fits a goal best, None when none fits.

    What the title says before its purpose decides where it can: "Learn Python to get a job" is about
    Python. Words of the title weigh more than words of the description; of two that fit equally the
    one whose word comes first in the title is taken.
    """
    main = PURPOSE.split(goal.title, maxsplit=1)[0]
    subject = _best(replace(goal, title=main, description="")) if main != goal.title else None
    return subject or _best(goal)


def _best(goal: GoalBrief) -> Curriculum | None:
    title = words(goal.title)
    scored = [(score(curriculum, goal), curriculum) for curriculum in library().values()]
    fitting = [(points, c) for points, c in scored if points >= FITS]
    if not fitting:
        return None
    return min(fitting, key=lambda one: (-one[0], _first(one[1], title), one[1].slug))[1]


def score(curriculum: Curriculum, goal: GoalBrief) -> int:
    """How well a curriculum fits a goal; FITS and more is a fit."""
    title, description = words(goal.title), words(goal.description)
    phrases = _counting(curriculum, title + description)
    covered = len(_covered(title, phrases))
    points = TITLE + FURTHER * (covered - 1) if covered else 0
    points += min(3, DESCRIPTION * sum(has(description, phrase) for phrase in phrases))
    subject = _subcategory_points(curriculum, goal)
    if not points and subject <= 0:
        return 0
    return points + subject + _category_points(curriculum, goal)


def _counting(curriculum: Curriculum, text: Phrase) -> set[Phrase]:
    """The phrases that speak for a curriculum in this text, misleading ones left out."""
    phrases = _phrases(curriculum)
    ambiguous = rules().ambiguous.get(curriculum.slug)
    if not ambiguous:
        return phrases
    if ambiguous.misleads(text):
        return {phrase for phrase in phrases if not ambiguous.touches(phrase)}
    return phrases | ambiguous.words


def _phrases(curriculum: Curriculum) -> set[Phrase]:
    texts = (*curriculum.keywords, curriculum.title, curriculum.subcategory.replace("-", " "))
    return {phrase for phrase in map(words, texts) if phrase}


def _covered(text: Phrase, phrases: set[Phrase]) -> set[int]:
    """The places in a text that belong to one of the phrases."""
    return {
        place + offset
        for phrase in phrases
        for place in range(len(text) - len(phrase) + 1)
        if text[place : place + len(phrase)] == phrase
        for offset in range(len(phrase))
    }


def _first(curriculum: Curriculum, title: Phrase) -> int:
    return min(_covered(title, _counting(curriculum, title)), default=len(title))


def _subcategory_points(curriculum: Curriculum, goal: GoalBrief) -> int:
    if not goal.subcategory:
        return 0
    if goal.subcategory == curriculum.subcategory:
        return SAME_SUBCATEGORY
    related = words(goal.subcategory.replace("-", " ")) in _phrases(curriculum)
    return RELATED_SUBCATEGORY if related else CONTRADICTION


def _category_points(curriculum: Curriculum, goal: GoalBrief) -> int:
    if not goal.category or goal.category in rules().soft:
        return 0
    return SAME_CATEGORY if goal.category == curriculum.category else CONTRADICTION


def _category(goal: GoalBrief) -> str:
    """The category with most words in the goal, those of the title counting threefold."""
    title, description = words(goal.title), words(goal.description)
    misled = [a for a in rules().ambiguous.values() if a.misleads(title + description)]
    points = {
        category: sum(
            3 * has(title, phrase) + has(description, phrase)
            for phrase in phrases
            if not any(phrase in ambiguous.words for ambiguous in misled)
        )
        for category, phrases in rules().categories.items()
    }
    best = max(points.values(), default=0)
    tied = [category for category, value in points.items() if value == best]
    if not best:
        return "other"
    return min(tied, key=lambda category: _first_place(title, rules().categories[category]))


def _first_place(title: Phrase, phrases: tuple[Phrase, ...]) -> int:
    places = [place for phrase in phrases if (place := position(title, phrase)) is not None]
    return min(places, default=len(title))


@cache
def rules() -> Rules:
    """categories.toml, read once. KeyError when it names a category that is not a fixed one."""
    raw = tomllib.loads((Path(__file__).parent / "categories.toml").read_text("utf-8"))
    unknown = [name for name in (*raw["soft"], *raw["categories"]) if name not in CATEGORIES]
    if unknown:
        raise KeyError(f"categories.toml: unknown categories {unknown}")
    ambiguous = {
        slug: Ambiguous(
            frozenset(map(words, item["words"])),
            tuple(map(words, item["not_with"])),
            tuple(map(words, item["unless"])),
        )
        for slug, item in raw["ambiguous"].items()
    }
    categories = {name: tuple(map(words, texts)) for name, texts in raw["categories"].items()}
    return Rules(frozenset(raw["soft"]), ambiguous, categories)
