"""Answers to "what is", "how do I" and "why": the task, word or step that a message is about."""

import re
from collections.abc import Iterable

from goals.coach.interface import ChatRequest, PlannedDay, PlannedTask
from goals.coach.offline.classify import choose
from goals.coach.offline.curricula import Step, Term
from goals.coach.offline.topics import SMALL, Place, step_of_task, steps_of
from goals.coach.offline.voice import Voice, clip
from goals.coach.offline.words import has, words

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
ASKING = SMALL | set(
    words("i me you do does can should explain task why help understand mean tell about today "
          "tomorrow this that please again step need want use using work make write read find")
)  # fmt: skip
THIS = re.compile(
    r"\b(this|that|it|the|today'?s|current|next|my)\b.{0,60}\btasks?\b|\btask\b|\bstuck\b",
    re.IGNORECASE,
)


def about(request: ChatRequest, voice: Voice) -> str | None:
    """An explanation of what the message names, None when it names nothing that is known."""
    said = words(request.message)
    places = _places(request)
    named = _named_task(request)
    if named:
        return _of_task(request, *named, voice)
    found = _term(said, places)
    if found:
        return _of_term(*found, voice)
    task = _by_words(request, said)
    if task:
        return _of_task(request, *task, voice)
    step = next((place for place in places if _tells(said, place[1])), None)
    if step:
        return _of_step(step[1], voice)
    if THIS.search(request.message):
        day = _day(request)
        return _of_task(request, day, day.tasks[0], voice) if day and day.tasks else None
    return None


def _places(request: ChatRequest) -> list[Place]:
    """Steps of the plan, then those of its curriculum that it does not carry."""
    places = steps_of(request.days, request.goal)
    curriculum = places[0][0] if places else choose(request.goal)
    if curriculum:
        places += [(curriculum, s) for s in curriculum.steps if (curriculum, s) not in places]
    return places


def _day(request: ChatRequest) -> PlannedDay | None:
    """The day a message speaks of: by number, tomorrow, else today or the next one."""
    number = re.search(r"\bday\s+(\d{1,3})\b", request.message, re.IGNORECASE)
    if number:
        return next((day for day in request.days if day.day == int(number.group(1))), None)
    later = "tomorrow" in request.message.casefold()
    dates = [day for day in request.days if (day.date - request.today).days >= later]
    return min(dates, key=lambda day: day.date, default=None)


def _named_task(request: ChatRequest) -> tuple[PlannedDay, PlannedTask] | None:
    """ "the second task", "task 2", "last task" of the day that is spoken of."""
    index = _index(request.message.casefold())
    day = _day(request)
    if index is None or not day or not -1 <= index < len(day.tasks) or not day.tasks:
        return None
    return day, day.tasks[index]


def _index(said: str) -> int | None:
    """Which task of a day a message counts out, -1 for the last; None when it counts none."""
    number = re.search(r"\btask ([1-9]\d?)\b", said)
    if number:
        return int(number.group(1)) - 1
    ordinal = re.search(rf"\b({'|'.join(ORDINALS)}|last) task\b", said)
    if not ordinal:
        return None
    return -1 if ordinal.group(1) == "last" else ORDINALS.index(ordinal.group(1))


def _term(said: tuple[str, ...], places: Iterable[Place]) -> tuple[Step, Term] | None:
    """The longest term of the curriculum that the message contains."""
    found = [
        (step, term) for _, step in places for term in step.terms if has(said, words(term.term))
    ]
    return max(found, key=lambda pair: len(pair[1].term), default=None)


def _by_words(request: ChatRequest, said: tuple[str, ...]) -> tuple[PlannedDay, PlannedTask] | None:
    """The task that shares most telling words with the message, nearest to today.

    Two words at least and half of the message's: fewer is chance.
    """
    telling = set(said) - ASKING
    needed = max(2, len(telling) / 2)
    best: tuple[int, int] = (1, 0)
    found = None
    for day in request.days:
        for task in day.tasks:
            shared = len(telling & set(words(task.task)))
            rank = (shared, -abs((day.date - request.today).days))
            if shared >= needed and (found is None or rank > best):
                best, found = rank, (day, task)
    return found


def _tells(said: tuple[str, ...], step: Step) -> bool:
    telling = set(words(step.title)) - SMALL
    return bool(telling) and telling <= set(said)


def _of_term(step: Step, term: Term, voice: Voice) -> str:
    lead = voice.pick("In short:", "As your curriculum has it:", "Gladly.")
    return (
        f"{lead} “{term.term}” is {term.meaning}. It belongs to the step “{step.title}”. "
        f"A tip for it: {step.tip}{_links(step)}"
    )


def _of_step(step: Step, voice: Voice) -> str:
    lead = voice.pick("On that step", "About it", "Gladly")
    terms = "; ".join(f"{term.term}: {term.meaning}" for term in step.terms[:3])
    return f"{lead}, “{step.title}”: {step.tip} Its words: {terms}.{_links(step)}"


def _of_task(request: ChatRequest, day: PlannedDay, task: PlannedTask, voice: Voice) -> str:
    """What the plan and the curriculum know about a task, and nothing beyond it."""
    place = step_of_task(day, task.task, request.goal)
    text = f"Day {day.day}, {task.duration_minutes} minutes: {clip(task.task, 220)}"
    if task.resources:
        text += "\nLinks: " + ", ".join(task.resources[:2])
    if not place:
        return (
            text
            + "\nYour plan says no more about it, and I know no curriculum for it. "
            + voice.pick(
                "Split it into a first part of ten minutes and begin there.",
                "Write down what “done” would look like, then begin with the easiest part.",
            )
        )
    step = place[1]
    lead = voice.pick("It trains the step", "It is there for the step", "It belongs to the step")
    terms = "; ".join(f"{term.term}: {term.meaning}" for term in step.terms[:2])
    return f"{text}\n{lead} “{step.title}”. {step.tip}\nWords for it: {terms}."


def _links(step: Step) -> str:
    links = [link for task in step.tasks for link in task.resources][:2]
    return "\nTo read on: " + ", ".join(links) if links else ""
