"""What the archive costs without HTTP: appends to and pages of goals' chats of many lengths.

    python -m tests.benchmarks.history

Own mongod. Goals have a roadmap of 30 days (20 KB). Rounds take turns; each appends to every goal
as often as a full tail takes to be moved, so that moves are in the rates. `make bench` measures the
same over HTTP.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import django

import tests.plugin  # noqa: F401  # the environment

os.environ["DJANGO_SETTINGS_MODULE"] = "doit_site.settings"
django.setup()

from bson import encode  # noqa: E402
from django.db import connection  # noqa: E402

from doit_site.api.paging import Tail  # noqa: E402
from doit_site.mongo import archive  # noqa: E402
from doit_site.mongo.client import get_db  # noqa: E402
from doit_site.mongo.fields import new_id  # noqa: E402
from doit_site.mongo.local_server import LocalServer  # noqa: E402
from goals.histories import MESSAGES  # noqa: E402
from goals.models import Goal  # noqa: E402
from tests.foreign import COMPLETE_GOAL  # noqa: E402

ROOT = Path(__file__).parents[2]
LENGTHS = (10, 100, 1_000, 10_000, 100_000)
HELD, GOALS, APPENDS, ROUNDS, PAGES = 50, 8, 52, 8, 200
DAY = {**COMPLETE_GOAL["roadmap"]["days"][0], "tips": "x" * 500}
ROADMAP = {"total_days": 30, "summary": "", "days": [DAY] * 30}


def main():
    with tempfile.TemporaryDirectory() as folder, LocalServer(Path(folder)) as mongod:
        environment = {**os.environ, "MONGODB_URI": mongod.uri}
        migrate = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
        connection.settings_dict["HOST"] = mongod.uri
        connection.close_pool()
        goals = {length: [made(length) for _ in range(GOALS)] for length in LENGTHS}
        tell_rates(goals)
        tell_pages(goals)
        largest = max(len(encode(goal)) for goal in get_db().goals.find())
        sys.stdout.write(f"largest goal {largest / 1000:.0f} KB\n")
        connection.close_pool()


def message(number):
    stamp = "2026-02-07T12:30:00.000000Z"
    return {"content": f"{number} " + "x" * 200, "is_user": True, "timestamp": stamp}


def made(length):
    """The id of a goal with so many messages."""
    held = min(length, HELD)
    goal = {**COMPLETE_GOAL, "id": new_id(), "user_id": new_id(), "roadmap": ROADMAP}
    goal["messages"] = [message(number) for number in range(length - held, length)]
    if length > held:
        goal["archived"] = {"messages": length - held}
    get_db().goals.insert_one(goal)
    for start in range(0, length - held, HELD):
        rows = [message(number) for number in range(start, start + HELD)]
        archive.add(MESSAGES.name, goal["id"], start, rows)
    return goal["id"]


def tell_rates(goals):
    rates = {length: [] for length in LENGTHS}
    for number in range(ROUNDS):
        for length in LENGTHS[number % 2 :: 1] + LENGTHS[: number % 2]:
            rates[length].append(rate(length, goals[length]))
    first = statistics.median(rates[LENGTHS[0]])
    for length, values in rates.items():
        value = statistics.median(values)
        line = f"append at {length:>7,}: {value:6.0f}/s, {value / first:.2f} of that at 10"
        sys.stdout.write(f"{line}, {min(values):.0f} to {max(values):.0f}\n")


def rate(length, ids):
    for goal_id in ids:
        reset(goal_id, length)
    began = time.perf_counter()
    for number in range(APPENDS):
        for goal_id in ids:
            MESSAGES.push({"id": goal_id}, [message(number)])
    return APPENDS * len(ids) / (time.perf_counter() - began)


def reset(goal_id, length):
    """The goal as it was made."""
    moved = max(0, length - HELD)
    held = [message(number) for number in range(moved, length)]
    count = {"$set": {"messages": held, "archived": {"messages": moved}}}
    get_db().goals.update_one({"id": goal_id}, count)
    later = {"document_id": goal_id, "array": MESSAGES.name, "first": {"$gte": moved}}
    get_db().archive.delete_many(later)


def tell_pages(goals):
    seconds = {(length, end): [] for length in (100, LENGTHS[-1]) for end in ("newest", "oldest")}
    for _ in range(ROUNDS):
        for (length, end), values in seconds.items():
            values.append(page_seconds(goals[length], 20 if end == "oldest" else None))
    fastest = min(statistics.median(values) for values in seconds.values())
    for (length, end), values in seconds.items():
        value = statistics.median(values)
        line = f"{end} page of {length:>7,}: {value * 1e6:4.0f} us, {value / fastest:.2f} of the fastest"
        sys.stdout.write(line + "\n")


def page_seconds(ids, position):
    began = time.perf_counter()
    for number in range(PAGES):
        page = Tail(Goal, {"id": ids[number % len(ids)]}, MESSAGES.array).page(position, False, 20)
        assert len(page.rows) == 20
    return (time.perf_counter() - began) / PAGES


if __name__ == "__main__":
    main()
