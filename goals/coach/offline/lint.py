"""What is wrong with a curriculum file: every rule of docs/curricula.md that a program can hold."""

import re
import tomllib
from pathlib import Path

from goals.coach.interface import CATEGORIES
from goals.coach.offline.curricula import (
    GENERAL,
    Check,
    Curriculum,
    Practice,
    Step,
    Task,
    curriculum_from,
    shape_problems,
)

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
LINK = re.compile(r"https://[^\s/]+\.[^\s]+\Z")
CATCH_ALL = re.compile(
    r"\b(all|none|both|neither) of (these|them|the above|the others)\b", re.IGNORECASE
)
SPAN = re.compile(
    r"\b(\d+|one|two|three|four|six|eight|ten|twelve)[- ](day|week|month)s?\b", re.IGNORECASE
)


def lint(path: Path) -> list[str]:
    """Everything in a file that docs/curricula.md does not allow, in the order of the file."""
    try:
        raw = tomllib.loads(Path(path).read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return [f"not readable as TOML: {error}"]
    problems = shape_problems(raw)
    if problems:
        return problems
    curriculum = curriculum_from(Path(path).stem, raw)
    problems = _head_problems(curriculum)
    for step in curriculum.steps:
        problems += [f"step {step.slug}: {problem}" for problem in _step_problems(step)]
    return problems + _repeats(curriculum) + _placeholders(curriculum)


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


def _step_problems(step: Step) -> list[str]:
    problems = []
    rules = (
        (SLUG.match(step.slug), "slug is not a slug"),
        (len(step.tip) <= 200, "the tip is longer than 200 characters"),
        (3 <= len(step.tasks) <= 5, f"{len(step.tasks)} tasks, 3 to 5 are needed"),
        (len(step.practice) >= 3, f"{len(step.practice)} practice tasks, 3 are needed"),
        (len(step.checks) >= 6, f"{len(step.checks)} checks, 6 are needed"),
        (len(step.terms) >= 4, f"{len(step.terms)} terms, 4 are needed"),
    )
    problems += [problem for holds, problem in rules if not holds]
    problems += [p for task in step.tasks for p in _task_problems(task)]
    problems += [p for practice in step.practice for p in _practice_problems(practice)]
    return problems + [p for check in step.checks for p in _check_problems(check)]


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


def _repeats(c: Curriculum) -> list[str]:
    kinds = {
        "step": [step.slug for step in c.steps],
        "step title": [step.title for step in c.steps],
        "task": [t.task for step in c.steps for t in step.tasks]
        + [p.task for step in c.steps for p in step.practice],
        "question": [check.question for step in c.steps for check in step.checks],
        "meaning": [term.meaning for step in c.steps for term in step.terms],
    }
    return [
        f"{kind} {_short(text)} is given more than once"
        for kind, texts in kinds.items()
        for text in _twice(texts)
    ]


def _twice(texts: list[str]) -> list[str]:
    plain_texts = [_plain(text) for text in texts]
    return [text for n, text in enumerate(texts) if _plain(text) in plain_texts[:n]]


def _placeholders(c: Curriculum) -> list[str]:
    """A placeholder where nothing fills it would reach the person as it stands."""
    texts = [c.title, c.summary, *c.contexts]
    for step in c.steps:
        texts += [step.title, step.tip, *(task.task for task in step.tasks)]
        for check in step.checks:
            texts += [check.question, check.answer, *check.wrong, check.why]
        texts += [text for term in step.terms for text in (term.term, term.meaning)]
    problems = [f"{{context}} outside practice: {_short(t)}" for t in texts if "{context}" in t]
    if c.slug != GENERAL:
        texts += [practice.task for step in c.steps for practice in step.practice]
        problems += [f"{{goal}} outside general: {_short(t)}" for t in texts if "{goal}" in t]
    return problems


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")
