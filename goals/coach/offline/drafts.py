"""What can be asked: drafts of questions on curriculum steps and on the days of any roadmap."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from goals.coach.interface import PlannedDay
from goals.coach.offline.curricula import Curriculum, Step, Task, Term
from goals.coach.offline.fairness import telling
from goals.coach.offline.words import plain

LONGEST = 140
ELSEWHERE = 18
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


@dataclass(frozen=True, slots=True)
class Draft:
    """A question before its choices are placed. Drafts of one `fact` give each other away.

    `wrong` holds three texts or more; the first three that differ are used.
    """

    fact: str
    prompt: str
    answer: str
    wrong: tuple[str, ...]
    why: str


def of_step(curriculum: Curriculum, step: Step, rng: Random) -> Iterator[Draft]:
    """Authored checks and terms of one step, in turns; each term is asked both ways."""
    checks = [Draft(c.question, c.question, c.answer, c.wrong, c.why) for c in step.checks]
    terms = list(step.terms)
    rng.shuffle(checks)
    rng.shuffle(terms)
    ways = [(term, rng.random() < 0.5) for term in terms]
    ways += [(term, not way) for term, way in ways]
    asked = (_term(curriculum, step, term, way, rng) for term, way in ways)
    return in_turns([checks, asked])


def prompts_of(step: Step) -> list[str]:
    """Every prompt that can be asked on a step."""
    terms = [asks(term) for asks in (_asks_meaning, _asks_term) for term in step.terms]
    return [*(check.question for check in step.checks), *terms, *map(_asks_step, step.tasks)]


def _asks_meaning(term: Term) -> str:
    return f"What does “{term.term}” mean here?"


def _asks_term(term: Term) -> str:
    return f"Which term stands for this: {term.meaning}?"


def _asks_step(task: Task) -> str:
    return f"Which step does this task belong to? “{clip(task.task)}”"


def in_turns(lists: Iterable[Iterable[Draft]]) -> Iterator[Draft]:
    """One of each list after the other until all are used; none is made before its turn."""
    waiting = [iter(items) for items in lists]
    while waiting:
        for items in list(waiting):
            draft = next(items, None)
            if draft:
                yield draft
            else:
                waiting.remove(items)


def _term(curriculum: Curriculum, step: Step, term: Term, forward: bool, rng: Random) -> Draft:
    """A term and four meanings, or a meaning and four terms."""
    why = f"“{term.term}”: {term.meaning}."
    fact = f"{curriculum.slug} {plain(term.term)}"
    others = [
        (other, own is not step)
        for own in curriculum.steps
        for other in own.terms
        if plain(other.term) != plain(term.term)
    ]
    if forward:
        wrong = _alike(term.meaning, [(other.meaning, far) for other, far in others], rng)
        return Draft(fact, _asks_meaning(term), term.meaning, wrong, why)
    wrong = _alike(term.term, [(other.term, far) for other, far in others], rng)
    return Draft(fact, _asks_term(term), term.term, wrong, why)


def _alike(answer: str, others: list[tuple[str, bool]], rng: Random) -> tuple[str, ...]:
    """Wrong choices of about the answer's length, preferably of its own step.

    How many of them are longer than the answer is drawn by lot, so that length tells nothing.
    """
    near = sorted(others, key=lambda o: abs(len(o[0]) - len(answer)) + ELSEWHERE * o[1])
    texts = list(dict.fromkeys(text for text, _ in near if plain(text) != plain(answer)))
    as_long = len(answer) + rng.randrange(2)
    longer = [text for text in texts if len(text) >= as_long][:5]
    shorter = [text for text in texts if len(text) < as_long][:5]
    share = rng.randrange(4)
    chosen = rng.sample(longer, min(share, len(longer)))
    chosen += rng.sample(shorter, min(3 - len(chosen), len(shorter)))
    return (*chosen, *texts)


def of_step_tasks(curriculum: Curriculum, step: Step, rng: Random) -> list[Draft]:
    """Which step a task belongs to: what is left to ask when checks and terms are used up.

    Tasks that share more words with their own step's title than with others give it away and are
    asked last.
    """
    titles = [other.title for other in curriculum.steps if other is not step]
    drafts = []
    for task in step.tasks:
        rng.shuffle(titles)
        said = telling(task.task)
        echo = len(said & telling(step.title))
        near = sorted(titles, key=lambda title: len(said & telling(title)) < max(1, echo))
        prompt = _asks_step(task)
        why = f"It is one of the tasks of “{step.title}”."
        draft = Draft(task.task, prompt, step.title, tuple(near), why)
        told = echo > 0 and len(said & telling(near[0])) < echo
        drafts.append((told, draft))
    return [draft for _, draft in sorted(drafts, key=lambda one: one[0])]


def of_day(
    day: PlannedDay, all_days: list[PlannedDay], fillers: list[str], rng: Random
) -> list[Draft]:
    """What a roadmap says of one of its days, for roadmaps whose subject is not known.

    `fillers` are texts of tasks from elsewhere: the wrong choices of last resort.
    """
    drafts = [*_part_of_day(day, all_days, fillers, rng), *_order(day, all_days, fillers)]
    rng.shuffle(drafts)
    return drafts + _figures(day, rng) + _title(day, all_days, fillers)


def _part_of_day(
    day: PlannedDay, all_days: list[PlannedDay], fillers: list[str], rng: Random
) -> Iterator[Draft]:
    own = [task.task for task in day.tasks if plain(task.task)]
    if own:
        answer = rng.choice(own)
        wrong = tuple(clip(t) for t in _elsewhere(day, all_days, rng) + fillers)
        prompt = f"Which of these is part of day {day.day} of your plan?"
        why = f"Day {day.day} holds it: “{clip(answer)}”"
        yield Draft(f"part {day.day}", prompt, clip(answer), wrong, why)


def _order(day: PlannedDay, all_days: list[PlannedDay], fillers: list[str]) -> Iterator[Draft]:
    own = [task.task for task in day.tasks]
    for ordinal, text in zip(ORDINALS, own, strict=False):
        if plain(text):
            wrong = tuple(clip(t) for t in [*own, *_elsewhere(day, all_days), *fillers])
            prompt = f"Which task comes {ordinal} on day {day.day} of your plan?"
            why = f"It comes {ordinal} on day {day.day}."
            yield Draft(f"order {day.day} {plain(text)}", prompt, clip(text), wrong, why)


def _elsewhere(day: PlannedDay, all_days: list[PlannedDay], rng: Random | None = None) -> list[str]:
    """Tasks of other days, the nearest days first."""
    own = {plain(task.task) for task in day.tasks}
    near = sorted(all_days, key=lambda other: abs(other.day - day.day))[:7]
    texts = [t.task for other in near for t in other.tasks if plain(t.task) not in own]
    if rng:
        rng.shuffle(texts)
    return texts


def _figures(day: PlannedDay, rng: Random) -> list[Draft]:
    """Minutes, tasks and date of a day: every day has them."""
    total = sum(task.duration_minutes for task in day.tasks)
    number = day.day
    drafts = [
        Draft(
            f"minutes {number} {plain(task.task)}",
            f"How many minutes does day {number} of your plan give to this? “{clip(task.task)}”",
            f"{task.duration_minutes} minutes",
            _numbers(task.duration_minutes, _step(task.duration_minutes), "minutes", rng),
            f"Day {number} plans {task.duration_minutes} minutes for it.",
        )
        for task in day.tasks
        if plain(task.task) and [plain(t.task) for t in day.tasks].count(plain(task.task)) == 1
    ]
    drafts.append(
        Draft(
            f"sum {number}",
            f"How many minutes do the tasks of day {number} take in all?",
            f"{total} minutes",
            _numbers(total, _step(total), "minutes", rng),
            f"The minutes of the tasks of day {number} add up to {total}.",
        )
    )
    drafts.append(
        Draft(
            f"count {number}",
            f"How many tasks does day {number} of your plan have?",
            f"{len(day.tasks)} in all",
            _numbers(len(day.tasks), 1, "in all", rng),
            f"Day {number} has {len(day.tasks)} of them.",
        )
    )
    return [*drafts, _date(day, rng)]


def _date(day: PlannedDay, rng: Random) -> Draft:
    before = rng.randrange(4)
    shifts = [n for n in range(-before, 4 - before) if n]
    ordinal = day.date.toordinal()
    wrong = tuple(
        (day.date + timedelta(n)).isoformat() for n in shifts if 0 < ordinal + n < 3652060
    )
    prompt = f"Which date is day {day.day} of your plan?"
    why = f"Day {day.day} is on {day.date.isoformat()}."
    return Draft(f"date {day.day}", prompt, day.date.isoformat(), wrong, why)


def _step(minutes: int) -> int:
    """How far neighbours lie apart: close to a small number, whose length would else tell."""
    return 5 if minutes >= 20 else 2


def _numbers(right: int, step: int, unit: str, rng: Random) -> tuple[str, ...]:
    """Three neighbours of a number; how many of them are smaller is drawn by lot."""
    below = [right - step * n for n in (1, 2, 3) if right - step * n > 0][: rng.randrange(4)]
    above = [right + step * n for n in (1, 2, 3)]
    return tuple(f"{number} {unit}" for number in [*below, *above][:3])


def _title(day: PlannedDay, all_days: list[PlannedDay], fillers: list[str]) -> list[Draft]:
    near = sorted(all_days, key=lambda other: abs(other.day - day.day))
    wrong = tuple(clip(other.title) for other in near) + tuple(clip(text) for text in fillers)
    prompt = f"What is the title of day {day.day} of your plan?"
    why = f"Day {day.day} is called “{clip(day.title)}”."
    return [Draft(f"title {day.day}", prompt, clip(day.title), wrong, why)]


def clip(text: str) -> str:
    """A text on one line, cut where it would be too long for a choice."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"
