"""Demo people by the thousand, for trials at scale: raw documents, written in bulk.

`goals.demo` makes few people by the acts; a roadmap alone takes the coach some 15 ms, which for a
million is four hours. Here a plan is made once a topic, and dated for each goal. What is written is
what the acts would have left: `check_database` finds nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from random import Random

from accounts.models import User
from doit_site import clock
from goals import demo_documents
from goals.demo_documents import Member
from goals.models import Goal

# No country has the code 999, which is kept free for uses yet to come: the number is nobody's.
CODE = "999"
DIGITS = 10
MOST = 10**DIGITS
AT_ONCE = 100  # people whose goals, some 3 MB, are written by one insert
TOGETHER = 1000  # people among whom the apps above find company

Step = Callable[[Sequence[Member], Random, datetime], int]
_steps: list[Step] = []


def add_step(step: Step) -> None:
    """What an app above this one adds for people just made: step(members, draw, now) -> documents
    written. Called from AppConfig.ready()."""
    _steps.append(step)


def phone(number: int) -> str:
    """The phone number of the demo person of that number, from 0."""
    return f"{CODE}{number:0{DIGITS}}"


def next_number() -> int:
    """The number that the next demo person gets: after the highest there is."""
    last = User.objects.collection.find_one(
        {
            "phone_number": {
                "$gte": phone(0),
                "$lte": phone(MOST - 1),
                "$regex": f"^{CODE}[0-9]{{{DIGITS}}}$",
            }
        },
        {"_id": 0, "phone_number": 1},
        sort=[("phone_number", -1)],
    )
    return int(last["phone_number"].removeprefix(CODE)) + 1 if last else 0


def add(people: int, *, first: int, seed: str) -> Iterator[tuple[int, int]]:
    """Add so many people with their goals, numbered from `first`.

    Yields (people, documents) written since the last one. The same numbers, seed and moment make
    the same documents. Stopped in between it leaves whole documents and no references to nobody.
    """
    now = clock.now()
    for start in range(first, first + people, TOGETHER):
        members: list[Member] = []
        for begin in range(start, min(start + TOGETHER, first + people), AT_ONCE):
            numbers = range(begin, min(begin + AT_ONCE, start + TOGETHER, first + people))
            yield len(numbers), _write(numbers, seed, now, members)
        draw = Random(f"{seed} company {start}")
        yield 0, sum(step(members, draw, now) for step in _steps)


def _write(numbers, seed, now, members) -> int:
    """Write the people of these numbers and their goals; adds to `members`. How many documents."""
    people, goals = [], []
    for number in numbers:
        draw = Random(f"{seed} {number}")
        person = demo_documents.person(draw, phone=phone(number), now=now)
        own = list(demo_documents.goals(draw, person["id"], number=number, now=now))
        members.append(Member(person["id"], own[0]["category"], own[0]["subcategory"]))
        people.append(person)
        goals += own
    # People first: a goal never names nobody, wherever this is stopped.
    User.objects.collection.insert_many(people, ordered=False)
    Goal.objects.collection.insert_many(goals, ordered=False)
    return len(people) + len(goals)
