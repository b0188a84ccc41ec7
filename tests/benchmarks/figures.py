"""Where the time of a request goes, by DoIt's own figures; matching, joining and the coach among them."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.benchmarks import load
from tests.benchmarks.contenders import Running
from tests.benchmarks.data import CATEGORY, Data, Person
from tests.benchmarks.load import Cores, Request, Sample
from tests.benchmarks.measure import Case, ask

SLUGS = 100  # kinds of groups, so that a person is matched with each only once
FIRST = 20  # requests before those that are measured: the coach reads its curricula
JOINING = 39  # people let into each group of 10: it stays under its cap of 50


@dataclass(frozen=True)
class Figure:
    """`busy` is with 16 connections; the rest of a request asked for alone, in milliseconds."""

    title: str
    busy: Sample
    alone: float
    operations: float
    database: float


def cases(data: Data, folder: Path) -> list[Case]:
    return [
        Case.of("match", "match: joins or opens a group", matches(data), folder),
        Case.of("join", "join a group", joins(data), folder),
        Case.of("chat", "goal chat, offline coach", chats(data), folder),
    ]


def matches(data: Data) -> list[Request]:
    found = [
        _post("/api/v1/groups/match/", one, category=CATEGORY, subcategory=f"topic-{number}")
        for one in data.people
        for number in range(SLUGS)
    ]
    random.Random(3).shuffle(found)
    return found


def joins(data: Data) -> list[Request]:
    order, found = random.Random(4), []
    for members, group in data.groups:
        inside = {one.token for one in members}
        outside = [one for one in data.people if one.token not in inside]
        for one in order.sample(outside, min(JOINING, len(outside))):
            found.append(Request("POST", f"/api/v1/groups/{group}/join/", one.token, "{}"))
    order.shuffle(found)
    return found


def chats(data: Data) -> list[Request]:
    found = [
        _post(f"/api/v1/goals/{goal}/messages/", one, content="What is on today?")
        for one, goal in data.goals
    ]
    random.Random(5).shuffle(found)
    return found


def _post(path: str, one: Person, **body: str) -> Request:
    return Request("POST", path, one.token, json.dumps(body))


def measure(one: Running, cases: list[Case], seconds: int, cores: Cores) -> Iterator[Figure]:
    for case in cases:
        # Each run has requests of its own: who has joined cannot join again.
        ask(one, case.requests[:FIRST])
        half = len(case.requests) // 2
        first = load.write(case.file.with_suffix(".busy"), case.requests[FIRST:half])
        rest = load.write(case.file.with_suffix(".alone"), case.requests[half:])
        if case.reset:
            case.reset()
        with one.working(cores):
            busy = load.run(one.port, first, seconds, cores.load, from_first=True)
            before = _counted(one)
            load.run(one.port, rest, 1, cores.load, connections=1, from_first=True)
            figure = _figure(case, busy, before, _counted(one))
        yield figure


def _figure(case: Case, busy: Sample, before: dict[str, float], after: dict[str, float]) -> Figure:
    more = {name: after[name] - before[name] for name in after}
    requests = more["requests"]
    return Figure(
        case.title,
        busy,
        1000 * more["request_seconds"] / requests,
        more["operations"] / requests,
        1000 * more["database_seconds"] / requests,
    )


def _counted(one: Running) -> dict[str, float]:
    """What the worker has counted so far, of requests to the API and operations for them."""
    text = httpx.get(f"http://127.0.0.1:{one.port}/metrics", timeout=20).text
    totals = dict.fromkeys(("requests", "request_seconds", "operations", "database_seconds"), 0.0)
    wanted = {
        "doit_request_seconds_count": "requests",
        "doit_request_seconds_sum": "request_seconds",
        "doit_database_seconds_count": "operations",
        "doit_database_seconds_sum": "database_seconds",
    }
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            route = sample.labels.get("route")
            if sample.name in wanted and (route is None or route.startswith("api/")):
                totals[wanted[sample.name]] += sample.value
    return totals
