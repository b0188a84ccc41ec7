"""Chooses the questions of a test from what the days carry, and places the right answers.

What comes first: checks and terms of the days' steps; those of earlier days, as review; which
step a task belongs to; what the roadmap itself says; how goals are reached in general. So
`count` questions are found for every roadmap, however odd.
"""

from collections.abc import Iterator
from random import Random

from goals.coach.interface import PlannedDay, Question, QuestionRequest
from goals.coach.offline.curricula import general
from goals.coach.offline.drafts import Draft, in_turns, of_day, of_step, of_step_tasks
from goals.coach.offline.topics import Place, steps_of
from goals.coach.offline.words import plain

CHOICES = 4


def ask(request: QuestionRequest) -> tuple[Question, ...]:
    """Exactly `request.count` questions with different prompts.

    Prompts of `request.asked` come again only when nothing else is left, and two questions of
    one test do not answer each other while others are left.
    """
    rng = Random(request.seed)
    seen: list[Draft] = []
    chosen: list[Draft] = []
    for draft in _usable(_drafts(request, rng)):
        if len(chosen) == request.count:
            break
        seen.append(draft)
        if draft.prompt not in request.asked and draft.fact not in {d.fact for d in chosen}:
            chosen.append(draft)
    spare = [draft for draft in seen if draft not in chosen]
    spare.sort(key=lambda draft: draft.prompt in request.asked)
    chosen += spare[: request.count - len(chosen)]
    rng.shuffle(chosen)
    places = _places(len(chosen), rng)
    return tuple(_question(d, place, rng) for d, place in zip(chosen, places, strict=True))


def _drafts(request: QuestionRequest, rng: Random) -> Iterator[Draft]:
    """Everything that can be asked, the best first."""
    goal = request.goal
    today = steps_of(request.days, goal)
    shown = {curriculum.topic(step) for curriculum, step in today}
    earlier = [p for p in steps_of(request.earlier, goal) if p[0].topic(p[1]) not in shown]
    ours = general(goal.title)
    yield from _of_places(today, rng)
    yield from _of_places(earlier, rng)
    yield from in_turns([of_step_tasks(curriculum, step, rng) for curriculum, step in today])
    yield from _of_roadmap(request, [t.task for step in ours.steps for t in step.tasks], rng)
    yield from _of_places([(ours, step) for step in ours.steps], rng)


def _of_places(places: list[Place], rng: Random) -> Iterator[Draft]:
    return in_turns([of_step(curriculum, step, rng) for curriculum, step in places])


def _of_roadmap(request: QuestionRequest, fillers: list[str], rng: Random) -> Iterator[Draft]:
    days: list[PlannedDay] = [*request.earlier, *request.days, *request.later]
    rng.shuffle(fillers)
    return in_turns([of_day(day, days, fillers, rng) for day in request.days])


def _usable(drafts: Iterator[Draft]) -> Iterator[Draft]:
    """Drafts with an answer and three wrong choices that all differ, each prompt once."""
    prompts: set[str] = set()
    for draft in drafts:
        wrong = {plain(text) for text in draft.wrong if plain(text)} - {plain(draft.answer)}
        if plain(draft.answer) and len(wrong) >= CHOICES - 1 and draft.prompt not in prompts:
            prompts.add(draft.prompt)
            yield draft


def _places(count: int, rng: Random) -> list[int]:
    """Places of the right answers: each of the four about equally often, in no order."""
    places: list[int] = []
    while len(places) < count:
        places += rng.sample(range(CHOICES), CHOICES)
    return places[:count]


def _question(draft: Draft, place: int, rng: Random) -> Question:
    different: dict[str, str] = {}
    for text in draft.wrong:
        if plain(text) and plain(text) != plain(draft.answer):
            different.setdefault(plain(text), text)
    choices = list(different.values())[: CHOICES - 1]
    rng.shuffle(choices)
    choices.insert(place, draft.answer)
    return Question(draft.prompt, tuple(choices), place, draft.why)
