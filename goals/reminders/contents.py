"""What there is to tell a person: what is due today over all their goals, and of the last week."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.calendar import Calendar
from doit_site.mongo.shapes import as_date, as_datetime
from goals import pauses, standing, streaks
from goals.models import Goal

ONE_WEEK = timedelta(days=7)
UNREAD = (
    *("_id", "messages", "description", "coach_memory", "roadmap.summary", "roadmap.days.tips"),
    *("roadmap.days.tasks.task", "roadmap.days.tasks.resources"),
)
NEEDED = dict.fromkeys(UNREAD, 0)


@dataclass(frozen=True, slots=True)
class Due:
    """A roadmap day that may be proved today; `streak` in days, 0 without one."""

    goal: str
    day: int
    total_days: int
    title: str
    minutes: int
    streak: int


@dataclass(frozen=True, slots=True)
class Week:
    """A goal's last week, from Monday to Sunday, and what lies ahead in the present one."""

    goal: str
    passed: int
    streak: int
    progress: float
    completed: bool
    ahead: int
    behind: int


@dataclass(frozen=True, slots=True)
class Contents:
    """`weeks` only where the week is to be summed up."""

    due: tuple[Due, ...]
    weeks: tuple[Week, ...] = ()


def of(*, user_id: str, calendar: Calendar, moment: datetime, summary: bool) -> Contents:
    goals = [
        goal
        for goal in Goal.objects.collection.find({"user_id": user_id}, NEEDED)
        if goal.get("status") != Goal.ABANDONED
    ]
    due = tuple(found for goal in goals if (found := due_of(goal, calendar, moment)))
    if not summary:
        return Contents(due)
    weeks = (week_of(goal, calendar, moment) for goal in goals)
    return Contents(due, tuple(week for week in weeks if week))


def summary_is_due(wishes: dict, summarised_on: str | None, calendar: Calendar, moment: datetime):
    """Whether this is the person's first day of the week, which no summary began yet.

    That is Monday, but for who flew over it.
    """
    monday = _monday(calendar.day(moment))
    begins = calendar.yesterday(moment) < monday
    return bool(wishes["weekly"]) and begins and (summarised_on or "") < monday.isoformat()


def due_of(goal: dict, calendar: Calendar, moment: datetime) -> Due | None:
    """What a test of today would prove; None where there is nothing, or nothing more today."""
    today = calendar.day(moment)
    if pauses.as_of(goal, today)[0] != Goal.ACTIVE or standing.last_day(goal) < today:
        return None
    passed = set(standing.days_passed(goal))
    carried = standing.carried(goal, today)
    tests = standing.entries_of(goal, today)
    done = len(tests) >= standing.MAX_ATTEMPTS or any(test.get("passed") for test in tests)
    if done or all(int(day["day"]) in passed for day in carried):
        return None
    return Due(
        goal=goal["title"],
        day=int(carried[0]["day"]),
        total_days=standing.total_days(goal),
        title=carried[0].get("title") or "",
        minutes=_minutes(carried[0]),  # which has the tasks of the missed days that it carries
        streak=streaks.as_of_now(goal, calendar, moment),
    )


def week_of(goal: dict, calendar: Calendar, moment: datetime) -> Week | None:
    """The last week of a goal that is active, or was completed in it."""
    today = calendar.day(moment)
    this = _monday(today)
    status, _ = pauses.as_of(goal, today)
    done = as_datetime(goal.get("completed_at"))
    completed = status == Goal.COMPLETED and bool(done and calendar.day(done) >= this - ONE_WEEK)
    if not completed and (status != Goal.ACTIVE or not standing.days(goal)):
        return None
    dates = [as_date(day.get("date")) or date.max for day in standing.days(goal)]
    return Week(
        goal=goal["title"],
        passed=sum(this - ONE_WEEK <= day < this for day in streaks.passed_dates(goal)),
        streak=streaks.as_of_now(goal, calendar, moment),
        progress=goal.get("progress") or 0.0,
        completed=completed,
        ahead=sum(today <= day < this + ONE_WEEK for day in dates),
        behind=standing.pace(goal, today)["days_behind"],
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _minutes(day) -> int:
    return sum(int(task.get("duration_minutes") or 0) for task in day.get("tasks") or ())
