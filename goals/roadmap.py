"""The act of making a roadmap, the first or anew."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta

from accounts.models import User
from doit_site.api.idempotency import Outdated
from doit_site.api.problems import Code, Problem
from doit_site.mongo.client import current_session
from doit_site.mongo.shapes import as_datetime
from goals import briefs, consulting, standing
from goals.coach.interface import Plan, PlannedDay, PlanRequest
from goals.editing import target_day
from goals.models import Goal

DEFAULT_MINUTES = 60
TRIES = 5
ONE_DAY = timedelta(days=1)


def make(
    *, user: User, goal_id: str, minutes_per_day: int | None = None, instructions: str = ""
) -> dict:
    """Make the roadmap, keep what is past and passed of an earlier one, and return its object.

    `minutes_per_day` (10 to 240) is the last one used, 60 at first. Whatever fails leaves the
    old roadmap whole. Raises Problem `not_found`, `target_date_passed`, or `stale_version`
    when the goal keeps changing meanwhile.
    """
    for _ in range(TRIES):
        with suppress(Outdated):
            return prepare(
                user=user,
                goal_id=goal_id,
                minutes_per_day=minutes_per_day,
                instructions=instructions,
            )()
    raise Problem(Code.stale_version)


def prepare(
    *, user: User, goal_id: str, minutes_per_day: int | None = None, instructions: str = ""
) -> Callable[[], dict]:
    """Plan as `make` says; the function returned stores it, or raises Outdated when the goal changed.

    Only the function may run in a transaction: the coach may take its time.
    """
    goal = Goal.objects.own(user, goal_id, {"messages": 0})
    minutes = minutes_per_day or int((goal.get("plan") or {}).get("minutes_per_day") or 0)
    minutes = minutes or DEFAULT_MINUTES
    first, total, kept = _frame(goal, user.today())
    plan = _plan(user, goal, first, total, kept, minutes, instructions)
    return lambda: _store(goal, plan, kept, minutes)


def of(*, user: User, goal_id: str) -> dict:
    """The roadmap's object. Raises Problem `not_found`, `no_roadmap`."""
    goal = Goal.objects.own(user, goal_id, {"_id": 0, "roadmap": 1})
    if not goal.get("roadmap"):
        raise Problem(Code.no_roadmap)
    return goal["roadmap"]


def _frame(goal, today: date) -> tuple[date, int, tuple[PlannedDay, ...]]:
    """(first date, total days, days that stay): days before today stay, and today when passed."""
    target = target_day(as_datetime(goal["target_date"]))
    earlier = briefs.planned_days(goal)
    first = earlier[0].date if earlier else today
    if target <= today:
        raise Problem(Code.target_date_passed, "Choose a target date in the future first.")
    passed = set(standing.days_passed(goal))
    kept = tuple(
        day for day in earlier if day.date < today or (day.date == today and day.day in passed)
    )
    return first, max(1, (target - first).days), kept


def _plan(user, goal, first, total, kept, minutes, instructions) -> Plan:
    if len(kept) >= total:
        return Plan(goal["roadmap"]["summary"], (), (goal.get("plan") or {}).get("curriculum"))
    request = PlanRequest(
        goal=briefs.brief(goal),
        first_day=len(kept) + 1,
        first_date=first + ONE_DAY * len(kept),
        total_days=total - len(kept),
        minutes_per_day=minutes,
        instructions=instructions,
        kept=kept,
        failed=briefs.failed_topics(goal, kept),
    )
    return consulting.plan(user=user, request=request)


def _store(goal, plan, kept, minutes) -> dict:
    """Write the roadmap; raise Outdated when the goal has changed since it was read."""
    days = (*kept, *plan.days)
    roadmap = {
        **(goal.get("roadmap") or {}),
        "total_days": len(days),
        "summary": plan.summary,
        "days": [*_as_stored(goal, kept), *map(briefs.day_document, plan.days)],
    }
    passed = standing.days_passed(goal)
    progress = standing.progress(len(passed), len(days))
    change = {
        "roadmap": roadmap,
        "roadmap_outdated": False,
        "plan": {
            "curriculum": plan.curriculum,
            "minutes_per_day": minutes,
            "topics": [list(day.topics) for day in days],
        },
        "days_passed": passed,
        "progress": progress,
        "version": int(goal.get("version") or 1) + 1,
    }
    if goal.get("status") == Goal.COMPLETED and progress < 100:
        change |= {"status": Goal.ACTIVE, "completed_at": None}
    unchanged = {
        "id": goal["id"],
        "user_id": goal["user_id"],
        "version": goal.get("version"),
        "days_passed": goal.get("days_passed"),
    }
    stored = Goal.objects.collection.update_one(
        unchanged, {"$set": change}, session=current_session()
    )
    if not stored.matched_count:
        raise Outdated
    return roadmap


def _as_stored(goal, kept):
    """The documents of the days that stay, with whatever another program added to them."""
    numbers = {day.day for day in kept}
    return [day for day in standing.days(goal) if int(day["day"]) in numbers]
