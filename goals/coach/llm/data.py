"""A goal, a plan and messages as the data that a prompt is given: without a name, an id or a phone number."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from goals.coach.interface import ChatMessage, ChatRequest, GoalBrief, PlannedDay

LONGEST_MESSAGE = 2000
DAYS_BACK, DAYS_AHEAD = 2, 7
TITLES = 40


def goal_data(goal: GoalBrief) -> dict[str, Any]:
    return {
        "title": goal.title,
        "description": goal.description,
        "category": goal.category,
        "subcategory": goal.subcategory,
    }


def day_data(day: PlannedDay) -> dict[str, Any]:
    return {
        "day": day.day,
        "date": day.date.isoformat(),
        "title": day.title,
        "tasks": [
            {
                "task": task.task,
                "minutes": task.duration_minutes,
                **({"resources": list(task.resources)} if task.resources else {}),
            }
            for task in day.tasks
        ],
        "tips": day.tips,
    }


def message_data(messages: Iterable[ChatMessage]) -> list[dict[str, str]]:
    return [
        {"from": "person" if m.is_user else "coach", "text": m.content[:LONGEST_MESSAGE]}
        for m in messages
    ]


def chat_data(request: ChatRequest) -> dict[str, Any]:
    """All that a reply may lean on: the days around today whole, of those further on the titles."""
    near = [
        day for day in request.days if -DAYS_BACK <= (day.date - request.today).days <= DAYS_AHEAD
    ]
    horizon = request.today + timedelta(days=DAYS_AHEAD)
    later = [day for day in request.days if day.date > horizon][:TITLES]
    due = [day for day in request.days if day.date < request.today]
    return {
        "goal": goal_data(request.goal),
        "today": request.today.isoformat(),
        "target_date": request.target_date.isoformat(),
        "plan": {
            "total_days": len(request.days),
            "near": [day_data(day) | {"passed": day.day in request.passed} for day in near],
            "later": [f"{day.day}: {day.title}" for day in later],
        },
        "progress": {
            "percent": request.progress,
            "streak": request.streak,
            "days_passed": len(request.passed),
            "days_behind": sum(day.day not in request.passed for day in due),
        },
        "earlier": request.summary,
        "history": message_data(request.history),
        "message": request.message,
    }
