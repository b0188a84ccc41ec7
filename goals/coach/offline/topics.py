"""From the topics or texts of roadmap days back to the curriculum steps they carry."""

from collections.abc import Iterable
from functools import cache

from goals.coach.interface import GoalBrief, PlannedDay
from goals.coach.offline.classify import choose
from goals.coach.offline.curricula import GENERAL, Curriculum, Step, general, library
from goals.coach.offline.drafts import prompts_of
from goals.coach.offline.units import REVIEW, base, combinations
from goals.coach.offline.words import plain, words

Place = tuple[Curriculum, Step]
SMALL = set(words("a an the your my our and or of to in on with for from at by is it how what day"))


def steps_of(days: Iterable[PlannedDay], goal: GoalBrief) -> list[Place]:
    """The steps that the days carry, each once, in order.

    Topics say so; a day without topics that are known was written by another program, and is
    searched by the texts of its tasks.
    """
    found: dict[str, Place] = {}
    for day in days:
        places = [place for topic in day.topics if (place := step_at(topic, goal))]
        for curriculum, step in places or _by_text(day, goal):
            found.setdefault(curriculum.topic(step), (curriculum, step))
    return list(found.values())


def step_at(topic: str, goal: GoalBrief) -> Place | None:
    """The curriculum and step that a `curriculum/step` slug names, None when it is not ours."""
    slug, _, step_slug = topic.partition("/")
    curriculum = general(goal.title) if slug == GENERAL else library().get(slug)
    step = curriculum.step(step_slug) if curriculum else None
    return (curriculum, step) if curriculum and step else None


def step_of_task(day: PlannedDay, text: str, goal: GoalBrief) -> Place | None:
    """The step that one task of a day belongs to: by its text, else the first the day carries."""
    carried = steps_of([day], goal)
    places = _by_task(text, goal) or [place for place in carried if _reviews(text, place[1])]
    return next(iter(places or carried), None)


def _reviews(text: str, step: Step) -> bool:
    """Whether a review names the step, or one of its terms between quotation marks."""
    names_step = text.removeprefix(REVIEW).startswith(f"{step.title}:")
    return names_step or any(f"“{term.term}”" in text for term in step.terms)


def _by_text(day: PlannedDay, goal: GoalBrief) -> list[Place]:
    exact = [place for task in day.tasks for place in _by_task(task.task, goal)]
    return exact or _by_title(day, goal)


def _by_task(text: str, goal: GoalBrief) -> list[Place]:
    key = plain(base(text.removeprefix(REVIEW)))
    if key in _index():
        return [_index()[key]]
    ours = general(goal.title)
    return [(ours, s) for s in ours.steps if any(plain(t.task) == key for t in s.tasks)]


def _by_title(day: PlannedDay, goal: GoalBrief) -> list[Place]:
    """Steps of the goal's own curriculum whose whole title is spoken of on this day."""
    curriculum = choose(goal)
    if not curriculum:
        return []
    said = {word for text in (day.title, *(t.task for t in day.tasks)) for word in words(text)}
    return [(curriculum, step) for step in curriculum.steps if _telling(step.title) <= said]


@cache
def _telling(title: str) -> frozenset[str]:
    """The words of a title that tell it apart; a single one is too little and matches nothing."""
    telling = frozenset(words(title)) - SMALL
    return telling if len(telling) > 1 else frozenset({title})


@cache
def _index() -> dict[str, Place]:
    """Every task and practice text of the library, levelled, with the step it belongs to."""
    index: dict[str, Place] = {}
    for curriculum in library().values():
        for step in curriculum.steps:
            texts = [task.task for task in step.tasks]
            texts += [unit.text for unit in combinations(curriculum, step)]
            index |= {plain(text): (curriculum, step) for text in texts}
    return index


def topic_of_question(prompt: str, title: str, curriculum: str | None) -> str | None:
    """The `curriculum/step` that a question of this coach is about, None when it cannot be told.

    Where several ask the same, the one of the goal's own curriculum. `title` is the goal's.
    """
    asked = plain(prompt)
    ours = _prompts_of(general(title)) if curriculum is None else {}
    found = [*_prompts().get(asked, ()), *ours.get(asked, ())]
    own = [topic for topic in found if topic.startswith(f"{curriculum or GENERAL}/")]
    return (own or found)[0] if own or len(found) == 1 else None


@cache
def _prompts() -> dict[str, list[str]]:
    """Every question on a step of the library, levelled, with the topics it can be about."""
    prompts: dict[str, list[str]] = {}
    for curriculum in library().values():
        for asked, topics in _prompts_of(curriculum).items():
            prompts.setdefault(asked, []).extend(topics)
    return prompts


def _prompts_of(curriculum: Curriculum) -> dict[str, list[str]]:
    prompts: dict[str, list[str]] = {}
    for step in curriculum.steps:
        for asked in prompts_of(step):
            prompts.setdefault(plain(asked), []).append(curriculum.topic(step))
    return prompts
