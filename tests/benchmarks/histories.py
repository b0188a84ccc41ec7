"""What a long history costs: appending to groups' chats of many lengths, and reading their ends."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import bson
import httpx
from pymongo import ReplaceOne

from doit_site import clock
from doit_site.mongo import archive
from doit_site.mongo.client import get_db
from doit_site.mongo.fields import new_id
from groups.history import MESSAGES
from tests.benchmarks import load
from tests.benchmarks.contenders import Running
from tests.benchmarks.data import HELD, SAID, Copier, Data, Document, Person, appends
from tests.benchmarks.load import Cores, Failed, Request

GROUPS = 16  # of each length: the load is the same, and none gets much longer in a run of a second
BATCH = 1000  # messages pushed at once
PAGE, NEWEST, OLDEST = 20, "newest", "oldest"
SHORT = 100  # the history whose pages are compared with those of the longest
SECONDS = 1


@dataclass(frozen=True)
class Length:
    """Groups with `held` messages each; `stored` are their documents."""

    held: int
    groups: list[tuple[list[Person], str]]
    stored: list[Document]

    def reset(self) -> None:
        """Every group as it was; what was moved into the archive since is deleted."""
        database = get_db()
        database.groups.bulk_write(
            [ReplaceOne({"id": group["id"]}, group) for group in self.stored], ordered=False
        )
        for group in self.stored:
            moved = archive.archived(group, MESSAGES.array)
            later = {"document_id": group["id"], "array": MESSAGES.name, "first": {"$gte": moved}}
            database[archive.COLLECTION].delete_many(later)


def steps(lengths: tuple[int, ...]) -> int:
    """What `build` advances in all."""
    return sum(lengths) - HELD * len(lengths)


def build(data: Data, lengths: tuple[int, ...], advance: Callable[[int], None]) -> list[Length]:
    """One group of each length is filled by the product's own push, then copied with its archive."""
    found = []
    for held in lengths:
        group = data.copier.copy(data.people)
        _fill(group, held, advance)
        groups = [group, *_copies(data, group)]
        ids = [group_id for _, group_id in groups]
        stored = list(get_db().groups.find({"id": {"$in": ids}}, {"_id": 0}))
        found.append(Length(held, groups, stored))
    return found


def _fill(group: tuple[list[Person], str], held: int, advance: Callable[[int], None]) -> None:
    members, group_id = group
    for start in range(HELD, held, BATCH):
        rows = [
            _message(members[n % len(members)], n) for n in range(start, min(start + BATCH, held))
        ]
        MESSAGES.push({"id": group_id}, rows)
        advance(len(rows))


def _message(person: Person, number: int) -> Document:
    return {
        "id": new_id(),
        "user_id": person.user.pk,
        "username": person.user.name,
        "content": f"{number} {SAID}",
        "timestamp": clock.text(clock.now()),
    }


def _copies(data: Data, group: tuple[list[Person], str]) -> list[tuple[list[Person], str]]:
    copier, rows = Copier(*group), get_db()[archive.COLLECTION]
    buckets = list(rows.find({"document_id": group[1]}, {"_id": 0}))
    copies = []
    for _ in range(GROUPS - 1):
        copies.append(copier.copy(data.people))
        whose = {"document_id": copies[-1][1]}
        if buckets:
            rows.insert_many([{**bucket, "id": new_id(), **whose} for bucket in buckets])
    return copies


@dataclass(frozen=True)
class Work:
    """Requests to the groups of a length: appends, or pages of one end."""

    name: str
    held: int
    file: Path
    reset: Callable[[], None]


def measure(
    one: Running, lengths: list[Length], folder: Path, rounds: int, cores: Cores
) -> Iterator[tuple[str, Document]]:
    """(name, {held, rate, p50, p99, journal bytes a request, memory}) of each run."""
    works = [*_appends(lengths, folder), *_pages(one, lengths, folder)]
    for number in range(rounds):
        turn = number * len(works) // rounds
        for work in works[turn:] + works[:turn]:
            work.reset()
            before = _journal()
            with one.working(cores):
                sample = load.run(one.port, work.file, SECONDS, cores.load)
            yield (
                work.name,
                {
                    "held": work.held,
                    **asdict(sample),
                    "journal": (_journal() - before) / sample.requests,
                    "memory": one.memory,
                },
            )


def runs(lengths: tuple[int, ...]) -> int:
    """How many runs a round has."""
    return len(lengths) + 4


def _appends(lengths: list[Length], folder: Path) -> list[Work]:
    return [
        Work(
            f"append at {length.held:,}",
            length.held,
            load.write(folder / f"append-{length.held}.txt", appends(length.groups)),
            length.reset,
        )
        for length in lengths
    ]


def _pages(one: Running, lengths: list[Length], folder: Path) -> list[Work]:
    short = next(length for length in lengths if length.held == SHORT)
    found = []
    for length in (short, lengths[-1]):
        length.reset()
        for end in (NEWEST, OLDEST):
            requests = [
                _page(one, people[0], group, end, length) for people, group in length.groups
            ]
            file = load.write(folder / f"{end}-{length.held}.txt", requests)
            found.append(Work(f"{end} page of {length.held:,}", length.held, file, length.reset))
    return found


def _page(one: Running, person: Person, group: str, end: str, length: Length) -> Request:
    """The request of a page; Failed where it is not that of the end."""
    newest = Request("GET", f"/api/v1/groups/{group}/messages/", person.token)
    answer = _ask(one, newest)
    if end == NEWEST:
        _require(answer["results"][0]["content"].startswith(f"{length.held - 1} "), group)
        return newest
    oldest = newest._replace(path=f"{newest.path}?cursor={_first_page(answer['next'])}")
    answer = _ask(one, oldest)
    rows = answer["results"]
    at_end = answer["next"] is None and len(rows) == PAGE
    _require(at_end and rows[0]["content"].startswith(f"{PAGE - 1} "), group)
    return oldest


def _ask(one: Running, request: Request) -> Any:
    url = f"http://127.0.0.1:{one.port}{request.path}"
    return httpx.get(url, headers=request.headers, timeout=20).raise_for_status().json()


def _require(true: bool, group: str) -> None:
    if not true:
        raise Failed(f"The history of the group {group} does not read as it was written")


def _first_page(link: str) -> str:
    """The cursor of the oldest page, made of that of another: positions count from the oldest."""
    text = httpx.URL(link).params["cursor"]
    cursor = bson.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return base64.urlsafe_b64encode(bson.encode({**cursor, "p": PAGE})).decode().rstrip("=")


def _journal() -> int:
    """Bytes that mongod has written to its journal, before compression."""
    log = get_db().client.admin.command("serverStatus")["wiredTiger"]["log"]
    return int(log["log bytes of payload data"])
