"""A goal's document as the values that a coach takes (goals.coach.interface)."""

from datetime import date
from itertools import zip_longest

from doit_site.mongo.shapes import as_date
from goals import standing
from goals.coach.interface import GoalBrief, PlannedDay, PlannedTask


def brief(goal: dict) -> GoalBrief:
    return GoalBrief(
        title=goal["title"],
        description=goal.get("description") or "",
        category=goal.get("category"),
        subcategory=goal.get("subcategory"),
    )


def planned_days(goal: dict) -> tuple[PlannedDay, ...]:
    """The roadmap's days with the topics they carry; what another program left out is empty."""
    plan = standing.days(goal)
    topics = (goal.get("plan") or {}).get("topics") or ()
    pairs = zip_longest(plan, topics[: len(plan)], fillvalue=())
    return tuple(_planned_day(day, tuple(carried)) for day, carried in pairs)


def _planned_day(day, topics):
    return PlannedDay(
        day=int(day["day"]),
        date=as_date(day.get("date")) or date.min,
        title=day.get("title") or "",
        tasks=tuple(
            PlannedTask(
                task=task.get("task") or "",
                duration_minutes=int(task.get("duration_minutes") or 0),
                resources=tuple(task.get("resources") or ()),
            )
            for task in day.get("tasks") or ()
        ),
        tips=day.get("tips") or "",
        topics=topics,
    )


def day_document(day: PlannedDay) -> dict:
    """The documented object of a day."""
    return {
        "day": day.day,
        "date": day.date.isoformat(),
        "title": day.title,
        "tasks": [
            {
                "task": task.task,
                "duration_minutes": task.duration_minutes,
                "resources": list(task.resources),
            }
            for task in day.tasks
        ],
        "tips": day.tips,
    }
