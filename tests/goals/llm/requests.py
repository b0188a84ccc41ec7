"""Requests to a coach, about one goal: playing the banjo."""

from datetime import date, timedelta

from goals.coach.interface import (
    ChatMessage,
    ChatRequest,
    GoalBrief,
    PlannedDay,
    PlannedTask,
    PlanRequest,
    QuestionRequest,
)

GOAL = GoalBrief("Play the banjo", "One song, whole, for my aunt.", "music", "banjo")
FIRST = date(2026, 2, 7)
DAYS = tuple(
    PlannedDay(n, FIRST + timedelta(days=n - 1), f"Day {n}", (PlannedTask(f"Task {n}", 20),), "")
    for n in range(1, 31)
)
CHAT = ChatRequest(
    goal=GOAL,
    message="What now?",
    today=FIRST + timedelta(days=3),
    target_date=FIRST + timedelta(days=30),
    days=DAYS,
    passed=frozenset({1, 2}),
    history=(ChatMessage("Hello", True), ChatMessage("Hi", False)),
    summary="They are shy.",
)
QUIZ = QuestionRequest(goal=GOAL, days=DAYS[:1], count=5, seed="s", asked=frozenset({"Asked?"}))


def request(days=30, minutes=30, **changes):
    return PlanRequest(
        goal=GOAL,
        first_day=1,
        first_date=FIRST,
        total_days=days,
        minutes_per_day=minutes,
        **changes,
    )
