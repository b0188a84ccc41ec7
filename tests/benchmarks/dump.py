"""How long a backup and its restore take, and how much memory: on an embedded server of its own.

python -m tests.benchmarks.dump --megabytes 200 --repeat 3
"""

import argparse
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.server_api import ServerApi

from doit_site.mongo.dump import restoring, writing
from doit_site.mongo.local_server import LocalServer

WORDS = [f"{random.Random(n).getrandbits(40):x}" for n in range(5000)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalServer(Path(folder) / "server") as server,
        connected(server.uri) as client,
    ):
        fill(client.source, options.megabytes * 1_000_000)
        print_line(f"{writing.size(client.source) / 1e6:.0f} MB, {memory()} MB in use before")
        for number in range(options.repeat):
            for zipped in (True, False):
                measure(client, Path(folder) / f"{number}-{zipped}", zipped)


def connected(uri: str) -> MongoClient[dict[str, Any]]:
    return MongoClient(uri, server_api=ServerApi("1"), w="majority")


def fill(database, size):
    """Goals with messages, of 2 KB each, and limits of 60 bytes, a tenth of the documents' bytes."""
    database.goals.create_index("id", unique=True)
    database.goals.create_index([("user_id", 1), ("created_at", -1)])
    number = 0
    while writing.size(database) < size:
        database.goals.insert_many(goal(number + n) for n in range(1000))
        database.rate_limits.insert_many({"count": n} for n in range(4000))
        number += 1000


def goal(number):
    messages = [{"role": "user", "content": text(12), "n": n} for n in range(12)]
    return {"id": str(number), "user_id": str(number % 997), "title": text(8), "messages": messages}


def text(length):
    return " ".join(random.choices(WORDS, k=length))


def measure(client, folder, zipped):
    client.drop_database("restored")
    started = time.perf_counter()
    manifest = writing.write(client.source, folder, zipped=zipped)
    written = time.perf_counter()
    restoring.restore(client.restored, folder)
    restored = time.perf_counter()
    equal = client.source.command("dbHash")["md5"] == client.restored.command("dbHash")["md5"]
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print_line(
        f"{'gzip ' if zipped else 'plain'} {size / 1e6:.0f} MB of files:"
        f" backup {written - started:.1f} s, restore {restored - written:.1f} s,"
        f" most memory {memory()} MB,"
        f" dbHash {'equal' if equal and manifest['dbHash'] else 'DIFFERENT'}"
    )


def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def print_line(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
