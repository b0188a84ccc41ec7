"""What `check_database` looks for in goals: types, statistics, references."""

from collections.abc import Iterator
from typing import Any

from accounts.checkup import orphans
from accounts.models import User
from doit_site.mongo import archive, checkup, history_checkup
from doit_site.mongo.checkup import Finding
from doit_site.mongo.shapes import as_date, as_datetime, date_text, datetime_text
from goals import standing, streaks
from goals.histories import MESSAGES, VERIFICATIONS
from goals.models import Goal, Job, VerificationTest
from goals.schemas import GOALS

NEEDED = {"messages.content": 0, "description": 0, "roadmap.days.tasks": 0, "plan": 0}

TIMES = ("created_at", "target_date", "date", "completed_at", "timestamp")


def register():
    checkup.register_schema("goals", GOALS)
    checkup.register(check)


def check(fix: bool) -> Iterator[Finding]:
    unfit = set()
    for goal in _unacceptable():
        unfit.add(goal["_id"])
        yield Finding("goals", _id(goal), "does not fit the documented schema")
    for goal in Goal.objects.collection.find({}, NEEDED):
        yield from _types(fix, goal)
        if goal["_id"] not in unfit:
            yield from _figures(fix, goal)
    for history in (MESSAGES, VERIFICATIONS):
        yield from history_checkup.check(fix, history)
    yield from orphans(False, Goal, "user_id", User)
    yield from orphans(fix, VerificationTest, "goal_id", Goal)
    yield from orphans(fix, Job, "goal_id", Goal)


def _types(fix, goal):
    """Times in the other shape, at the top and inside the arrays."""
    for path, value, right in _wrong_shapes(goal):
        if fix and right is not None:
            Goal.objects.collection.update_one(
                {"_id": goal["_id"], path: value}, {"$set": {path: right}}
            )
        problem = f"{path} is a {type(value).__name__}"
        yield Finding("goals", _id(goal), problem, bool(fix and right is not None))


def _wrong_shapes(goal):
    """(path, value, documented value or None) of every time in the other shape."""
    for name in ("created_at", "target_date"):
        if isinstance(goal.get(name), str):
            yield name, goal[name], as_datetime(goal[name])
    for path, entry in _objects("daily_verifications", goal.get("daily_verifications")):
        if isinstance(entry.get("completed_at"), str):
            moment = as_datetime(entry["completed_at"])
            yield f"{path}.completed_at", entry["completed_at"], moment
        yield from _not_text(entry, "date", path, date_text)
    for path, entry in _objects("messages", goal.get("messages")):
        yield from _not_text(entry, "timestamp", path, datetime_text)
    for name in ("paused_until", "make_up_date"):
        yield from _not_text(goal, name, "", date_text)
    for path, entry in _objects("pauses", goal.get("pauses")):
        for name in ("from", "until"):
            yield from _not_text(entry, name, path, date_text)
    roadmap = goal.get("roadmap")
    days = roadmap.get("days") if isinstance(roadmap, dict) else None
    for path, entry in _objects("roadmap.days", days):
        yield from _not_text(entry, "date", path, date_text)


def _objects(path, value):
    """(path, object) of each object in an array; nothing from what is no array."""
    for number, entry in enumerate(value if isinstance(value, list) else ()):
        if isinstance(entry, dict):
            yield f"{path}.{number}", entry


def _not_text(entry, name, path, text):
    value = entry.get(name)
    if value is not None and not isinstance(value, str):
        right = text(value)
        yield f"{path}.{name}".lstrip("."), value, right if isinstance(right, str) else None


def _figures(fix, goal):
    """Statistics and progress that do not follow from the verifications."""
    right = _right_figures(goal)
    wrong = {name: value for name, value in right.items() if _differs(goal.get(name), value)}
    wrong |= _right_pause(goal)
    if not wrong:
        return
    fixed = fix and _set_figures(goal, wrong)
    yield Finding("goals", _id(goal), f"wrong {', '.join(wrong)}", fixed)


def _set_figures(goal, figures):
    """Whether they were set: not when a verification landed meanwhile."""
    change = dict(figures)
    if goal.get("verification_stats") and change.get("verification_stats"):
        # Beside our figures another program may keep its own.
        stats = change.pop("verification_stats")
        change |= {f"verification_stats.{name}": value for name, value in stats.items()}
    done = Goal.objects.collection.update_one(
        {"_id": goal["_id"], **VERIFICATIONS.unchanged(goal)}, {"$set": change}
    )
    return bool(done.matched_count)


def _right_figures(goal):
    old = archive.moved(VERIFICATIONS.name, goal)
    entries = [*old, *(goal.get("daily_verifications") or ())]
    counted = int((goal.get("verification_stats") or {}).get("total_tests") or 0)
    figures: dict[str, Any] = {}
    if len(entries) >= counted:  # else another program kept fewer than it counted
        stats, total = standing.statistics_of(entries)
        figures["verification_stats"] = stats
        if goal.get("score_total") is not None:
            figures["score_total"] = total
    if standing.days(goal) and entries:
        figures["progress"] = standing.progress(
            len(standing.days_passed(goal)), standing.total_days(goal)
        )
    if old:
        passed = streaks.passed_dates({"daily_verifications": old})
        figures["archived_passes"] = sorted(day.isoformat() for day in passed)
    return figures


def _right_pause(goal):
    """What is wrong with a pause and the freezes, and what would be right."""
    right: dict[str, Any] = {}
    if goal.get("status") == Goal.PAUSED and as_date(goal.get("paused_until")) is None:
        right["status"] = Goal.ACTIVE  # as everybody who reads it takes it
    freezes = goal.get("freezes")
    if isinstance(freezes, int | float) and not 0 <= freezes <= streaks.MOST_FREEZES:
        right["freezes"] = 0 if freezes < 0 else streaks.MOST_FREEZES
    return right


def _differs(found, right):
    if isinstance(found, dict) and isinstance(right, dict):
        return any(_differs(found.get(name), value) for name, value in right.items())
    if isinstance(found, float) and isinstance(right, float):
        return abs(found - right) > 1e-9
    return found != right


def _unacceptable():
    """The ids of what the validator refuses beside the shapes of times."""
    good = {"$jsonSchema": checkup.in_either_shape(GOALS, TIMES)}
    return Goal.objects.collection.find({"$nor": [good]}, {"id": 1})


def _id(goal):
    return str(goal.get("id") or goal["_id"])
