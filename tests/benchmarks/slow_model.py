"""What other requests lose while 50 chats come upon a model that does not answer.

    python -m tests.benchmarks.slow_model [json] [beside] [within] [COACH_AT_ONCE=6 THREADS=4 ...]

Own mongod, granian's WSGI worker with six threads and uvicorn for streams, as in production, and a
model's endpoint that holds every call. Rounds with and without the chats take turns.

json: 50 JSON chats at the worker that is measured. beside: 50 streams at the process of the streams.
within: 50 streams at one process that serves all of it, as `make run` does; it is measured.
"""

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import django

import tests.plugin  # noqa: F401  # the environment

os.environ["DJANGO_SETTINGS_MODULE"] = "doit_site.settings"
django.setup()

from doit_site.mongo.local_server import LocalServer  # noqa: E402
from goals.consulting import NOTES  # noqa: E402
from tests.benchmarks.contenders import THREADS  # noqa: E402
from tests.faults.conftest import ROOT, Place, environment, sign_in, start_server, stop  # noqa: E402
from tests.goals.llm.endpoint import Endpoint, Waits  # noqa: E402
from tests.groups.streams import StreamServer  # noqa: E402

CHATS, ROUNDS, SECONDS, READERS = 50, 12, 1.5, 4
KINDS = ("json", "beside", "within")


@dataclass
class Arrangement:
    """Who is asked for `path`, and who is chatted with, about `goal`; `held` chats wait for the model."""

    asked: Place
    chatted: Place
    goal: str
    streams: bool

    @property
    def held(self):
        return CHATS if self.streams else 1

    @property
    def path(self):
        return f"/api/v1/goals/{self.goal}/today/"


def main():
    endpoint = Endpoint()
    kinds = [word for word in sys.argv[1:] if "=" not in word] or KINDS
    settings = {
        "COACH": "llm",
        "COACH_MODEL": "openai:slow",
        "COACH_BASE_URL": endpoint.url + "/v1",
        "COACH_API_KEY": "none",
        "COACH_CALLS_A_DAY": "1000000",
        "COACH_TOKENS_A_DAY": "1000000000",
        "THROTTLE_RATES": "user=1000000/min",
        "LOG_LEVEL": "error",
        # COACH_AT_ONCE=6 is the broken twin of json: nothing else is answered.
        **dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word),
    }
    with tempfile.TemporaryDirectory() as folder, LocalServer(Path(folder)) as mongod:
        migrate = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(migrate, cwd=ROOT, env=environment(mongod.uri), check=True)
        with places(mongod, settings) as (web, streams):
            sign_in(web)
            goal = set_goal(web)
            for kind in kinds:
                measure(
                    kind,
                    Arrangement(
                        asked=streams if kind == "within" else web,
                        chatted=web if kind == "json" else streams,
                        goal=goal,
                        streams=kind != "json",
                    ),
                    endpoint,
                )
    endpoint.close()


@contextlib.contextmanager
def places(mongod, settings):
    """(the WSGI worker, the ASGI process)."""
    threads = int(settings.pop("THREADS", THREADS))
    url, process = start_server(mongod.uri, threads=threads, **settings)
    web = Place(url, mongod, process)
    try:
        with StreamServer(mongod.uri, "doit_site.settings", **settings) as server:
            yield web, replace(web, url=server.url, process=server.process)
    finally:
        stop(process)


def set_goal(place):
    with place.client() as client:
        target = (datetime.now(UTC) + timedelta(days=30)).isoformat()
        body = {
            "title": "Row",
            "description": "A mile.",
            "target_date": target,
            "category": "fitness",
        }
        return client.post("/api/v1/goals/", json=body).json()["id"]


def measure(kind, where, endpoint):
    rate(where)  # warm
    alone, beside, offline = [rate(where)], [], []
    for _ in range(ROUNDS):
        waits = Waits({"reply": "At last."})
        endpoint.default = lambda call, waits=waits: waits
        with ThreadPoolExecutor(CHATS) as pool:
            chats = [pool.submit(chat, where) for _ in range(CHATS)]
            for _ in range(where.held):
                assert waits.begun.acquire(timeout=20)
            if not where.streams:  # beyond COACH_AT_ONCE they are answered at once
                while sum(done.done() for done in chats) < CHATS - THREADS:
                    time.sleep(0.05)
            beside.append(rate(where))
            waits.release.set()
            offline += [
                seconds for seconds, text in (c.result() for c in chats) if NOTES["busy"] in text
            ]
        alone.append(rate(where))
    # Each against those before and after it: others use this machine too.
    around = [(before + after) / 2 for before, after in pairwise(alone)]
    ratio = statistics.median(b / a for a, b in zip(around, beside, strict=True))
    tell(
        f"{kind}: {statistics.median(alone):.0f} requests a second alone, "
        f"{statistics.median(beside):.0f} while {CHATS} chats wait: {ratio:.2f} of it; "
        f"{len(offline) / ROUNDS:.0f} answered offline"
        + (f", the last after {max(offline):.2f} s" if offline else "")
    )


def chat(where):
    body = {"content": "What now?"}
    url = f"/api/v1/goals/{where.goal}/messages/" + ("stream/" if where.streams else "")
    with where.chatted.client() as client:
        began = time.perf_counter()
        response = client.post(url, json=body)  # of a stream, once it is over
        assert response.status_code == (200 if where.streams else 201), response.text
        return time.perf_counter() - began, response.text


def rate(where):
    """Requests a second of READERS clients together."""
    until = time.perf_counter() + SECONDS

    def read(_):
        count = 0
        with where.asked.client() as client:
            while time.perf_counter() < until:
                assert client.get(where.path).status_code == 200
                count += 1
        return count

    with ThreadPoolExecutor(READERS) as pool:
        return sum(pool.map(read, range(READERS))) / SECONDS


def tell(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
