"""Acts on a goal itself: setting, changing, deleting it."""

from datetime import UTC, date, datetime, timedelta

from accounts.models import User
from doit_site import clock
from doit_site.api.problems import Code, Problem, invalid
from doit_site.mongo import archive
from doit_site.mongo.client import current_session
from doit_site.mongo.fields import new_id
from doit_site.mongo.shapes import as_date, as_datetime
from doit_site.mongo.transactions import transactional
from goals import briefs, consulting
from goals.models import Goal, VerificationTest

LONGEST = timedelta(days=365)
WHAT_EDITS_NEED = {
    "version": 1,
    "status": 1,
    "target_date": 1,
    "roadmap.total_days": 1,
    "roadmap.days": {"$slice": 1},
}


def create(*, user: User, **fields) -> dict:
    """Set a goal, from what `prepare` takes. The stored document."""
    return store(prepare(user=user, **fields))


def prepare(
    *,
    user: User,
    title: str,
    description: str,
    target_date: datetime,
    category: str | None = None,
    subcategory: str | None = None,
) -> dict:
    """The document of a new goal, not stored; without a category the coach classifies it.

    Raises a Problem at /target_date when it is not 1 to 365 days after the person's today. Not to
    be called in a transaction: the coach may take its time.
    """
    _check_target(target_date, user.today())
    goal = {
        "id": new_id(),
        "user_id": user.pk,
        "title": title,
        "description": description,
        "target_date": target_date,
        "created_at": clock.now(),
        "streak": 0,
        "progress": 0.0,
        "roadmap": None,
        "messages": [],
        "daily_verifications": [],
        "verification_stats": None,
        "streak_until": None,
        "category": category,
        "subcategory": subcategory,
        "status": Goal.ACTIVE,
        "version": 1,
    }
    _classify(user, goal)
    return goal


def store(goal: dict) -> dict:
    """Store what `prepare` made."""
    Goal.objects.collection.insert_one(goal, session=current_session())
    return goal


@transactional
def update(*, user: User, goal_id: str, version: int | None = None, **changes) -> None:
    """Change title, description, target_date, category, subcategory or status.

    `version`, where given, must be the stored one. Raises Problem `not_found`,
    `stale_version`, or at the field that cannot be so.
    """
    goal = Goal.objects.own(user, goal_id, WHAT_EDITS_NEED)
    stored = int(goal.get("version") or 1)
    if version is not None and version != stored:
        raise Problem(Code.stale_version, f"The goal is at version {stored}.")
    if "target_date" in changes:
        changes |= _retarget(goal, changes["target_date"], user.today())
    if changes.get("status", goal.get("status")) != goal.get("status"):
        _check_status(goal)
    if changes:
        Goal.objects.collection.update_one(
            {"id": goal_id, "user_id": user.pk},
            {"$set": {**changes, "version": stored + 1}},
            session=current_session(),
        )


@transactional
def delete(*, user: User, goal_id: str) -> None:
    """Delete the goal, its tests and its archive. Raises Problem `not_found`."""
    gone = Goal.objects.collection.delete_one(
        {"id": goal_id, "user_id": user.pk}, session=current_session()
    )
    if not gone.deleted_count:
        raise Problem(Code.not_found)
    VerificationTest.objects.collection.delete_many({"goal_id": goal_id}, session=current_session())
    archive.forget([goal_id])


def _classify(user, goal):
    if goal["category"] is None:
        found = consulting.classify(user=user, goal=briefs.brief(goal))
        goal["category"] = found.category
        goal["subcategory"] = goal["subcategory"] or found.subcategory


def target_day(target_date: datetime) -> date:
    """The target date counts as its UTC calendar date."""
    return target_date.astimezone(UTC).date()


def _check_target(target_date, today):
    day = target_day(target_date)
    if day <= today:
        raise invalid("/target_date", "not_in_future", f"The target date is after today, {today}.")
    if day > today + LONGEST:
        raise invalid(
            "/target_date",
            "too_far",
            f"The target date is at most 365 days ahead, {today + LONGEST}.",
        )


def _retarget(goal, target_date, today):
    """What else a new target date changes."""
    if target_date == as_datetime(goal["target_date"]):
        return {}
    _check_target(target_date, today)
    first = next(iter((goal.get("roadmap") or {}).get("days") or ()), None)
    first_day = first and as_date(first.get("date"))
    if first_day is None:
        return {}
    if target_day(target_date) > first_day + LONGEST:
        raise invalid(
            "/target_date",
            "too_far",
            f"The roadmap began on {first_day}; it lasts until {first_day + LONGEST} at most.",
        )
    return {"roadmap_outdated": True}


def _check_status(goal):
    if goal.get("status") == Goal.COMPLETED:
        raise invalid("/status", "completed", "A completed goal stays completed.")
