"""Curricula: the files the offline coach plans from, read once into frozen values.

docs/curricula.md is the format. Loading only needs the shape to be right, so that a long tip never
takes the coach down; lint.py says everything else that is wrong with a file.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "curricula"
GENERAL = "general"
LONGEST_GOAL = 80

Raw = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    task: str
    minutes: int
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Practice:
    """`task` holds `{context}`: each context of the curriculum makes another task of it."""

    task: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Check:
    question: str
    answer: str
    wrong: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Term:
    term: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Step:
    slug: str
    title: str
    essential: bool
    tip: str
    tasks: tuple[Task, ...]
    practice: tuple[Practice, ...]
    checks: tuple[Check, ...]
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Curriculum:
    slug: str
    title: str
    category: str
    subcategory: str
    keywords: tuple[str, ...]
    summary: str
    contexts: tuple[str, ...]
    steps: tuple[Step, ...]

    def topic(self, step: Step) -> str:
        return f"{self.slug}/{step.slug}"

    def step(self, slug: str) -> Step | None:
        return next((step for step in self.steps if step.slug == slug), None)


@cache
def library() -> dict[str, Curriculum]:
    """Every shipped curriculum by slug, without the general one, which fits everything."""
    paths = sorted(FOLDER.glob("*.toml"))
    return {path.stem: load(path) for path in paths if path.stem != GENERAL}


@lru_cache(maxsize=64)
def general(goal: str) -> Curriculum:
    """The plan for a goal that no curriculum fits, with `{goal}` replaced by its title."""
    title = " ".join(goal.split()) or "your goal"
    if len(title) > LONGEST_GOAL:
        title = title[: LONGEST_GOAL - 1].rstrip() + "…"
    return curriculum_from(GENERAL, _filled(_raw_general(), title))


def load(path: Path) -> Curriculum:
    """Read one file. ValueError says what is missing or of another type."""
    raw = tomllib.loads(path.read_text("utf-8"))
    problems = shape_problems(raw)
    if problems:
        raise ValueError(f"{path.name}: " + "; ".join(problems))
    return curriculum_from(path.stem, raw)


@cache
def _raw_general() -> Raw:
    return tomllib.loads((FOLDER / f"{GENERAL}.toml").read_text("utf-8"))


def _filled(value: Any, goal: str) -> Any:
    if isinstance(value, str):
        return value.replace("{goal}", goal)
    if isinstance(value, list):
        return [_filled(item, goal) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, goal) for key, item in value.items()}
    return value


def curriculum_from(slug: str, raw: Raw) -> Curriculum:
    """A curriculum of a file's content whose shape is right."""
    return Curriculum(
        slug=slug,
        title=raw["title"],
        category=raw["category"],
        subcategory=raw["subcategory"],
        keywords=tuple(raw["keywords"]),
        summary=raw["summary"],
        contexts=tuple(raw["contexts"]),
        steps=tuple(_step(step) for step in raw["steps"]),
    )


def _step(raw: Raw) -> Step:
    return Step(
        slug=raw["slug"],
        title=raw["title"],
        essential=raw["essential"],
        tip=raw["tip"],
        tasks=tuple(
            Task(t["task"], t["minutes"], tuple(t.get("resources", ()))) for t in raw["tasks"]
        ),
        practice=tuple(Practice(**practice) for practice in raw["practice"]),
        checks=tuple(Check(**{**check, "wrong": tuple(check["wrong"])}) for check in raw["checks"]),
        terms=tuple(Term(**term) for term in raw["terms"]),
    )


HEAD = {
    "title": str,
    "category": str,
    "subcategory": str,
    "keywords": [str],
    "summary": str,
    "contexts": [str],
    "steps": [dict],
}
STEP = {
    "slug": str,
    "title": str,
    "essential": bool,
    "tip": str,
    "tasks": [dict],
    "practice": [dict],
    "checks": [dict],
    "terms": [dict],
}
PARTS: dict[str, Raw] = {
    "tasks": {"task": str, "minutes": int, "resources": [str]},
    "practice": {"task": str, "minutes": int},
    "checks": {"question": str, "answer": str, "wrong": [str], "why": str},
    "terms": {"term": str, "meaning": str},
}
OPTIONAL = {"resources"}


Place = tuple[int | str, ...]


def shape_problems(raw: Raw) -> list[str]:
    """What keeps a file from being read: keys missing, unknown or of another type."""
    return [text for _, text in misshapen(raw)]


def misshapen(raw: Raw) -> Iterator[tuple[Place, str]]:
    """(place, problem) of what has the wrong shape.

    A place is () for the file, (0,) for its first step, (0, "tasks", 2) for that step's third task.
    """
    problems = _keys(raw, HEAD, "the file")
    yield from (((), problem) for problem in problems)
    for number, step in enumerate([] if problems else raw["steps"]):
        where = f"step {step.get('slug', number + 1)}"
        found = _keys(step, STEP, where)
        yield from (((number,), problem) for problem in found)
        for part, shape in {} if found else PARTS.items():
            for index, item in enumerate(step[part]):
                for problem in _keys(item, shape, f"{where}: {part} {index + 1}"):
                    yield (number, part, index), problem


def _keys(item: Raw, shape: Raw, where: str) -> list[str]:
    missing = [key for key in shape if key not in item and key not in OPTIONAL]
    unknown = [key for key in item if key not in shape]
    wrong = [key for key in shape if key in item and not _is(item[key], shape[key])]
    return (
        [f"{where}: {key} is missing" for key in missing]
        + [f"{where}: {key} is not known here" for key in unknown]
        + [f"{where}: {key} has the wrong type or is empty" for key in wrong]
    )


def _is(value: Any, kind: Any) -> bool:
    if isinstance(kind, list):
        return isinstance(value, list) and all(_is(item, kind[0]) for item in value)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind) and (kind is not str or bool(value.strip()))
