"""Measures what a plan promises: minutes, order, review of what failed, links, repeats, empty days."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from goals.coach.interface import GoalBrief, PlannedDay, PlannedTask, PlanRequest
from goals.coach.offline import OfflineCoach
from goals.coach.offline.curricula import Curriculum, Step, general, library
from goals.coach.offline.units import REVIEW, base, combinations
from goals.coach.offline.words import plain
from goals.coach.quality.goals import BUDGETS, GOALS, LENGTHS

Days = tuple[PlannedDay, ...]

FIRST = date(2026, 1, 5)
# Within so many days after a failed test its step is to come back.
SPACING = (2, 7, 21)


@dataclass(frozen=True, slots=True)
class Measured:
    """One plan in figures, and its remainder made anew after failed tests.

    Counts are over both; shares, 0 to 1, are of the plan itself. `returned` is None where no test can
    fail before the end.
    """

    goal: str
    curriculum: str | None
    expected: str | None
    days: int
    minutes: int
    over: int
    disorder: int
    empty: int
    repeated: int
    filled: float
    linked: float
    steps: int
    returned: float | None

    @property
    def fits(self) -> bool:
        return self.curriculum == self.expected


def every(goals: int = len(GOALS)) -> Iterator[Measured]:
    """The first so many goals, in all lengths and budgets."""
    for title, expected in GOALS[:goals]:
        for days in LENGTHS:
            for minutes in BUDGETS:
                yield measure(title, expected, days, minutes)


def measure(title: str, expected: str | None, days: int, minutes: int) -> Measured:
    request = PlanRequest(GoalBrief(title, ""), 1, FIRST, days, minutes)
    made = OfflineCoach().plan(request)
    curriculum = library()[made.curriculum] if made.curriculum else general(title)
    kept = made.days[: max(1, days // 3)]
    failed = frozenset(kept[-1].topics)
    anew = _anew(request, kept, failed)
    both = (made.days, (*kept, *anew))
    return Measured(
        goal=title,
        curriculum=made.curriculum,
        expected=expected,
        days=days,
        minutes=minutes,
        over=sum(over(plan, minutes) for plan in both),
        disorder=disorder(made.days, curriculum) + disorder(anew, curriculum, kept),
        empty=sum(not day.tasks for plan in both for day in plan),
        repeated=sum(repeated(plan) for plan in both),
        filled=filled(made.days, minutes),
        linked=linked(made.days),
        steps=len({topic for day in made.days for topic in day.topics}),
        returned=returned(
            anew, [step for step in curriculum.steps if curriculum.topic(step) in failed]
        ),
    )


def _anew(request: PlanRequest, kept: Days, failed: frozenset[str]) -> Days:
    """The remainder of a plan, made after the tests of its last kept day were failed."""
    left = request.total_days - len(kept)
    first = FIRST + timedelta(days=len(kept))
    again = replace(
        request,
        first_day=len(kept) + 1,
        first_date=first,
        total_days=left,
        kept=kept,
        failed=failed,
    )
    return OfflineCoach().plan(again).days if left else ()


def over(days: Days, minutes: int) -> int:
    """Days with more minutes than the person gives."""
    return sum(_total(day) > minutes for day in days)


def repeated(days: Days) -> int:
    """Texts that come again, each time counted."""
    tasks = _tasks(days)
    return len(tasks) - len({plain(task.task) for task in tasks})


def linked(days: Days) -> float:
    """The share of tasks with a resource."""
    tasks = _tasks(days)
    return sum(bool(task.resources) for task in tasks) / max(1, len(tasks))


def filled(days: Days, minutes: int) -> float:
    """The share of the minutes that working days use; days of rest and review are meant to be light."""
    work = [day for day in days if not day.title.startswith(("Rest day", "Review day"))]
    return sum(map(_total, work)) / max(1, len(work) * minutes)


def disorder(days: Days, curriculum: Curriculum, kept: Days = ()) -> int:
    """Core tasks given before one that they follow, and practice before its step is done.

    A step that the `kept` days passed over for lack of time may come now, after later ones.
    """
    place = {
        plain(task.task): (number, index)
        for number, step in enumerate(curriculum.steps)
        for index, task in enumerate(step.tasks)
    }
    practice = {
        plain(unit.text): number
        for number, step in enumerate(curriculum.steps)
        for unit in combinations(curriculum, step)
    }
    core = [place[text] for text in _texts(days) if text in place]
    texts = _texts((*kept, *days))
    wrong = sum(after < before for before, after in pairwise(core))
    last = {place[text][0]: index for index, text in enumerate(texts) if text in place}
    early = [
        text
        for index, text in enumerate(texts)
        if text in practice and last.get(practice[text], len(texts)) > index
    ]
    return wrong + len(early)


def returned(days: Days, failed: list[Step]) -> float | None:
    """How duly failed steps come back: the share of SPACING's windows, as far as the days reach, in
    which a review names the step."""
    met = [hit for step in failed for hit in _in_windows(days, step)]
    return sum(met) / len(met) if met else None


def _in_windows(days: Days, step: Step) -> list[bool]:
    """For each window that the days reach, whether a review of the step lies in it."""
    on = [n for n, day in enumerate(days, 1) if any(_is_review_of(t, step) for t in day.tasks)]
    starts = (0, *SPACING)
    return [
        any(start < n <= end for n in on)
        for start, end in zip(starts, SPACING, strict=False)
        if end <= len(days)
    ]


def _is_review_of(task: PlannedTask, step: Step) -> bool:
    text = task.task
    names = text.startswith(f"{REVIEW}{step.title}:")
    return _reviews(task) and (names or any(f"“{term.term}”" in text for term in step.terms))


def _texts(days: Days) -> list[str]:
    """What is new on the days: whole tasks, reviews aside."""
    return [plain(base(task.task)) for task in _tasks(days) if not _reviews(task)]


def _tasks(days: Days) -> list[PlannedTask]:
    return [task for day in days for task in day.tasks]


def _reviews(task: PlannedTask) -> bool:
    return task.task.startswith(REVIEW)


def _total(day: PlannedDay) -> int:
    return sum(task.duration_minutes for task in day.tasks)
