"""Draws tests over all curricula and days, and measures what they give away."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from goals.coach.interface import GoalBrief, PlannedDay, PlanRequest, Question, QuestionRequest
from goals.coach.offline import planner, questions
from goals.coach.offline.curricula import GENERAL, Curriculum, general, library
from goals.coach.offline.fairness import shares
from goals.coach.offline.words import plain

TESTS = 1000
PER_TEST = 5
ATTEMPTS = 3
PLANS = ((30, 45), (90, 30))
GOAL = GoalBrief("Build a birdhouse", "")
FOREIGN = "another program's plan"


@dataclass(frozen=True, slots=True)
class Drawn:
    """The tests of one day, the first and its retakes."""

    subject: str
    tests: tuple[tuple[Question, ...], ...]

    @property
    def asked(self) -> list[Question]:
        return [question for test in self.tests for question in test]

    @property
    def repeated(self) -> int:
        """Prompts that a retake asks again."""
        return len(self.asked) - len({question.prompt for question in self.asked})


@dataclass(frozen=True, slots=True)
class Row:
    """`faulty` questions have not four different choices, or no explanation."""

    subject: str
    tests: int
    guessers: dict[str, float]
    repeated: int
    faulty: int


def drawn(count: int = TESTS, seed: str = "quality") -> list[Drawn]:
    """At least `count` tests, of every subject equally many; the same seed draws the same."""
    plans = {subject: list(days) for subject, days in _plans()}
    rng = Random(seed)
    made: list[Drawn] = []
    while len(made) * ATTEMPTS < count:
        for subject, sets in plans.items():
            days = rng.choice(sets)
            made.append(_of_a_day(subject, days, rng.randrange(len(days)), rng))
    return made


def measured(tests: list[Drawn]) -> list[Row]:
    """A row for each subject, by name, and one for all, the last."""
    subjects = sorted({one.subject for one in tests})
    rows = [_row(name, [one for one in tests if one.subject == name]) for name in subjects]
    return [*rows, _row("all", tests)]


def _row(subject: str, tests: list[Drawn]) -> Row:
    asked = [question for one in tests for question in one.asked]
    return Row(
        subject=subject,
        tests=sum(len(one.tests) for one in tests),
        guessers=shares(asked),
        repeated=sum(one.repeated for one in tests),
        faulty=sum(map(_is_faulty, asked)),
    )


def _is_faulty(question: Question) -> bool:
    different = {plain(choice) for choice in question.choices if plain(choice)}
    return len(different) < questions.CHOICES or not question.explanation.strip()


def _of_a_day(subject: str, days: tuple[PlannedDay, ...], index: int, rng: Random) -> Drawn:
    asked: frozenset[str] = frozenset()
    tests = []
    for _ in range(ATTEMPTS):
        request = QuestionRequest(
            goal=GOAL,
            days=(days[index],),
            count=PER_TEST,
            seed=str(rng.random()),
            earlier=days[:index],
            later=days[index + 1 :],
            asked=asked,
        )
        tests.append(questions.ask(request))
        asked |= {question.prompt for question in tests[-1]}
    return Drawn(subject, tuple(tests))


def _plans() -> Iterator[tuple[str, Iterator[tuple[PlannedDay, ...]]]]:
    """Of every curriculum two plans; and one that says nothing of what its days carry."""
    for curriculum in (*library().values(), general(GOAL.title)):
        yield curriculum.slug, (_days(curriculum, *size) for size in PLANS)
    yield FOREIGN, iter([_foreign(_days(general("Row a mile"), *PLANS[0]))])


def _days(curriculum: Curriculum, days: int, minutes: int) -> tuple[PlannedDay, ...]:
    request = PlanRequest(GOAL, 1, date(2026, 1, 5), days, minutes)
    return planner.plan(request, curriculum, fits=curriculum.slug != GENERAL).days


def _foreign(days: tuple[PlannedDay, ...]) -> tuple[PlannedDay, ...]:
    return tuple(PlannedDay(day.day, day.date, f"Chapter {day.day}", day.tasks, "") for day in days)
