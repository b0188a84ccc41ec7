"""Acts on a goal itself: setting, changing, deleting it."""

from datetime import UTC, date, datetime, timedelta

from accounts.calendar import Calendar
from accounts.models import User
from doit_site import clock
from doit_site.api.problems import Code, Problem, invalid
from doit_site.mongo import archive
from doit_site.mongo.client import current_session
from doit_site.mongo.fields import new_id
from doit_site.mongo.shapes import as_date, as_datetime
from doit_site.mongo.transactions import transactional
from goals import briefs, consulting, pauses, streaks
from goals.models import Goal, Job, RoadmapDraft, VerificationTest

LONGEST = timedelta(days=365)
WHAT_EDITS_NEED = {
    "version": 1,
    "status": 1,
    "paused_until": 1,
    "pauses": 1,
    **dict.fromkeys(streaks.KEPT_IN, 1),
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
        "freezes": 0,
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

    With the status `paused` comes `paused_until`, a date. `version`, where given, must be the
    stored one. Raises Problem `not_found`, `stale_version`, or at the field that cannot be so.
    """
    goal = Goal.objects.own(user, goal_id, WHAT_EDITS_NEED)
    stored = int(goal.get("version") or 1)
    if version is not None and version != stored:
        raise Problem(Code.stale_version, f"The goal is at version {stored}.")
    if "target_date" in changes:
        changes |= _retarget(goal, changes["target_date"], user.today())
    if "status" in changes or "paused_until" in changes:
        until = changes.pop("paused_until", None)
        changes |= restatus(goal, changes.pop("status", None), until, user.calendar, clock.now())
    if changes:
        changes = {**pauses.settled(goal, user.today()), **changes}
        Goal.objects.collection.update_one(
            {"id": goal_id, "user_id": user.pk},
            {"$set": {**changes, "version": stored + 1}},
            session=current_session(),
        )


@transactional
def leave_pause(*, user: User, goal_id: str) -> None:
    """End the pause that the staff gave another status, today, with the streak as of now."""
    goal = Goal.objects.own(user, goal_id, WHAT_EDITS_NEED)
    if goal.get("paused_until"):
        now = clock.now()
        change = pauses.ended({**goal, "status": Goal.PAUSED}, user.calendar.day(now))
        change |= _streak_now(goal, user.calendar, now)
        Goal.objects.collection.update_one(
            {"id": goal_id}, {"$set": change}, session=current_session()
        )


@transactional
def delete(*, user: User, goal_id: str) -> None:
    """Delete the goal, its tests, its jobs, its draft and its archive. Raises Problem `not_found`."""
    gone = Goal.objects.collection.delete_one(
        {"id": goal_id, "user_id": user.pk}, session=current_session()
    )
    if not gone.deleted_count:
        raise Problem(Code.not_found)
    for kind in (VerificationTest, Job, RoadmapDraft):
        kind.objects.collection.delete_many({"goal_id": goal_id}, session=current_session())
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


def restatus(
    goal: dict, status: str | None, until: date | None, calendar: Calendar, now: datetime
) -> dict:
    """What a new status sets, with the end of a pause too; raises a Problem at either."""
    today = calendar.day(now)
    if status != Goal.PAUSED and until is not None:
        raise invalid("/paused_until", "not_paused", 'Only with the status "paused".')
    old, _ = pauses.as_of(goal, today)
    if status is None or (status == old != Goal.PAUSED):
        return {"status": status} if status else {}
    if old == Goal.COMPLETED:
        raise invalid("/status", "completed", "A completed goal stays completed.")
    if status == Goal.PAUSED:
        change = pauses.begun(goal, until, today)
    else:
        change = {"status": status, **pauses.ended(goal, today)}
    return {**change, **_streak_now(goal, calendar, now)}


def _streak_now(goal, calendar, now):
    """Goes along with a new status, so that of all pauses the last one alone still matters to it."""
    return streaks.now(goal, calendar, now).fields() if streaks.is_kept(goal) else {}
