"""The data: a few people, goals and a group made by the product's acts, then copied in bulk.

So every document has the fields that the product writes, whatever they are by then; only ids, names
and times differ between copies. Sessions are all opened and first used through the product.
"""

import itertools
import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.core.management import call_command
from pymongo import ReplaceOne

from accounts import sessions
from accounts.models import User
from doit_site import clock
from doit_site.mongo.client import get_db
from doit_site.mongo.fields import new_id
from goals import chat, editing, roadmap, verification
from goals.models import Goal, VerificationTest
from groups import matching, membership, messages
from groups.models import Group
from groups.pseudonyms import ADJECTIVES, NOUNS
from tests.benchmarks.load import Request

DAYS = 30
MESSAGES = 50  # what a detail shows at the most
GOALS_EACH = 25  # a full page of 20, and a next one
MEMBERS, HELD = 10, 10  # of a group: people, messages
CATEGORY, SUBCATEGORY = "programming", "python"
SAID = "Day ten. Functions finally make sense to me, and the review days are worth more than I thought."
KINDS = (
    ("Learn Python in 30 days", "From the basics to small finished programs for my own work."),
    ("Run my first 5k", "I have not run for years and want to finish the park run."),
    ("Order food in Spanish", "Enough Spanish for a week in Valencia."),
    ("Play five songs on the guitar", "For the summer, with friends around a fire."),
    ("Sleep better and meditate", "Ten quiet minutes every evening."),
)

Advance = Callable[[int], None]
Document = dict[str, Any]


@dataclass(frozen=True)
class Person:
    user: User
    token: str


@dataclass
class Data:
    people: list[Person]
    goals: list[tuple[Person, str]]
    groups: list[tuple[list[Person], str]]
    stored_groups: list[Document]
    copier: "Copier"

    def lists(self) -> list[Request]:
        return _shuffled(Request("GET", "/api/v1/goals/", one.token) for one in self.people)

    def details(self) -> list[Request]:
        return _shuffled(
            Request("GET", f"/api/v1/goals/{goal}/", person.token) for person, goal in self.goals
        )

    def appends(self) -> list[Request]:
        return appends(self.groups)

    def reset_groups(self) -> None:
        """Every group as it was, with the messages that it held."""
        replaced = [ReplaceOne({"id": group["id"]}, group) for group in self.stored_groups]
        get_db()[Group._meta.db_table].bulk_write(replaced, ordered=False)


def appends(groups: list[tuple[list[Person], str]]) -> list[Request]:
    """Each member writes to their group."""
    body = json.dumps({"content": SAID})
    return _shuffled(
        Request("POST", f"/api/v1/groups/{group}/messages/", person.token, body)
        for people, group in groups
        for person in people
    )


def build(goals: int, advance: Advance) -> Data:
    """`advance` is told how many goals and people were made; see `steps`."""
    call_command("migrate", verbosity=0)
    people = _people(goals // GOALS_EACH, advance)
    made = _goals(people, advance)
    groups, copier = _groups(people)
    stored = list(get_db().groups.find({"id": {"$in": [id for _, id in groups]}}, {"_id": 0}))
    return Data(people, made, groups, stored, copier)


def steps(goals: int) -> int:
    """What `build` advances in all."""
    return goals + goals // GOALS_EACH


def _people(count: int, advance: Advance) -> list[Person]:
    first = User.objects.create_user("15550200000")
    template = _raw(User, first.pk)
    names = _names(count)
    rows = [
        {**template, "id": new_id(), "phone_number": f"1555021{n:05}", "name": name}
        for n, name in enumerate(names)
    ]
    _insert(User, rows)
    people = []
    for row in rows:
        token, _ = sessions.open_session(user_id=row["id"])
        found = sessions.find(token)  # the first use: from now on it carries its user
        assert found
        people.append(Person(User.from_document(found["user"]), token))
        advance(1)
    return people


def _names(count: int) -> list[str]:
    """Pseudonyms, all different: a person's name is theirs, so that peers need not look it up."""
    every = itertools.product(ADJECTIVES, NOUNS, range(10, 100))
    return [f"{one}{other}{number}" for one, other, number in itertools.islice(every, count)]


def _goals(people: list[Person], advance: Advance) -> list[tuple[Person, str]]:
    templates = [_template(people[0].user, *kind) for kind in KINDS]
    Goal.objects.collection.delete_many({})
    began = templates[0]["created_at"]
    made = []
    for person in people:
        rows = [
            {
                **templates[number % len(templates)],
                "id": new_id(),
                "user_id": person.user.pk,
                "created_at": began - timedelta(minutes=number),
            }
            for number in range(GOALS_EACH)
        ]
        _insert(Goal, rows)
        made += [(person, row["id"]) for row in rows]
        advance(len(rows))
    return made


def _template(user: User, title: str, description: str) -> Document:
    """A goal of 30 days with its first test passed and 50 messages, all by the acts."""
    target = datetime.combine(user.today() + timedelta(days=DAYS), time(), UTC)
    goal = editing.create(user=user, title=title, description=description, target_date=target)
    roadmap.make(user=user, goal_id=goal["id"])
    test, _ = verification.issue(user=user, goal_id=goal["id"])
    stored = VerificationTest.objects.collection.find_one({"id": test["test_id"]})
    assert stored
    answers = {question["id"]: question["answer"] for question in stored["questions"]}
    verification.submit(user=user, goal_id=goal["id"], test_id=test["test_id"], answers=answers)
    begun = clock.now() - timedelta(hours=1)
    for number in range(MESSAGES // 2):
        with clock.at(begun + timedelta(minutes=number)):
            chat.send(user=user, goal_id=goal["id"], content="What is on today, and am I behind?")
    # As after a pause: the peers show what is stored, and need not look whether it is.
    return _raw(Goal, goal["id"]) | {"paused_until": None}


def _groups(people: list[Person]) -> tuple[list[tuple[list[Person], str]], "Copier"]:
    """Groups of 10 with 10 messages: one by the acts, of which the others are copies."""
    members = people[:MEMBERS]
    copier = Copier(members, _group(members))
    return [copier.copy(people) for _ in range(len(people) // 2)], copier


def _group(members: list[Person]) -> str:
    """The id of a group that was opened and joined, and in which they spoke."""
    group_id, _ = matching.match(user=members[0].user, category=CATEGORY, subcategory=SUBCATEGORY)
    for person in members[1:]:
        membership.join(user=person.user, group_id=group_id)
    for number in range(HELD):
        messages.send(user=members[number % MEMBERS].user, group_id=group_id, content=SAID)
    return group_id


class Copier:
    """Copies of a group with other members, whose pseudonyms there are their names."""

    order = random.Random(4)
    copies = itertools.count(2)

    def __init__(self, members: list[Person], group_id: str) -> None:
        rows = get_db()
        self._members, self._id = members, group_id
        self._group = _raw(Group, group_id)
        self._memberships = list(rows.group_memberships.find({"group_id": group_id}, {"_id": 0}))
        self._names = {row["user_id"]: row["username"] for row in self._memberships}

    def copy(self, people: list[Person]) -> tuple[list[Person], str]:
        """(members, id) of a new group with members out of `people`."""
        members, group_id = self.order.sample(people, len(self._members)), new_id()
        changed = {self._id: group_id} | self._exchanged(members)
        changed[self._group["opening"]] = f"{CATEGORY}/{SUBCATEGORY}/{next(self.copies):06}"
        rows = get_db()
        rows.groups.insert_one(exchanged(self._group, changed))
        rows.group_memberships.insert_many(
            [exchanged(row, changed) | {"id": new_id()} for row in self._memberships]
        )
        return members, group_id

    def _exchanged(self, members: list[Person]) -> dict[str, str]:
        """What stands for each member's id and pseudonym, also in lower case, in a copy."""
        result: dict[str, str] = {}
        for one, other in zip(self._members, members, strict=True):
            name = self._names[one.user.pk]
            result |= {one.user.pk: other.user.pk, name: other.user.name}
            result |= {name.lower(): other.user.name.lower()}
        return result


def exchanged(value: Any, changed: dict[str, str]) -> Any:
    """A copy of a document with some texts exchanged, keys too, wherever they stand whole."""
    if isinstance(value, dict):
        return {changed.get(key, key): exchanged(item, changed) for key, item in value.items()}
    if isinstance(value, list):
        return [exchanged(item, changed) for item in value]
    return changed.get(value, value) if isinstance(value, str) else value


def _raw(model: Any, id: str) -> Document:
    row = model.objects.collection.find_one({"id": id}, {"_id": 0})
    assert row
    return row


def _insert(model: Any, rows: list[Document]) -> None:
    model.objects.collection.insert_many(rows, ordered=False)


def _shuffled(requests: Iterable[Request]) -> list[Request]:
    """In an order that is the same for every contender and in every run."""
    found = list(requests)
    random.Random(4).shuffle(found)
    return found
