"""What is wrong with a curriculum file: every rule of docs/curricula.md that a program can hold."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from goals.coach.interface import CATEGORIES
from goals.coach.offline.curricula import (
    GENERAL,
    Check,
    Curriculum,
    Place,
    Practice,
    Step,
    Task,
    curriculum_from,
    misshapen,
)
from goals.coach.offline.fairness import CHANCE, guessed

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
LINK = re.compile(r"https://[^\s/]+\.[^\s]+\Z")
CATCH_ALL = re.compile(
    r"\b(all|none|both|neither) of (these|them|the above|the others)\b", re.IGNORECASE
)
SPAN = re.compile(
    r"\b(\d+|one|two|three|four|six|eight|ten|twelve)[- ](day|week|month)s?\b", re.IGNORECASE
)
HEADING = re.compile(r"\s*\[\[\s*steps\s*(?:\.\s*(\w+)\s*)?\]\]")
GUESSERS = {
    "longest": "the longest choice",
    "shortest": "the shortest choice",
    "most similar": "the choice most like the question",
}
MARGIN = 0.07

Problems = Iterable[tuple[Place, str]]


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem and the line of the file where its part begins, None for the file as a whole."""

    line: int | None
    problem: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.problem}" if self.line else self.problem


@dataclass(frozen=True, slots=True)
class Report:
    """`curriculum` is None while the file has not the shape of one."""

    findings: tuple[Finding, ...]
    curriculum: Curriculum | None


def lint(path: Path) -> list[str]:
    """Everything in a file that docs/curricula.md does not allow, each with its line."""
    return [str(finding) for finding in examine(path).findings]


def examine(path: Path) -> Report:
    """Raises OSError for a file that cannot be read."""
    path = Path(path)
    try:
        text = path.read_text("utf-8")
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return Report((_unreadable(error),), None)
    lines = _lines(text)
    problems = list(misshapen(raw))
    curriculum = None if problems else curriculum_from(path.stem, raw)
    problems += _problems(curriculum) if curriculum else []
    return Report(tuple(Finding(lines.get(at), problem) for at, problem in problems), curriculum)


def shares(curriculum: Curriculum) -> dict[str, float]:
    """How often each kind of guesser is right over the checks; a quarter is chance."""
    checks = [check for step in curriculum.steps for check in step.checks]
    return {
        name: sum(guessed(name, c.question, (c.answer, *c.wrong), 0) for c in checks) / len(checks)
        for name in GUESSERS
        if checks
    }


def _unreadable(error: ValueError) -> Finding:
    found = re.search(r"at line (\d+)", str(error))
    return Finding(int(found[1]) if found else None, f"not readable as TOML: {error}")


def _lines(text: str) -> dict[Place, int]:
    """The line of each step's and each part's heading; parts written otherwise have none."""
    lines: dict[Place, int] = {}
    step = -1
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        heading = HEADING.match(line)
        if heading and heading[1]:
            part = heading[1]
            counts[part] = counts.get(part, -1) + 1
            lines[step, part, counts[part]] = number
        elif heading:
            step, counts = step + 1, {}
            lines[(step,)] = number
    return lines


def _problems(c: Curriculum) -> Iterator[tuple[Place, str]]:
    yield from (((), problem) for problem in _head_problems(c))
    for number, step in enumerate(c.steps):
        for at, problem in _step_problems(step):
            yield (number, *at), f"step {step.slug}: {problem}"
    yield from _repeats(c)
    yield from _placeholders(c)
    yield from (((), problem) for problem in _giveaways(c))


def _head_problems(c: Curriculum) -> list[str]:
    share = sum(step.essential for step in c.steps) / max(1, len(c.steps))
    rules = (
        (SLUG.match(c.slug), "the file name is not a slug"),
        (c.category in CATEGORIES, f"category {c.category} is not one of the fixed ones"),
        (SLUG.match(c.subcategory), f"subcategory {c.subcategory} is not a slug"),
        (c.keywords or c.slug == GENERAL, "no keywords"),
        (not SPAN.search(c.summary), "the summary promises a number of days, weeks or months"),
        (len(c.contexts) >= 16, f"{len(c.contexts)} contexts, 16 are needed"),
        (len(set(map(_plain, c.contexts))) == len(c.contexts), "a context is given twice"),
        (16 <= len(c.steps) <= 24, f"{len(c.steps)} steps, 16 to 24 are needed"),
        (0.3 <= share <= 0.75, "about half of the steps should be essential"),
    )
    return [problem for holds, problem in rules if not holds]


def _step_problems(step: Step) -> Problems:
    rules = (
        (SLUG.match(step.slug), "slug is not a slug"),
        (len(step.tip) <= 200, "the tip is longer than 200 characters"),
        (3 <= len(step.tasks) <= 5, f"{len(step.tasks)} tasks, 3 to 5 are needed"),
        (len(step.practice) >= 3, f"{len(step.practice)} practice tasks, 3 are needed"),
        (len(step.checks) >= 6, f"{len(step.checks)} checks, 6 are needed"),
        (len(step.terms) >= 4, f"{len(step.terms)} terms, 4 are needed"),
    )
    yield from (((), problem) for holds, problem in rules if not holds)
    for number, task in enumerate(step.tasks):
        yield from ((("tasks", number), problem) for problem in _task_problems(task))
    for number, practice in enumerate(step.practice):
        yield from ((("practice", number), problem) for problem in _practice_problems(practice))
    for number, check in enumerate(step.checks):
        yield from ((("checks", number), problem) for problem in _check_problems(check))


def _task_problems(task: Task) -> list[str]:
    rules = (
        (len(task.task) <= 200, "is longer than 200 characters"),
        (5 <= task.minutes <= 60, "takes less than 5 or more than 60 minutes"),
        (len(task.resources) <= 2, "has more than 2 resources"),
        (all(LINK.match(link) for link in task.resources), "has a resource that is no https link"),
        (not task.task.startswith("Review:"), "is named like a review"),
    )
    return [f"task {_short(task.task)} {problem}" for holds, problem in rules if not holds]


def _practice_problems(practice: Practice) -> list[str]:
    rules = (
        ("{context}" in practice.task, "does not say {context}"),
        (len(practice.task) <= 200, "is longer than 200 characters"),
        (10 <= practice.minutes <= 90, "takes less than 10 or more than 90 minutes"),
    )
    return [f"practice {_short(practice.task)} {problem}" for holds, problem in rules if not holds]


def _check_problems(check: Check) -> list[str]:
    choices = (check.answer, *check.wrong)
    rules = (
        (len(check.wrong) == 3, "does not have three wrong choices"),
        (len(set(map(_plain, choices))) == len(choices), "has a choice twice"),
        (not any(map(CATCH_ALL.search, choices)), "has all, none or both of these as a choice"),
    )
    return [f"check {_short(check.question)} {problem}" for holds, problem in rules if not holds]


def _repeats(c: Curriculum) -> Problems:
    kinds: dict[str, list[tuple[Place, str]]] = {
        "step": [((n,), step.slug) for n, step in enumerate(c.steps)],
        "step title": [((n,), step.title) for n, step in enumerate(c.steps)],
        "task": [*_each(c, "tasks", "task"), *_each(c, "practice", "task")],
        "question": _each(c, "checks", "question"),
        "meaning": _each(c, "terms", "meaning"),
    }
    for kind, texts in kinds.items():
        known: set[str] = set()
        for place, text in texts:
            if _plain(text) in known:
                yield place, f"{kind} {_short(text)} is given more than once"
            known.add(_plain(text))


def _each(c: Curriculum, part: str, name: str) -> list[tuple[Place, str]]:
    return [
        ((number, part, index), getattr(item, name))
        for number, step in enumerate(c.steps)
        for index, item in enumerate(getattr(step, part))
    ]


def _placeholders(c: Curriculum) -> Problems:
    """A placeholder where nothing fills it would reach the person as it stands."""
    texts: list[tuple[Place, str]] = [((), text) for text in (c.title, c.summary, *c.contexts)]
    for number, step in enumerate(c.steps):
        texts += [((number,), step.title), ((number,), step.tip)]
        for index, check in enumerate(step.checks):
            said = (check.question, check.answer, *check.wrong, check.why)
            texts += [((number, "checks", index), text) for text in said]
    for part, name in (("tasks", "task"), ("terms", "term"), ("terms", "meaning")):
        texts += _each(c, part, name)
    for place, text in texts:
        if "{context}" in text:
            yield place, f"{{context}} outside practice: {_short(text)}"
    if c.slug != GENERAL:
        for place, text in [*texts, *_each(c, "practice", "task")]:
            if "{goal}" in text:
                yield place, f"{{goal}} outside general: {_short(text)}"


def _giveaways(c: Curriculum) -> list[str]:
    """What guessing by looks scores over all checks has to lie close to chance, on both sides."""
    return [
        f"always taking {GUESSERS[name]} is right in {share:.1%} of the checks; "
        f"{CHANCE - MARGIN:.0%} to {CHANCE + MARGIN:.0%} is fair"
        for name, share in shares(c).items()
        if abs(share - CHANCE) > MARGIN + 1e-9
    ]


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")
