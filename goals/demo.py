"""Demo data: a few people with goals at different stages, made by the acts at earlier times."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from accounts import sessions
from accounts.models import User
from doit_site import clock
from doit_site.api.throttles import digest
from doit_site.mongo.client import current_session
from doit_site.mongo.transactions import in_transaction
from goals import chat, consulting, editing, roadmap, verification
from goals.models import Goal, VerificationTest

PERSON_PHONE = "15550100001"
ADMIN_PHONE = "15550100009"


@dataclass(frozen=True, slots=True)
class DemoGoal:
    """`proved` has a letter a day from the first: p passed, f failed, - missed. `paused` is for how
    many days from today it rests."""

    title: str
    description: str
    days: int
    minutes: int
    proved: str
    questions: tuple[str, ...] = ()
    paused: int = 0


@dataclass(frozen=True, slots=True)
class DemoPerson:
    phone: str
    name: str
    time_zone: str
    goals: tuple[DemoGoal, ...]


PEOPLE = (
    DemoPerson(
        PERSON_PHONE,
        "Ada",
        "Europe/Berlin",
        (
            DemoGoal(
                "Learn Python in 30 days",
                "From the basics to small finished programs for my own work.",
                30,
                60,
                "pp-pfppppp",
                ("What is on today?", "Am I behind?", "Motivate me"),
            ),
            DemoGoal(
                "Sleep better and meditate",
                "Ten quiet minutes every evening.",
                60,
                15,
                "ppppppp-pp",  # on a streak, by a freeze that the first week earned
                paused=6,
            ),
        ),
    ),
    DemoPerson(
        "15550100002",
        "Ben",
        "America/New_York",
        (
            DemoGoal(
                "Run my first 5k",
                "I have not run for years and want to finish the park run.",
                56,
                30,
                "ppp--pp",
                ("I missed two days", "Explain today's first task"),
            ),
        ),
    ),
    DemoPerson(
        "15550100003",
        "Chiara",
        "UTC",
        (
            DemoGoal(
                "Order food in Spanish",
                "Enough Spanish for a week in Valencia.",
                5,
                45,
                "ppppp",
                ("How is my progress?",),
            ),
            DemoGoal("Build a birdhouse", "For the garden, from scrap wood.", 14, 40, "p-f"),
        ),
    ),
    DemoPerson("15550100004", "Deniz", "Asia/Tokyo", ()),
)


@dataclass(frozen=True, slots=True)
class DemoFacts:
    admin_phone: str
    admin_password: str
    person_phone: str
    token: str


_steps: list[Callable[[], None]] = []


def add_step(step: Callable[[], None]) -> None:
    """What an app above this one adds to the demo people. Called from AppConfig.ready()."""
    _steps.append(step)


def seed() -> Iterator[str]:
    """Add the demo people to a database that has none of them; yields each one's name."""
    for person in PEOPLE:
        in_transaction(partial(_person, person))
        yield person.name
    User.objects.create_superuser(
        ADMIN_PHONE, admin_password(), name="Demo admin", email="admin@example.org"
    )
    for step in _steps:
        step()
    yield "Demo admin"


def is_seeded() -> bool:
    """Whether any of the demo people is there."""
    phones = [person.phone for person in PEOPLE] + [ADMIN_PHONE]
    return User.objects.collection.find_one({"phone_number": {"$in": phones}}) is not None


def demo_facts() -> DemoFacts | None:
    """How to sign in as the demo people, with a fresh token; None where there are none."""
    people = User.objects.collection
    person = people.find_one({"phone_number": PERSON_PHONE}, {"id": 1})
    admin = people.find_one({"phone_number": ADMIN_PHONE}, {"id": 1})
    if not (person and admin):
        return None
    token, _ = sessions.open_session(user_id=person["id"], device="make run")
    return DemoFacts(ADMIN_PHONE, admin_password(), PERSON_PHONE, token)


def admin_password() -> str:
    """The demo admin's password: one of this installation, since it comes from SECRET_KEY."""
    return digest("demo admin")[:12]


def _person(person: DemoPerson) -> None:
    longest = max((len(goal.proved) for goal in person.goals), default=0)
    today = clock.now().astimezone(ZoneInfo(person.time_zone)).date()
    with clock.at(_noon(today, longest + 1)):
        user = User.objects.create_user(person.phone, name=person.name)
    people, session = User.objects.collection, current_session()
    people.update_one({"id": user.pk}, {"$set": _zone(person, user)}, session=session)
    user = User.from_document(people.find_one({"id": user.pk}, session=session))
    with consulting.offline_only():
        for goal in person.goals:
            _goal(user, goal)


def _zone(person, user):
    """The person has lived in the zone from the start."""
    since = user.created_at - timedelta(days=2)
    change = {
        "zone": person.time_zone,
        "since": since,
        "first_day": since.date().isoformat(),
        "skipped": [],
    }
    return {"time_zone": person.time_zone, "time_zones": [change]}


def _goal(user: User, demo: DemoGoal) -> None:
    today, began = user.today(), len(demo.proved)
    with clock.at(_noon(today, began)):
        goal = editing.create(
            user=user,
            title=demo.title,
            description=demo.description,
            target_date=_midnight(demo.days),
        )
        roadmap.make(user=user, goal_id=goal["id"], minutes_per_day=demo.minutes)
    for day, outcome in enumerate(demo.proved):
        if outcome != "-":
            with clock.at(_noon(today, began - day)):
                _prove(user, goal["id"], passes=outcome == "p")
    if demo.paused:
        until = today + timedelta(days=demo.paused)
        editing.update(user=user, goal_id=goal["id"], status=Goal.PAUSED, paused_until=until)
    for number, question in enumerate(demo.questions):
        with clock.at(clock.now() - timedelta(hours=1) + timedelta(minutes=number)):
            chat.send(user=user, goal_id=goal["id"], content=question)


def _prove(user, goal_id, *, passes):
    test, _ = verification.issue(user=user, goal_id=goal_id)
    stored = VerificationTest.objects.collection.find_one(
        {"id": test["test_id"]}, session=current_session()
    )
    answers = {
        question["id"]: question["answer"] if passes else (question["answer"] + 1) % 4
        for question in stored["questions"]
    }
    verification.submit(user=user, goal_id=goal_id, test_id=test["test_id"], answers=answers)


def _noon(today: date, days_ago: int) -> datetime:
    """UTC noon of an earlier day, which is the same date in every zone used here; of today, now."""
    if not days_ago:
        return clock.now()
    return datetime.combine(today - timedelta(days=days_ago), time(12), UTC)


def _midnight(days_ahead: int) -> datetime:
    return datetime.combine((clock.now() + timedelta(days=days_ahead)).date(), time(), UTC)
