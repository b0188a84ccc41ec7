"""The documents of demo people in bulk: whole, as the acts would have left them by now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from random import Random

from accounts.calendar import Calendar
from doit_site import clock
from goals import briefs, standing, streaks
from goals.coach.interface import GoalBrief, PlanRequest
from goals.coach.offline import OfflineCoach
from goals.models import Goal

SHORT, FULL = 3, 30  # days of a roadmap
MESSAGES = 50  # of a goal of full size
MINUTES = 60
QUESTIONS = 5
OLDEST = 365  # days since the first goals were set
FEW, MANY = 9, 109  # goals of a person; one person in 100 has many, which makes ten on average
ONE_DAY = timedelta(days=1)

NAMES = ("Ada", "Ben", "Chiara", "Deniz", "Emre", "Fatou", "Grace", "Hugo", "Ines", "Jonas")
TOPICS = (
    ("Learn Python", "From the basics to small finished programs."),
    ("Run my first 5k", "I have not run for years."),
    ("Speak Spanish", "Enough Spanish for a week in Valencia."),
    ("Play guitar", "Chords and three songs for the campfire."),
    ("Sleep better and meditate", "Ten quiet minutes every evening."),
    ("Get stronger", "Squat and deadlift in the gym, three times a week."),
    ("Analyse data with pandas", "Clean and chart the sales data."),
    ("Pass the biology exam", "The final is in spring."),
    ("Build a birdhouse", "For the garden, from scrap wood."),
    ("Save for a trip", "A budget that I keep to."),
)
SAID = (
    "What is on today?",
    "Am I behind?",
    "I missed two days, and I do not know how to go on from here.",
    "Motivate me",
    "The last task took me twice as long as planned.",
)
ANSWERED = "Take today's first task, in the minutes you have, and prove the day when you are done."


@dataclass(frozen=True, slots=True)
class Member:
    """What the apps above need of a demo person: the newest goal's kind says which group fits."""

    user_id: str
    category: str
    subcategory: str | None


def person(draw: Random, *, phone: str, now: datetime) -> dict:
    return {
        "id": uuid4(draw),
        "phone_number": phone,
        "created_at": now - ONE_DAY * (OLDEST + FULL),
        "name": f"{draw.choice(NAMES)} {chr(65 + draw.randrange(26))}.",
        "status": "active",
        "is_staff": False,
        "is_superuser": False,
    }


def goals(draw: Random, user_id: str, *, number: int, now: datetime) -> Iterator[dict]:
    """The goals of the person of that number, the newest first.

    The newest is under way; that of one person in ten is of full size, which is one goal in 100.
    """
    count = FEW if number % 100 else MANY
    full = number % 10 == 0
    for place in range(count):
        total = FULL if full and place == 0 else SHORT
        age = draw.randrange(FULL, OLDEST) if place else draw.randrange(total)
        topic = draw.randrange(len(TOPICS))
        yield goal(draw, user_id, topic=topic, total=total, age=age, now=now)


def goal(draw: Random, user_id: str, *, topic: int, total: int, age: int, now: datetime) -> dict:
    """A goal set `age` days ago with a roadmap of `total` days, proved or not day by day."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    began = midnight - ONE_DAY * age
    # At a time of day that today has had already.
    created_at = began + timedelta(
        milliseconds=int(draw.random() * (now - midnight).total_seconds() * 1000)
    )
    plan = _plan(topic, total)
    dates = [(began + ONE_DAY * day).date().isoformat() for day in range(total)]
    entries = _entries(draw, dates[: age + 1], created_at)
    return {
        "id": uuid4(draw),
        "user_id": user_id,
        "title": f"{plan.title} by {began + ONE_DAY * total:%d %B}",
        "description": plan.description,
        "target_date": began + ONE_DAY * total,
        "created_at": created_at,
        **_standing(entries, dates),
        "roadmap": _roadmap(plan, dates),
        "messages": _messages(draw, MESSAGES if total == FULL else 2, created_at, age),
        "daily_verifications": entries,
        "category": plan.category,
        "subcategory": plan.subcategory,
        "version": 2,
        "roadmap_outdated": False,
        "plan": plan.plan,
    }


def _entries(draw, dates, created_at):
    """One test a day, of which some are missed and some fail."""
    return [
        _entry(draw, date, created_at + ONE_DAY * day)
        for day, date in enumerate(dates)
        if draw.random() < 0.8
    ]


def _entry(draw, date, completed_at):
    score, passed = standing.score(draw.choice((2, 4, 4, 5, 5)), QUESTIONS)
    return {
        "date": date,
        "test_id": uuid4(draw),
        "questions_count": QUESTIONS,
        "score": score,
        "passed": passed,
        "completed_at": completed_at,
    }


def _standing(entries, dates):
    """Everything that follows from the tests, as of the last of them."""
    passed = [dates.index(entry["date"]) + 1 for entry in entries if entry["passed"]]
    stats, score_total = standing.statistics_of(entries)
    progress = standing.progress(len(passed), len(dates))
    done = progress >= 100
    streak = streaks.NONE
    if entries:
        days = streaks.passed_dates({"daily_verifications": entries})
        streak = streaks.streak(days, Calendar(), entries[-1]["completed_at"])
    return {
        **streak.fields(),
        "progress": progress,
        "verification_stats": stats,
        "days_passed": passed,
        "score_total": score_total,
        "status": Goal.COMPLETED if done else Goal.ACTIVE,
        **({"completed_at": entries[-1]["completed_at"]} if done else {}),
    }


def _roadmap(plan, dates):
    days = [{**day, "date": date} for day, date in zip(plan.days, dates, strict=True)]
    return {"total_days": len(days), "summary": plan.summary, "days": days}


def _messages(draw, count, created_at, age):
    """Question and answer in turns, spread over the days so far."""
    step = ONE_DAY * age / count
    return [
        {
            "content": ANSWERED if place % 2 else draw.choice(SAID),
            "is_user": place % 2 == 0,
            "timestamp": clock.text(created_at + step * place),
        }
        for place in range(count)
    ]


@dataclass(frozen=True, slots=True)
class _Template:
    """What the offline coach makes of a topic; only the dates are a goal's own."""

    title: str
    description: str
    category: str
    subcategory: str | None
    summary: str
    days: list[dict]
    plan: dict


@cache
def _plan(topic: int, total: int) -> _Template:
    title, description = TOPICS[topic]
    brief = GoalBrief(title, description)
    coach = OfflineCoach()  # whatever COACH says: nobody is to be asked for a million goals
    kind = coach.classify(brief)
    plan = coach.plan(
        PlanRequest(brief, 1, clock.now().date(), total_days=total, minutes_per_day=MINUTES)
    )
    return _Template(
        title,
        description,
        kind.category,
        kind.subcategory,
        plan.summary,
        [briefs.day_document(day) for day in plan.days],
        {
            "curriculum": plan.curriculum,
            "minutes_per_day": MINUTES,
            "topics": [list(day.topics) for day in plan.days],
        },
    )


def uuid4(draw: Random) -> str:
    """A UUIDv4 as a text, of the generator given."""
    digits = f"{draw.getrandbits(128):032x}"
    variant = "89ab"[draw.getrandbits(2)]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
