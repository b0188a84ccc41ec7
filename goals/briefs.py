"""A goal's document as the values that a coach takes (goals.coach.interface)."""

from datetime import date, timedelta
from itertools import zip_longest

from doit_site.mongo.shapes import as_date
from goals import standing
from goals.coach.interface import GoalBrief, PlannedDay, PlannedTask

RECENTLY = timedelta(weeks=4)


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


def failed_topics(goal: dict, kept: tuple[PlannedDay, ...]) -> frozenset[str]:
    """The topics of the last four weeks of `kept` whose test was failed, even if a later one was passed."""
    if not kept:
        return frozenset()
    since = kept[-1].date - RECENTLY
    failed = {
        as_date(entry.get("date"))
        for entry in goal.get("daily_verifications") or ()
        if not entry.get("passed")
    }
    return frozenset(
        topic for day in kept if day.date in failed and day.date > since for topic in day.topics
    )


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
