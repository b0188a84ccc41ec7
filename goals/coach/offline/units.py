"""Tasks as they go into days, and what the kept days of a roadmap already gave of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count
from math import ceil

from goals.coach.interface import PlannedDay, PlannedTask
from goals.coach.offline.curricula import Curriculum, Step, Task
from goals.coach.offline.words import plain

LONGEST = 90
SHORTEST = 5
CUT = 8
REVIEW = "Review: "
START = "Make a start: "
ROUNDS = {2: "twice", 3: "three times"}
AGAIN = re.compile(rf" \((?:{'|'.join(ROUNDS.values())}), with a pause between\)$")
TIMED = re.compile(r"\b(?:seconds?|minutes?|hours?)\b", re.IGNORECASE)
PART = re.compile(r" \((?:rest(?: \d+)?, )?part \d+ of \d+\)$| \(rest(?: \d+)?\)$")


@dataclass(frozen=True, slots=True)
class Unit:
    """One task as it goes into a day. `ends` marks the last of a step's `core` tasks."""

    text: str
    minutes: int
    step: Step | None
    resources: tuple[str, ...] = ()
    core: bool = False
    ends: bool = False

    def planned(self) -> PlannedTask:
        return PlannedTask(self.text, self.minutes, self.resources)

    @property
    def is_review(self) -> bool:
        return self.text.startswith(REVIEW)


def base(text: str) -> str:
    """The text of the whole task of which `text` may be a part."""
    return AGAIN.sub("", PART.sub("", text)).removeprefix(START)


def split(text: str, minutes: int, cap: int, rest: str = "") -> list[tuple[str, int]]:
    """A task cut into even parts of at most `cap` minutes.

    `rest` names what is cut when a part was given before: "rest", "rest 2" and so on.
    """
    parts = ceil(minutes / cap)
    if parts == 1:
        return [(f"{text} ({rest})" if rest else text, minutes)]
    small, larger = divmod(minutes, parts)
    word = f"{rest}, part" if rest else "part"
    return [
        (f"{text} ({word} {number} of {parts})", small + (number <= larger))
        for number in range(1, parts + 1)
    ]


def link_of(step: Step) -> tuple[str, ...]:
    """Where practice and review of a step can look things up: the first link of its tasks."""
    return next((task.resources[:1] for task in step.tasks if task.resources), ())


def lengthened(unit: Unit, least: int, factor: float, bodily: bool) -> Unit:
    """The unit with more time, in steps of five minutes.

    What names its minutes, or is work of the body, is done again instead, as far as it fits `least`.
    """
    if bodily or TIMED.search(unit.text):
        rounds = min(max(ROUNDS), least // unit.minutes)
        if rounds not in ROUNDS:
            return unit
        text = f"{unit.text} ({ROUNDS[rounds]}, with a pause between)"
        return replace(unit, text=text, minutes=rounds * unit.minutes)
    wanted = min(LONGEST, 2.5 * unit.minutes, max(unit.minutes, least) * factor)
    return replace(unit, minutes=max(unit.minutes, int(wanted) // 5 * 5))


def cut(unit: Unit, minutes: int) -> tuple[Unit, Unit] | None:
    """The unit in two parts, the first of so many minutes; None when it should stay whole."""
    if min(minutes, unit.minutes - minutes) < CUT or PART.search(unit.text):
        return None
    first = replace(unit, text=f"{unit.text} (part 1 of 2)", minutes=minutes, ends=False)
    second = replace(unit, text=f"{unit.text} (part 2 of 2)", minutes=unit.minutes - minutes)
    return first, second


class Kept:
    """What the earlier days of a roadmap gave, and which steps they finished."""

    def __init__(self, days: tuple[PlannedDay, ...], curriculum: Curriculum):
        self.texts = {plain(task.task) for day in days for task in day.tasks}
        self._minutes: dict[str, int] = {}
        for task in (task for day in days for task in day.tasks):
            key = plain(base(task.task))
            self._minutes[key] = self._minutes.get(key, 0) + task.duration_minutes
        self._last_day = {topic: day.day for day in days for topic in day.topics}
        self._curriculum = curriculum
        self._retold = self._topics_in_other_words(days) if days else set()

    def told(self, text: str) -> bool:
        """Whether a task had exactly this text."""
        return plain(text) in self.texts

    def gave(self, text: str) -> bool:
        return plain(text) in self.texts or plain(text) in self._minutes

    def remaining(self, task: Task) -> int:
        """Minutes of a core task that the kept days did not give; 0 when it is done."""
        if plain(task.task) in self.texts:
            return 0
        left = task.minutes - self._minutes.get(plain(task.task), 0)
        return left if left >= SHORTEST else 0

    def finished(self, step: Step) -> bool:
        topic = self._curriculum.topic(step)
        return topic in self._retold or not any(self.remaining(task) for task in step.tasks)

    def last_day(self, step: Step) -> int:
        return self._last_day.get(self._curriculum.topic(step), 0)

    def _topics_in_other_words(self, days: tuple[PlannedDay, ...]) -> set[str]:
        """Steps of days that name them but word every task anew: they count as given."""
        ours = texts_of(self._curriculum)
        return {
            topic
            for day in days
            if day.tasks and not any(_is_ours(task.task, ours) for task in day.tasks)
            for topic in day.topics
        }


@lru_cache(maxsize=32)
def texts_of(curriculum: Curriculum) -> frozenset[str]:
    """Every task and practice text of a curriculum, levelled."""
    tasks = {plain(task.task) for step in curriculum.steps for task in step.tasks}
    practice = (unit for step in curriculum.steps for unit in combinations(curriculum, step))
    return frozenset(tasks | {plain(unit.text) for unit in practice})


def _is_ours(text: str, ours: frozenset[str]) -> bool:
    return text.startswith(REVIEW) or plain(base(text)) in ours


def task_units(step: Step, task: Task, kept: Kept, cap: int) -> list[Unit]:
    """What is still to be given of one core task, each part within `cap` minutes."""
    left = 0 if kept.finished(step) else kept.remaining(task)
    if not left:
        return []
    parts = split(task.task, left, cap, rest="rest" if left < task.minutes else "")
    numbers = count(2)
    while any(plain(text) in kept.texts for text, _ in parts):
        parts = split(task.task, left, cap, rest=f"rest {next(numbers)}")
    return [Unit(text, minutes, step, task.resources, core=True) for text, minutes in parts]


def core_units(step: Step, kept: Kept, cap: int) -> list[Unit]:
    """What is still to be given of a step's core tasks, in order."""
    units = [unit for task in step.tasks for unit in task_units(step, task, kept, cap)]
    return [*units[:-1], replace(units[-1], ends=True)] if units else []


def combinations(curriculum: Curriculum, step: Step) -> Iterator[Unit]:
    """Each practice sentence with each context once, neighbours differing in both."""
    contexts, sentences = curriculum.contexts, step.practice
    shift = 3 * curriculum.steps.index(step)
    link = link_of(step)
    for number in range(len(contexts) * len(sentences)):
        row, column = divmod(number, len(sentences))
        context = contexts[(row + 5 * column + shift) % len(contexts)]
        practice = sentences[column]
        text = practice.task.replace("{context}", context)
        yield Unit(text, practice.minutes, step, link)
