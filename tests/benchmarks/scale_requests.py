"""The kinds of requests that tests.benchmarks.scale sends, each by people of a hot set in turns."""

import itertools
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

from django.test import Client

from accounts.models import Session, User
from doit_site import clock
from goals import demo_bulk
from goals.demo_documents import MANY, uuid4

HOT = 10  # people of the hot set; each has 109 goals
ANYBODY = 300  # people whose goals nobody has read before
DEEP = 20  # pages into the list of groups
API = "/api/v1/"

Call = Callable[[int], float]


@dataclass
class Person:
    """One of the demo people, signed in; `goals` are ids, the newest and full one first."""

    number: int
    client: Client
    goals: list[str] = field(default_factory=list)
    group: dict = field(default_factory=dict)

    def get(self, path: str) -> dict:
        answer = self.client.get(path if path.startswith("/") else API + path, secure=True)
        assert answer.status_code == 200, (path, answer.status_code, answer.content[:300])
        return answer.json() if answer.headers["Content-Type"] == "application/json" else {}

    def post(self, path: str, body: dict) -> dict:
        answer = self.client.post(API + path, body, "application/json", secure=True)
        assert answer.status_code in (200, 201), (path, answer.status_code, answer.content[:300])
        return answer.json()


def token(number: int) -> str:
    return f"doit_scale_{number}"


def open_sessions(first: int, end: int) -> None:
    """A session for each of the people, as if all had signed in this week."""
    draw, now = random.Random(first), clock.now()
    numbers = {demo_bulk.phone(number): number for number in range(first, end)}
    rows = []
    match = {"phone_number": {"$gte": demo_bulk.phone(first), "$lte": demo_bulk.phone(end - 1)}}
    for person in User.objects.collection.find(match, {"id": 1, "phone_number": 1}):
        rows.append(_session(draw, person["id"], token(numbers[person["phone_number"]]), now))
        if len(rows) == 10_000:
            Session.objects.collection.insert_many(rows, ordered=False)
            rows = []
    if rows:
        Session.objects.collection.insert_many(rows, ordered=False)


def _session(draw, user_id, secret, now):
    return {
        "id": uuid4(draw),
        "user_id": user_id,
        "token_hash": sha256(secret.encode()).hexdigest(),
        "created_at": now,
        "last_used_at": now,
        "expires_at": now + timedelta(days=7),
        "device": "scale",
        "user_changes": 0,
    }


def signed_in(number: int) -> Person:
    return Person(number, Client(headers={"Authorization": f"Bearer {token(number)}"}))


def hot_set(people: int, used: set[int]) -> list[Person]:
    """HOT of the people with many goals, spread over all of them, not `used` before."""
    choice = [number for number in range(0, people, 100) if number not in used]
    random.Random(people).shuffle(choice)
    # A few have left their group.
    known = (_known(signed_in(number)) for number in choice)
    chosen = list(itertools.islice((person for person in known if person.group), HOT))
    used |= {person.number for person in chosen}
    return chosen


def _known(person):
    page = person.get("goals/?limit=100")
    person.goals = [goal["id"] for goal in page["results"]]
    person.group = next(iter(person.get("groups/?mine=true")["results"]), {})
    assert len(person.goals) == 100 < MANY
    return person


def kinds(hot: list[Person], staff: Client) -> Iterator[tuple[str, Call]]:
    """(name, call): call(n) sends the n-th request of the kind and returns its seconds."""
    found = hot[0].get("groups/categories/")["results"]
    topics = [
        (row["category"], name)
        for row in found
        if row["groups"]
        for name in row["subcategories"] or [None]
    ]
    last = [_deep(person, "goals/", 100) for person in hot]
    deep = _deep(hot[0], "groups/", DEEP)
    reads = {
        "sign-in by token alone (`me/`)": lambda person, n: "me/",
        "list of goals, first page": lambda person, n: "goals/",
        "list of goals, last page": lambda person, n: last[n % len(hot)],
        "goal of 30 days, 50 messages": lambda person, n: f"goals/{person.goals[0]}/",
        "today": lambda person, n: f"goals/{person.goals[0]}/today/",
        "statistics of a goal": lambda person, n: f"goals/{person.goals[0]}/stats/",
        "messages of a goal": lambda person, n: f"goals/{person.goals[0]}/messages/",
        "list of groups, first page": lambda person, n: "groups/",
        "list of groups, a deep page": lambda person, n: deep,
        "own groups": lambda person, n: "groups/?mine=true",
        "categories of groups": lambda person, n: "groups/categories/",
        "messages of a group": lambda person, n: f"groups/{person.group['id']}/messages/",
    }
    writes = {
        "append to a goal's chat": lambda person, n: (
            f"goals/{person.goals[1 + n // len(hot) % 90]}/messages/",
            {"content": "What is on today?"},
        ),
        "append to a group's chat": lambda person, n: (
            f"groups/{person.group['id']}/messages/",
            {"content": "Day ten."},
        ),
        "match, first of a kind, then again": lambda person, n: (
            "groups/match/",
            _kind(topics[n // len(hot) % len(topics)]),
        ),
    }
    pages = {
        "admin, people": "/admin/accounts/user/",
        "admin, goals": "/admin/goals/goal/",
        "admin, active goals of a category": "/admin/goals/goal/?status__exact=active&category__exact=music",
    }
    for name, path in reads.items():
        yield name, _timed(hot, lambda person, n, path=path: person.get(path(person, n)))
    for name, sent in writes.items():
        yield name, _timed(hot, lambda person, n, sent=sent: person.post(*sent(person, n)))
    for name, page in pages.items():
        yield name, _timed([Person(-1, staff)], lambda person, n, page=page: person.get(page))


def _kind(topic):
    category, subcategory = topic
    return {"category": category} | ({"subcategory": subcategory} if subcategory else {})


def _timed(people, send) -> Call:
    def call(n):
        person = people[n % len(people)]
        began = time.perf_counter()
        send(person, n)
        return time.perf_counter() - began

    return call


def _deep(person, path, pages) -> str:
    """The address of the page so many pages on, or of the last."""
    for _ in range(pages):
        path, before = person.get(path)["next"] or "", path
        if not path:
            return before
        path = path.removeprefix("https://testserver")
    return path


def anybodys(people: int) -> dict[str, list[float]]:
    """Seconds of the list and of the newest goal, of people who come for the first time."""
    draw = random.Random(people)
    seconds: dict[str, list[float]] = {"list of goals, anybody's": [], "goal, anybody's": []}
    for _ in range(ANYBODY):
        person = signed_in(draw.randrange(people))
        began = time.perf_counter()
        [first, *_] = person.get("goals/")["results"]
        listed = time.perf_counter()
        person.get(f"goals/{first['id']}/")
        seconds["list of goals, anybody's"].append(listed - began)
        seconds["goal, anybody's"].append(time.perf_counter() - listed)
    return seconds
