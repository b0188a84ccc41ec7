"""What requests cost with 10 thousand, 100 thousand and a million goals, on an embedded server of its own.

    python -m tests.benchmarks.scale                                     a try, in a minute
    python -m tests.benchmarks.scale --goals 10000 100000 1000000 --write   the tables of docs/scale.md

Each size adds to the one before. Requests run in this process; MongoDB's profiler tells what each
operation examined. Ends with 1 when one of them scans a collection or sorts in memory.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import django
from pymongo import MongoClient
from rich.progress import Progress

from doit_site.mongo.local_server import LocalServer
from tests.benchmarks import scale_tables

SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "doit_site.settings",
    "DEBUG": "false",
    "SECRET_KEY": "k" * 50,
    "ALLOWED_HOSTS": "testserver",
    "PUBLIC_URL": "https://testserver",
    "SMS_BACKEND": "file",
    "SMS_FILE": os.devnull,
    "EMAIL_URL": "memorymail://",
    "THROTTLE_RATES": "user=100000000/min",
    "LOG_LEVEL": "error",
    "DATABASE_NAME": "doit_db",
}
PROFILE_BYTES = 64_000_000
WARM_UP = 30
COLLECTIONS = ("users", "goals", "groups", "group_memberships", "sessions")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--goals", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--requests", type=int, default=200, help="of each kind and size")
    parser.add_argument("--write", action="store_true", help="the tables into docs/scale.md")
    parser.add_argument("--json", type=Path, help="the figures into a file, after each size")
    parser.add_argument("--of", type=Path, help="no trial: the tables of such a file")
    options = parser.parse_args()
    results = json.loads(options.of.read_text()) if options.of else trial(options)
    return report(results, options.write)


def trial(options) -> list[dict]:
    results = []
    with tempfile.TemporaryDirectory() as folder, LocalServer(Path(folder)) as server:
        os.environ.update(SETTINGS, MONGODB_URI=server.uri)
        django.setup()
        with MongoClient(server.uri) as client:
            for result in Trial(client.doit_db, options.requests).run(sorted(options.goals)):
                results.append(result)
                sys.stderr.write(f"{result['goals']} goals measured\n")
                if options.json:
                    options.json.write_text(json.dumps(results, indent=1))
    return results


class Trial:
    """Seeds and measures one size after the other in one database."""

    def __init__(self, database, requests):
        from django.core.management import call_command
        from django.test import Client

        from accounts.models import User

        self.database, self.requests = database, requests
        self.used: set[int] = set()
        call_command("migrate", verbosity=0)
        database.create_collection("system.profile", capped=True, size=PROFILE_BYTES)
        self.staff = Client()
        self.staff.force_login(User.objects.create_superuser("14155550100", "not used here"))

    def run(self, sizes) -> Iterator[dict]:
        """The figures of each size, the smallest first."""
        people = 0
        for goals in sizes:
            seeded = self.seed(people, goals // 10)
            people = goals // 10
            self.database.client.admin.command("fsync")
            requests = self.measure(people)
            yield {"goals": goals, **seeded, "requests": requests, **self.figures()}

    def seed(self, first, people):
        from goals import demo_bulk
        from tests.benchmarks.scale_requests import open_sessions

        began, documents = time.monotonic(), 0
        with Progress(disable=not sys.stderr.isatty()) as progress:
            task = progress.add_task(f"{people * 10} goals", total=people, completed=first)
            for count, written in demo_bulk.add(people - first, first=first, seed="scale"):
                documents += written
                progress.advance(task, count)
        seconds = time.monotonic() - began
        open_sessions(first, people)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return {"written": documents, "written_seconds": seconds, "seeder_mb": memory}

    def measure(self, people) -> dict[str, dict]:
        """Of each kind: operations and what they examine a request, plans, milliseconds."""
        from tests.benchmarks import scale_requests

        found = {}
        for name, seconds in scale_requests.anybodys(people).items():
            found[name] = milliseconds(seconds)
        hot = scale_requests.hot_set(people, self.used)
        for name, call in scale_requests.kinds(hot, self.staff):
            examined = self.examined(call)
            for number in range(WARM_UP):
                call(number)
            # A page of the admin takes a hundred times as long as an answer of the API.
            count = max(20, self.requests // 10) if name.startswith("admin") else self.requests
            seconds = [call(number) for number in range(count)]
            found[name] = examined | milliseconds(seconds)
        return found

    def examined(self, call) -> dict:
        """What the profiler says of one request by each of the hot set."""
        from tests.benchmarks.scale_requests import HOT

        profile = self.database["system.profile"]
        since = profile.count_documents({})
        self.database.command("profile", 2)
        for number in range(HOT):
            call(number)
        self.database.command("profile", 0)
        rows = [row for row in profile.find().skip(since) if row.get("appName") == "doit"]
        return {
            "operations": len(rows) / HOT,
            "documents": sum(row.get("docsExamined", 0) for row in rows) / HOT,
            "keys": sum(row.get("keysExamined", 0) for row in rows) / HOT,
            "plans": {plan(row): row.get("docsExamined", 0) for row in rows},
        }

    def figures(self) -> dict:
        status = self.database.client.admin.command("serverStatus")
        cache = status["wiredTiger"]["cache"]
        stats = self.database.command("dbStats")
        return {
            "mongod_mb": status["mem"]["resident"],
            "cache_mb": cache["bytes currently in the cache"] / 1e6,
            "cache_limit_mb": cache["maximum bytes configured"] / 1e6,
            "data_mb": stats["dataSize"] / 1e6,
            "storage_mb": stats["storageSize"] / 1e6,
            "index_mb": stats["indexSize"] / 1e6,
            "collections": {name: self.collection(name) for name in COLLECTIONS},
        }

    def collection(self, name) -> dict:
        stats = self.database.command("collStats", name)
        return {
            "count": stats["count"],
            "bytes": stats.get("avgObjSize", 0),
            "storage_mb": stats["storageSize"] / 1e6,
            "indexes_mb": {index: size / 1e6 for index, size in stats["indexSizes"].items()},
        }


def plan(row) -> str:
    """`find goals IXSCAN {...}`, with SORT where MongoDB sorts in memory."""
    command = row.get("command", {})
    name = next(iter(command), row["op"]) if row["op"] in ("query", "command") else row["op"]
    sort = " SORT" if row.get("hasSortStage") else ""
    return f"{name} {row['ns'].partition('.')[2]} {row.get('planSummary', '')}{sort}".strip()


def milliseconds(seconds) -> dict:
    ordered = sorted(seconds)
    return {
        "p50": statistics.median(ordered) * 1000,
        "p99": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000,
    }


def report(results, write) -> int:
    """Print the tables; 1 where something is wrong with a plan."""
    tables = scale_tables.tables(results)
    sys.stdout.write(tables + "\n")
    if write:
        scale_tables.write(tables)
    bad = sorted(
        f"{name}, {result['goals']} goals: {found}"
        for result in results
        for name, figures in result["requests"].items()
        for found in figures.get("plans", ())
        if "COLLSCAN" in found or found.endswith("SORT")
    )
    sys.stdout.write("".join(f"\n{line}" for line in bad) + "\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
