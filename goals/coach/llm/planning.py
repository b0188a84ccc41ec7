"""A roadmap in parts: an outline first, then the days of each part, so that a year fits any context.

The model gives titles, tasks, minutes and links. Numbers and dates of days, the limit on minutes, which
links stay and that no text comes twice are ours.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from goals.coach.interface import Allowance, Plan, PlannedDay, PlannedTask, PlanRequest
from goals.coach.llm import outputs
from goals.coach.llm.asking import Act, Asking, Unfit
from goals.coach.llm.data import goal_data
from goals.coach.llm.links import Links, is_known
from goals.coach.llm.texts import line, paragraphs, same, without_links

PART = 7
AT_ONCE = 4
MOST_TASKS = 8
SHORTEST = 2  # minutes of a task
REST = 10
LINKS_A_TASK = 2
DONE_SHOWN = 40
ONE_DAY = timedelta(days=1)

WHOLE = Act("part", outputs.WholePlan, 4000)
OUTLINE = Act("outline", outputs.Outline, 8000)
PART_OF_PLAN = Act("part", outputs.Part, 4000)


@dataclass
class Texts:
    """Titles and tasks that the roadmap has already, across parts that are made at the same time."""

    seen: set[tuple[str, str]] = field(default_factory=set)

    def take(self, days: Sequence[PlannedDay]) -> None:
        """Take those of all the days, or raise Unfit with those that come twice."""
        fresh: set[tuple[str, str]] = set()
        twice = []
        for kind, text in (pair for day in days for pair in _texts(day)):
            key = (kind, same(text))
            if key in self.seen or key in fresh:
                twice.append(text)
            fresh.add(key)
        if twice:
            shown = "; ".join(repr(text[:80]) for text in twice[:5])
            raise Unfit(f"These texts are in the plan twice, write others: {shown}")
        self.seen |= fresh


async def plan(asking: Asking, links: Links, request: PlanRequest, allowance: Allowance) -> Plan:
    """The plan, whole. Raises whatever the model's calls raise."""
    kept = (pair for day in request.kept for pair in _texts(day))
    texts = Texts({(kind, same(text)) for kind, text in kept})
    sizes = [min(PART, request.total_days - at) for at in range(0, request.total_days, PART)]
    if len(sizes) == 1:
        values = _values(request) | {"days": sizes[0], "done": _done(request)}
        summary, days = await asking.ask(
            WHOLE,
            values,
            allowance,
            lambda made: (made.summary, _days(made, sizes[0], request, texts)),
        )
    else:
        summary, parts = await _outline(asking, request, sizes, allowance)
        days = await _parts(asking, request, sizes, parts, texts, allowance)
    days = await _with_good_links(links, days)
    numbered = tuple(
        replace(day, day=request.first_day + at, date=request.first_date + ONE_DAY * at)
        for at, day in enumerate(days)
    )
    return Plan(_summary(summary), numbered)


async def _outline(asking, request, sizes, allowance) -> tuple[str, list[dict[str, Any]]]:
    values = _values(request) | {"parts": sizes, "done": _done(request)}

    def fit(made: outputs.Outline):
        if len(made.parts) != len(sizes):
            raise Unfit(f"There are {len(made.parts)} parts; give exactly {len(sizes)}.")
        themes = [line(part.theme, 120) for part in made.parts]
        if len(set(map(same, themes))) != len(themes):
            raise Unfit("Two parts have the same theme; each is another.")
        carried = [[line(text, 120) for text in part.carries[:8]] for part in made.parts]
        parts = [
            {"theme": theme, "carries": texts} for theme, texts in zip(themes, carried, strict=True)
        ]
        return made.summary, parts

    return await asking.ask(OUTLINE, values, allowance, fit)


async def _parts(asking, request, sizes, parts, texts, allowance) -> list[PlannedDay]:
    """The days of all parts, a few parts at once; the first that fails ends the others."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def make(at: int):
        values = _values(request) | {
            "days": sizes[at],
            "part": parts[at],
            "before": [part["theme"] for part in parts[max(0, at - 2) : at]],
            "after": [part["theme"] for part in parts[at + 1 : at + 3]],
            "done": _done(request) if at == 0 else [],
        }
        async with gate:
            return await asking.ask(
                PART_OF_PLAN, values, allowance, lambda made: _days(made, sizes[at], request, texts)
            )

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(make(at)) for at in range(len(sizes))]
    return [day for task in tasks for day in task.result()]


def _days(made: outputs.Part, count: int, request: PlanRequest, texts: Texts) -> list[PlannedDay]:
    if len(made.days) != count:
        raise Unfit(f"There are {len(made.days)} days; give exactly {count}.")
    days = [_day(day, request) for day in made.days]
    if not all(day.title and day.tasks for day in days):
        raise Unfit("Every day has a title and at least one task with a text.")
    texts.take(days)
    return days


def _day(day: outputs.Day, request: PlanRequest) -> PlannedDay:
    tasks = [
        PlannedTask(
            task=line(without_links(task.task, is_known), 500),
            duration_minutes=task.minutes,
            resources=tuple(dict.fromkeys(link.strip() for link in task.resources))[:LINKS_A_TASK],
        )
        for task in day.tasks[:MOST_TASKS]
    ]
    return PlannedDay(
        day=0,
        date=request.first_date,
        title=line(without_links(day.title), 200),
        tasks=within([task for task in tasks if task.task], request.minutes_per_day),
        tips=line(without_links(day.tips, is_known), 500),
    )


def within(tasks: Sequence[PlannedTask], minutes: int) -> tuple[PlannedTask, ...]:
    """The tasks in at most `minutes` together: shortened alike, the last ones left out where that is too little."""
    tasks = tasks[: max(1, minutes // SHORTEST)]
    total = sum(task.duration_minutes for task in tasks)
    if total <= minutes:
        return tuple(tasks)
    # Each its share of what SHORTEST for everybody leaves; whole minutes, so never over the limit.
    free = minutes - SHORTEST * len(tasks)
    return tuple(
        replace(task, duration_minutes=SHORTEST + free * task.duration_minutes // total)
        for task in tasks
    )


async def _with_good_links(links: Links, days: list[PlannedDay]) -> list[PlannedDay]:
    named = [link for day in days for task in day.tasks for link in task.resources]
    good = await links.good(named)

    def kept(task: PlannedTask) -> PlannedTask:
        return replace(task, resources=tuple(link for link in task.resources if link in good))

    return [replace(day, tasks=tuple(map(kept, day.tasks))) for day in days]


def _values(request: PlanRequest) -> dict[str, Any]:
    return {
        "goal": goal_data(request.goal),
        "instructions": request.instructions,
        "minutes_per_day": request.minutes_per_day,
    }


def _done(request: PlanRequest) -> list[str]:
    return [day.title for day in request.kept[-DONE_SHOWN:]]


def _texts(day: PlannedDay) -> list[tuple[str, str]]:
    return [("title", day.title), *(("task", task.task) for task in day.tasks)]


def _summary(text: str) -> str:
    return paragraphs(without_links(text), 1500)
