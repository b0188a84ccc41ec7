"""What other requests lose while 50 chats come upon a model that does not answer.

    python -m tests.benchmarks.slow_model

Own mongod, granian's WSGI worker with four threads, as in production, and a model's endpoint that
holds every call. Rounds with and without the chats take turns.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

import tests.plugin  # noqa: F401  # the environment

os.environ["DJANGO_SETTINGS_MODULE"] = "doit_site.settings"
django.setup()

from doit_site.mongo.local_server import LocalServer  # noqa: E402
from goals.consulting import NOTES  # noqa: E402
from tests.faults.conftest import ROOT, Place, environment, sign_in, start_server, stop  # noqa: E402
from tests.goals.llm.endpoint import Endpoint, Waits  # noqa: E402

CHATS, ROUNDS, SECONDS, READERS = 50, 6, 3.0, 4
THREADS = 4


def main():
    endpoint = Endpoint()
    settings = {
        "COACH": "llm",
        "COACH_MODEL": "openai:slow",
        "COACH_BASE_URL": endpoint.url + "/v1",
        "COACH_API_KEY": "none",
        "THROTTLE_RATES": "user=1000000/min",
        "LOG_LEVEL": "error",
        **dict(pair.split("=", 1) for pair in sys.argv[1:]),  # COACH_AT_ONCE=4 is the broken twin
    }
    with tempfile.TemporaryDirectory() as folder, LocalServer(Path(folder)) as mongod:
        migrate = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(migrate, cwd=ROOT, env=environment(mongod.uri), check=True)
        url, process = start_server(mongod.uri, threads=THREADS, **settings)
        place = Place(url, mongod, process)
        sign_in(place)
        try:
            measure(place, endpoint)
        finally:
            stop(process)
            endpoint.close()


def measure(place, endpoint):
    with place.client() as client:
        target = (datetime.now(UTC) + timedelta(days=30)).isoformat()
        body = {
            "title": "Row",
            "description": "A mile.",
            "target_date": target,
            "category": "fitness",
        }
        goal = client.post("/api/v1/goals/", json=body).json()["id"]
    path = f"/api/v1/goals/{goal}/today/"
    rate(place, path)  # warm
    alone, beside, offline = [], [], []
    for _ in range(ROUNDS):
        alone.append(rate(place, path))
        waits = Waits({"reply": "At last."})
        endpoint.default = lambda call, waits=waits: waits
        with ThreadPoolExecutor(CHATS) as pool:
            chats = [pool.submit(chat, place, goal) for _ in range(CHATS)]
            waits.begun.acquire(timeout=20)
            while sum(done.done() for done in chats) < CHATS - THREADS:
                time.sleep(0.05)
            beside.append(rate(place, path))
            waits.release.set()
            offline += [
                seconds for seconds, text in (c.result() for c in chats) if NOTES["busy"] in text
            ]
    ratio = statistics.median(b / a for a, b in zip(alone, beside, strict=True))
    tell(f"requests a second alone: {statistics.median(alone):.0f}")
    tell(f"while chats wait: {statistics.median(beside):.0f}, {ratio:.2f} of it")
    tell(
        f"{len(offline) / ROUNDS:.0f} of {CHATS} chats answered offline, the last after {max(offline):.2f} s"
    )


def chat(place, goal):
    with place.client() as client:
        began = time.perf_counter()
        response = client.post(f"/api/v1/goals/{goal}/messages/", json={"content": "What now?"})
        assert response.status_code == 201, response.text
        return time.perf_counter() - began, response.json()["reply"]["content"]


def rate(place, path):
    """Requests a second of READERS clients together."""
    until = time.perf_counter() + SECONDS

    def read(_):
        count = 0
        with place.client() as client:
            while time.perf_counter() < until:
                assert client.get(path).status_code == 200
                count += 1
        return count

    with ThreadPoolExecutor(READERS) as pool:
        return sum(pool.map(read, range(READERS))) / SECONDS


def tell(line):
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
