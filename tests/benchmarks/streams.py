"""What 50 open streams cost the JSON API, and how soon each of them gets a message.

    python -m tests.benchmarks.streams

Own mongod, granian's WSGI worker for JSON, uvicorn for streams, as in production. Rounds with and
without streams take turns; a message is said every 20 requests.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import django
import httpx

import tests.plugin  # noqa: F401  # the environment

os.environ["DJANGO_SETTINGS_MODULE"] = "doit_site.settings"
django.setup()

from doit_site.mongo.local_server import LocalServer  # noqa: E402
from tests.faults.conftest import ROOT, environment, start_server, stop, until  # noqa: E402
from tests.faults.test_streams import READERS, Place  # noqa: E402
from tests.groups.streams import StreamServer  # noqa: E402

ROUNDS, REQUESTS = 6, 400
UNLIMITED = {"THROTTLE_RATES": "user=1000000/min", "LOG_LEVEL": "warning"}


def main():
    with tempfile.TemporaryDirectory() as folder, LocalServer(Path(folder)) as mongod:
        migrate = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(migrate, cwd=ROOT, env=environment(mongod.uri), check=True)
        place = Place(mongod)
        url, process = start_server(mongod.uri, **UNLIMITED)
        headers = {"Authorization": f"Bearer {place.tokens[0]}", "X-Forwarded-Proto": "https"}
        seconds: dict[str, list[float]] = {"without": [], "with": [], "with, messages": []}
        delays: list[float] = []
        with (
            StreamServer(mongod.uri, "doit_site.settings") as streams,
            httpx.Client(base_url=url, headers=headers) as client,
            httpx.Client(base_url=streams.url, headers=headers) as other,
        ):
            for _ in range(ROUNDS):
                seconds["without"] += timed(client)
                with place.streams(streams, READERS) as opened:
                    seconds["with"] += timed(client)
                    seconds["with, messages"] += timed(client, place, opened, delays)
            asgi = timed(other)[:300]
        stop(process)
        for name, values in seconds.items():
            tell(name, values)
        tell("the same by the ASGI process", asgi)
        tell(f"a message to the last of {READERS}", delays)


def timed(client, place=None, streams=(), delays=None):
    result = []
    for number in range(REQUESTS):
        if place and number % 20 == 0:
            count = len(streams[0].of("message")) + 1
            said = place.say(str(number))
            until(lambda n=count: all(len(s.of("message")) >= n for s in streams), 10, "heard")
            delays.append(max(s.of("message")[-1].at for s in streams) - said)
        began = time.perf_counter()
        assert client.get("/api/v1/groups/").status_code == 200
        result.append(time.perf_counter() - began)
    return result


def tell(name, values):
    values = sorted(values)
    p99 = values[int(len(values) * 0.99)]
    line = f"{name}: median {statistics.median(values) * 1000:.2f} ms, p99 {p99 * 1000:.2f} ms\n"
    sys.stdout.write(line)


if __name__ == "__main__":
    main()
