"""Whether the choices of questions give the answer away: what guessers who know nothing would score.

Chance is a quarter. Pure; the linter measures a file's checks with it, `plan_quality` whole tests.
"""

import re
from collections.abc import Callable, Iterable

from goals.coach.interface import Question

WORD = re.compile(r"[^\W_]{4,}")
CHANCE = 0.25
Scores = Callable[[str, tuple[str, ...]], list[float]]


def _longest(prompt: str, choices: tuple[str, ...]) -> list[float]:
    return [len(choice) for choice in choices]


def _shortest(prompt: str, choices: tuple[str, ...]) -> list[float]:
    return [-len(choice) for choice in choices]


def _first(prompt: str, choices: tuple[str, ...]) -> list[float]:
    return [-place for place in range(len(choices))]


def _similar(prompt: str, choices: tuple[str, ...]) -> list[float]:
    """The share of a choice's words that the prompt holds too."""
    asked = telling(prompt)
    return [len(asked & own) / max(1, len(own)) for own in map(telling, choices)]


def _echoing(prompt: str, choices: tuple[str, ...]) -> list[float]:
    """The number of words that choice and prompt have in common."""
    asked = telling(prompt)
    return [len(asked & telling(choice)) for choice in choices]


GUESSERS: dict[str, Scores] = {
    "longest": _longest,
    "shortest": _shortest,
    "first": _first,
    "most similar": _similar,
    "most words of the prompt": _echoing,
}


def telling(text: str) -> set[str]:
    """Words of four letters and more, as a guesser compares them."""
    return {word.casefold() for word in WORD.findall(text)}


def guessed(guesser: str, prompt: str, choices: tuple[str, ...], answer: int) -> float:
    """The chance of being right with the choice that scores best; a tie is shared."""
    scores = GUESSERS[guesser](prompt, choices)
    best = [place for place, score in enumerate(scores) if score == max(scores)]
    return (answer in best) / len(best)


def shares(questions: Iterable[Question]) -> dict[str, float]:
    """What each guesser scores over the questions, 0 to 1; nothing for none."""
    asked = list(questions)
    return {
        name: sum(guessed(name, q.prompt, q.choices, q.answer) for q in asked) / len(asked)
        for name in GUESSERS
        if asked
    }
