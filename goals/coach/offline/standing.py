"""Where a person stands in a roadmap: what is due, open and ahead, and when it would end."""

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from goals.coach.interface import ChatRequest, PlannedDay


@dataclass(frozen=True, slots=True)
class Standing:
    """`due` are the days dated before today, `open` those of them not proved.

    `today` is the day dated today, `ahead` the first unproved day from today on, None after the
    last. `pace` is proved days per day gone by, None on the first day with nothing proved.
    """

    today: PlannedDay | None
    ahead: PlannedDay | None
    due: tuple[PlannedDay, ...]
    open: tuple[PlannedDay, ...]
    left: int
    done_today: bool
    pace: float | None
    projected_end: date | None


def standing(request: ChatRequest) -> Standing:
    days = sorted(request.days, key=lambda day: day.date)
    due = tuple(day for day in days if day.date < request.today)
    today = next((day for day in days if day.date == request.today), None)
    passed = [day for day in days if day.day in request.passed]
    done_today = today is not None and today.day in request.passed
    gone = len({day.date for day in due}) + done_today
    pace = len(passed) / gone if gone else None
    left = len(days) - len(passed)
    ahead = (d for d in days if d.date >= request.today and d.day not in request.passed)
    return Standing(
        today=today,
        ahead=next(ahead, None),
        due=due,
        open=tuple(day for day in due if day.day not in request.passed),
        left=left,
        done_today=done_today,
        pace=pace,
        projected_end=_end(request.today, left, pace, done_today),
    )


def _end(today: date, left: int, pace: float | None, done_today: bool) -> date | None:
    """The day on which the last open day would be proved at this pace; None without a pace."""
    if not pace or not left:
        return None
    span = ceil(left / pace) - (not done_today)
    return today + timedelta(days=span) if span < 3650 else None


def is_rest(day: PlannedDay) -> bool:
    return "rest day" in day.title.casefold()


def minutes(day: PlannedDay) -> int:
    return sum(task.duration_minutes for task in day.tasks)
