"""Where a goal stands: days passed, progress, statistics. Pure rules over its document."""

import math
from datetime import date, timedelta
from typing import Any

from doit_site.mongo.shapes import as_date
from goals.streaks import passed_dates, paused

MAX_ATTEMPTS = 3
ONE_DAY = timedelta(days=1)
LONGEST_PROJECTION = 3650
PASS_TENTHS = 7  # passed is score >= 0.7, reckoned in whole numbers

# Scores are summed in units of 1 / UNIT, which every score of a test of up to 20 questions is a
# whole number of: the average stays exact however many tests there were.
UNIT = math.lcm(*range(1, 21))


def days(goal: dict) -> list[dict]:
    """The roadmap's days, in order; [] without a roadmap."""
    return list((goal.get("roadmap") or {}).get("days") or ())


def last_day(goal: dict) -> date:
    """The date of the roadmap's last day; date.min without one."""
    return max((as_date(day.get("date")) or date.min for day in days(goal)), default=date.min)


def total_days(goal: dict) -> int:
    roadmap = goal.get("roadmap") or {}
    return int(roadmap.get("total_days") or len(roadmap.get("days") or ()))


def days_passed(goal: dict) -> list[int]:
    """The numbers of the roadmap days proved.

    Kept by submissions; for a document of another program, the days dated like a pass.
    """
    if goal.get("days_passed") is not None:
        return [int(number) for number in goal["days_passed"]]
    passed = passed_dates(goal)
    return [int(day["day"]) for day in days(goal) if as_date(day.get("date")) in passed]


def progress(passed: int, total: int) -> float:
    """Percent to two decimals, at most 100 (product.md: 5 of 30 is 16.67)."""
    return min(100.0, round(passed / total * 100, 2)) if total else 0.0


def carries(goal: dict, number: int) -> list[int]:
    """The numbers of the missed days that a roadmap day carries since a re-planning."""
    carried_by = (goal.get("plan") or {}).get("carries") or ()
    return [int(one) for one in carried_by[number - 1]] if 0 < number <= len(carried_by) else []


def carried(goal: dict, today: date) -> list[dict]:
    """The roadmap days that a test of `today` proves.

    Today's, then the missed days that it carries and that are not passed; after the last day, the
    first not passed.
    """
    plan, passed = days(goal), set(days_passed(goal))
    proved = [day for day in plan if as_date(day.get("date")) == today]
    if not proved and today > last_day(goal):
        proved = [day for day in plan if int(day["day"]) not in passed][:1]
    own = {int(day["day"]) for day in proved}
    missed = {one for number in own for one in carries(goal, number)} - own - passed
    return [*proved, *(day for day in plan if int(day["day"]) in missed)]


def entries_of(goal: dict, day: date) -> list[dict]:
    """The submitted tests of one local day, of the last few days: older ones may be in the archive."""
    return [
        entry
        for entry in goal.get("daily_verifications") or ()
        if as_date(entry.get("date")) == day
    ]


def score(correct: int, asked: int) -> tuple[float, bool]:
    """(score, passed) of a test."""
    return correct / asked, correct * 10 >= asked * PASS_TENTHS


def statistics(goal: dict, correct: int, asked: int) -> tuple[dict[str, Any], int]:
    """(verification_stats, score_total) after one more test."""
    stats = goal.get("verification_stats") or {}
    count = int(stats.get("total_tests") or 0)
    total = goal.get("score_total")
    if total is None:
        total = round((stats.get("average_score") or 0.0) * count * UNIT)
    return _stats(
        count=count + 1,
        passed=int(stats.get("passed") or 0) + score(correct, asked)[1],
        perfect=int(stats.get("perfect_scores") or 0) + (correct == asked),
        total=int(total) + correct * (UNIT // asked),
    )


def statistics_of(entries: list[dict]) -> tuple[dict[str, Any] | None, int]:
    """(verification_stats, score_total) reckoned anew from all verifications; (None, 0) without any."""
    if not entries:
        return None, 0
    return _stats(
        count=len(entries),
        passed=sum(bool(entry.get("passed")) for entry in entries),
        perfect=sum(entry.get("score") == 1 for entry in entries),
        total=sum(round((entry.get("score") or 0) * UNIT) for entry in entries),
    )


def _stats(*, count, passed, perfect, total):
    stats = {
        "total_tests": count,
        "passed": passed,
        "failed": count - passed,
        "average_score": total / (UNIT * count),
        "perfect_scores": perfect,
    }
    return stats, total


def day_state(day: dict, passed: set[int], today: date) -> str:
    """passed, missed, today or ahead."""
    if int(day["day"]) in passed:
        return "passed"
    when = as_date(day.get("date"))
    if when is None or when > today:
        return "ahead"
    return "today" if when == today else "missed"


def pace(goal: dict, today: date) -> dict[str, Any]:
    """{"days_due", "days_passed", "days_behind", "projected_end"}.

    Due are the roadmap days dated before today, except those in a pause, which nobody is behind
    with. `projected_end` is the date (YYYY-MM-DD) on which the roadmap would be done at the pace so
    far: days passed for each own day since it began, days of pause not counted. It is never before
    the last dated day, which cannot be proved earlier; None before any pass, and where it would be
    more than ten years away; of a roadmap that is done, the day of its last pass.
    """
    passed = set(days_passed(goal))
    due = [day for day in days(goal) if _is_due(goal, day, today)]
    done = sum(int(day["day"]) in passed for day in due)
    end = _projected_end(goal, len(passed), today)
    return {
        "days_due": len(due),
        "days_passed": len(passed),
        "days_behind": len(due) - done,
        "projected_end": end and end.isoformat(),
    }


def _is_due(goal, day, today):
    when = as_date(day.get("date"))
    return when is not None and when < today and not _paused(goal, when)


def _projected_end(goal, passed: int, today: date) -> date | None:
    dates = [when for day in days(goal) if (when := as_date(day.get("date")))]
    if not passed or not dates:
        return None
    left = total_days(goal) - passed
    if left <= 0:
        return max(passed_dates(goal), default=max(dates))
    done_today = any(entry.get("passed") for entry in entries_of(goal, today))
    gone = _own_days(goal, min(dates), today) + done_today
    span = -(-left * max(1, gone) // passed)
    if span > LONGEST_PROJECTION:
        return None
    return max(_after(goal, span, today + ONE_DAY * done_today), *dates)


def _own_days(goal, first: date, today: date) -> int:
    """The days from the first one up to, not including, today, without those of pauses."""
    gone = range((today - first).days)
    return sum(not _paused(goal, first + ONE_DAY * n) for n in gone)


def _after(goal, span: int, day: date) -> date:
    """The last of `span` days from `day` on, without those of pauses."""
    while span > 1 or _paused(goal, day):
        span -= not _paused(goal, day)
        day += ONE_DAY
    return day


def _paused(goal, day: date) -> bool:
    return bool(goal.get("pauses")) and paused(goal, day)
