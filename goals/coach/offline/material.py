"""What a plan is made of: core tasks, practice and reviews of one curriculum, each given once.

A `Material` remembers what it has handed out, so that no text comes twice; `kept` days count
as handed out from the start.
"""

import sys
from collections import deque
from collections.abc import Set
from dataclasses import replace
from itertools import count

from goals.coach.offline.curricula import Curriculum, Step
from goals.coach.offline.units import (
    REVIEW,
    Kept,
    Unit,
    combinations,
    cut,
    lengthened,
    link_of,
    split,
)
from goals.coach.offline.words import plain

REDO_AFTER, REDO_AGAIN = 10, 45
ENOUGH, STRETCH, PARTS = 0.8, 1.6, 8
MANY, LINKED = 20_000, 14
RECAPS = (
    "{title}: write down from memory what you know, then check it",
    "{title}: explain it aloud as if to a friend, and note where you get stuck",
    "{title}: redo the part you found hardest, without looking",
    "{title}: make three questions with answers for your later self",
    "{title}: draw on one page how its ideas hang together",
    "{title}: name what has become easy and what has not",
)
RECALLS = (
    "say in your own words what “{term}” means, and give an example",
    "remember what “{term}” stands for and where you last used it",
)


class Material:
    """Hands out the tasks of the chosen steps, none of them twice.

    Practice of a step is there once its core tasks are given, and is spaced: a step comes back
    after pauses that grow with each time it was practised.
    """

    def __init__(
        self,
        curriculum: Curriculum,
        core: list[Unit],
        kept: Kept,
        cap: int,
        focus: frozenset[str] = frozenset(),
    ):
        self.core = deque(core)
        self._cap = cap
        self._focus = focus
        self._bodily = curriculum.category == "fitness"
        self._least, self._factor, self._linked = 0, 1.0, sys.maxsize
        self._given = set(kept.texts)
        self.pending: deque[Unit] = deque()
        self._done: deque[tuple[int, Unit]] = deque()
        self._rehearsed: dict[str, tuple[int, int]] = {}
        self.reviewed: dict[str, int] = {}
        self.finished = [step for step in curriculum.steps if kept.finished(step)]
        self.begun = list(self.finished)
        self._combinations = {
            step.slug: [u for u in combinations(curriculum, step) if not kept.gave(u.text)]
            for step in curriculum.steps
        }
        for step in self.finished:
            self._rehearsed[step.slug] = (1, kept.last_day(step))

    def lengthen(self, budget: int, work_days: int) -> None:
        """Give practice more time where days are long, or where there is little of it for so many."""
        self._least = budget // PARTS
        # In a year of long days the link is known by then, and the year has to fit a document.
        self._linked = LINKED if budget * work_days > MANY else sys.maxsize
        wanted = ENOUGH * budget * work_days - sum(unit.minutes for unit in self.core)
        self._factor = min(STRETCH, max(1.0, wanted / max(1, self.practice_minutes())))

    def practice_minutes(self) -> int:
        """Minutes of practice that all steps of the plan offer together."""
        slugs = {unit.step.slug for unit in self.core if unit.step} | {
            step.slug for step in self.finished
        }
        return sum(self._offered(self._combinations[slug]) for slug in slugs)

    def _offered(self, units: list[Unit]) -> int:
        """Minutes of so many units, reckoned from the first of each sentence."""
        sentences = len(units[0].step.practice) if units and units[0].step else 1
        first = [self._longer(unit).minutes for unit in units[:sentences]]
        return sum(first) * len(units) // max(1, len(first))

    def _longer(self, unit: Unit) -> Unit:
        return lengthened(unit, self._least, self._factor, self._bodily)

    def take_core(self, left: int) -> Unit | None:
        if not self.core or self.core[0].minutes > left:
            return None
        return self._begin(self.core.popleft())

    def cut_core(self, left: int) -> Unit | None:
        """The first `left` minutes of the next core task, when that is better than a poor day."""
        parts = cut(self.core[0], left) if self.core else None
        if not parts:
            return None
        self.core[0] = parts[1]
        return self._begin(parts[0])

    def take_practice(self, day: int, left: int, crowded: set[str]) -> Unit | None:
        """The practice most due that fits into `left` minutes, `crowded` steps aside."""
        if self.pending:
            return self._give(self.pending.popleft()) if self.pending[0].minutes <= left else None
        steps = [step for step in self.finished if step.slug not in crowded]
        for step in sorted(steps, key=lambda step: -self._due(step, day)):
            unit = self._next_combination(step, left)
            if unit:
                times, _ = self._rehearsed.get(step.slug, (0, 0))
                if times >= self._linked:
                    unit = replace(unit, resources=())
                self._rehearsed[step.slug] = (times + 1, day)
                return self._practise(unit, day)
        return None

    def redo(self, day: int, left: int) -> Unit | None:
        """A practice of some time ago once more, as a named review; the longest due goes first."""
        for index, (due, unit) in enumerate(self._done):
            if due <= day and unit.minutes <= left:
                del self._done[index]
                self._done.append((day + REDO_AGAIN, unit))
                text = self.fresh([f"do again and compare with the first time: {unit.text}"])
                return replace(unit, text=text, resources=())
        return None

    def recall(self, step: Step, minutes: int, day: int) -> Unit:
        """A short review of one step: one of its words, remembered without looking."""
        texts = [
            template.format(term=term.term, title=step.title)
            for template in RECALLS
            for term in step.terms
        ]
        return self._review(step, texts, minutes, day)

    def recap(self, step: Step, minutes: int, day: int) -> Unit:
        """A review of a whole step."""
        texts = [template.format(title=step.title) for template in RECAPS]
        again = self._linked == LINKED and step.slug in self.reviewed
        unit = self._review(step, texts, minutes, day)
        return unit if again else replace(unit, resources=link_of(step))

    def stalest(self, without: Set[str] = frozenset()) -> Step | None:
        """The begun step whose last review or practice lies furthest back."""
        steps = [step for step in self.begun if step.slug not in without]
        return min(steps, key=self._last_met, default=None)

    def fresh(self, texts: list[str]) -> str:
        """The first of these review texts not given yet; later rounds are numbered."""
        for number in count(1):
            for text in texts:
                named = f"{REVIEW}{text}" + (f" (round {number})" if number > 1 else "")
                if plain(named) not in self._given:
                    self._given.add(plain(named))
                    return named
        raise AssertionError("count() does not end")

    def _last_met(self, step: Step) -> int:
        return max(self.reviewed.get(step.slug, 0), self._rehearsed.get(step.slug, (0, 0))[1])

    def _due(self, step: Step, day: int) -> float:
        times, last = self._rehearsed.get(step.slug, (0, 0))
        pause = min(30.0, 1.6**times) * (0.4 if step.slug in self._focus else 1.0)
        return (day - last) / pause if times else 1000.0

    def _next_combination(self, step: Step, left: int) -> Unit | None:
        """The next unused practice of a step of which at least a first part fits."""
        waiting = self._combinations[step.slug]
        for unit in waiting[: len(step.practice)]:
            longer = self._longer(unit)
            if split(longer.text, longer.minutes, self._cap)[0][1] <= left:
                waiting.remove(unit)
                return longer
        return None

    def _practise(self, unit: Unit, day: int) -> Unit:
        parts = split(unit.text, unit.minutes, self._cap)
        first, *later = [replace(unit, text=text, minutes=minutes) for text, minutes in parts]
        self.pending.extend(later)
        if not later:
            self._done.append((day + REDO_AFTER, unit))
        return self._give(first)

    def _review(self, step: Step, texts: list[str], minutes: int, day: int) -> Unit:
        self.reviewed[step.slug] = day
        place = self.begun.index(step) if step in self.begun else 0
        turn = (day + place) % len(texts)
        return Unit(self.fresh(texts[turn:] + texts[:turn]), minutes, step)

    def _begin(self, unit: Unit) -> Unit:
        if unit.step and unit.step not in self.begun:
            self.begun.append(unit.step)
        if unit.step and unit.ends:
            self.finished.append(unit.step)
        return self._give(unit)

    def _give(self, unit: Unit) -> Unit:
        self._given.add(plain(unit.text))
        return unit
