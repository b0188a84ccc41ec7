"""A job outlives whoever does it: web processes and Celery's workers, killed while the model is asked.

The leases are short here; tests/goals/llm/test_jobs.py has the arithmetic of the real ones, and the
twin without the fence.
"""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from django.db import connection

from accounts import sessions
from goals import job_runner
from tests.contract.documents import goal_document
from tests.faults.conftest import ROOT, environment, free_port, start_server, stop, until
from tests.goals.llm.endpoint import Endpoint, Waits, well

needs_redis = pytest.mark.skipif(
    not shutil.which("redis-server"),
    reason="redis-server is not installed: make test-packages",
)
WEB = "tests.faults.brisk_web:application"


@pytest.fixture
def endpoint():
    """The model's; its first call waits: endpoint.first."""
    endpoint = Endpoint()
    endpoint.first = Waits(None)

    def answer(call):
        if endpoint.calls[1:]:
            return well(call)
        endpoint.first.answer = well(call)
        return endpoint.first

    endpoint.default = answer
    yield endpoint
    endpoint.first.release.set()
    endpoint.close()


@pytest.fixture
def variables(endpoint):
    """What the processes are told: the database of this test, and the model's endpoint."""
    return {
        "DATABASE_NAME": connection.settings_dict["NAME"],
        "COACH": "llm",
        "COACH_MODEL": "openai:a-model",
        "COACH_BASE_URL": endpoint.url + "/v1",
        "COACH_API_KEY": "a-key-of-the-tests",
    }


@pytest.fixture
def web(variables, mongodb_uri):
    """web() -> (url, process) of a web server; ended after the test."""
    processes = []

    def start(**more):
        # With COACH=llm a start loads much.
        url, process = start_server(mongodb_uri, WEB, within=60, **variables, **more)
        processes.append(process)
        return url, process

    yield start
    for process in processes:
        if process.poll() is None:
            stop(process)


def kill(process):
    """kill -9 of a server, of its worker first: its parent would start another."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(process.pid, signal.SIGSTOP)
    for pid in (*map(int, children), process.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait(10)


class Owner:
    """alice, over HTTP: her goal with a roadmap, and a job that is to make it anew."""

    def __init__(self, alice, database):
        self.database, self.goal = database, goal_document(alice.pk)
        database.goals.insert_one(self.goal)
        token, _ = sessions.open_session(user_id=alice.pk)
        self.headers = {"Authorization": f"Bearer {token}", "X-Forwarded-Proto": "https"}

    def ask(self, url):
        path = f"/api/v1/goals/{self.goal['id']}/roadmap/"
        accepted = httpx.post(url + path, json={}, headers=self.headers, timeout=20)
        assert accepted.status_code == 202, accepted.text

    @property
    def job(self):
        return self.database.goal_jobs.find_one({})

    def is_done(self):
        """With the new roadmap; until then the old one is whole."""
        goal, job = self.database.goals.find_one({"id": self.goal["id"]}), self.job
        assert job["state"] in ("queued", "running", "done")
        if goal["roadmap"] == self.goal["roadmap"]:
            return False
        assert len(goal["roadmap"]["days"]) == goal["roadmap"]["total_days"] == 5
        return job["state"] == "done"

    def assert_once(self, attempts):
        goal = self.database.goals.find_one({"id": self.goal["id"]})
        assert goal["version"] == self.goal["version"] + 1
        assert (self.job["state"], self.job["attempts"]) == ("done", attempts)
        assert self.database.goal_jobs.count_documents({}) == 1


@pytest.fixture
def owner(alice, database):
    return Owner(alice, database)


def test_in_process_another_takes_up_what_a_killed_one_did(web, owner, endpoint):
    """The other is this process, which has the offline coach."""
    url, process = web()
    owner.ask(url)
    assert endpoint.first.begun.acquire(timeout=20)
    kill(process)
    runner = job_runner.Runner(at_once=1)

    def is_done():
        runner.look()
        return owner.is_done()

    until(is_done, 60, "the job is done")
    owner.assert_once(attempts=2)


def test_in_process_a_stop_gives_the_job_back_at_once(web, owner, endpoint):
    """Nobody waits for its lease to lapse."""
    url, process = web()
    owner.ask(url)
    assert endpoint.first.begun.acquire(timeout=20)
    stop(process)
    assert (owner.job["state"], owner.job["attempts"]) == ("queued", 0)


@pytest.fixture
def worker(variables, mongodb_uri, broker):
    """worker() -> a context with a process of Celery, as the units start it."""
    return lambda: _worker(environment(mongodb_uri, CELERY_BROKER_URL=broker, **variables))


@contextmanager
def _worker(variables):
    command = [
        *(sys.executable, "-m", "celery", "--app", "tests.faults.brisk_worker", "worker"),
        *("--pool", "threads", "--concurrency", "2", "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle"),
    ]
    process = subprocess.Popen(command, cwd=ROOT, env=variables)
    try:
        yield process
    finally:
        if process.poll() is None:
            stop(process)


@pytest.fixture
def broker(tmp_path):
    """The address of a real Redis."""
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path)]
    quiet = ["--save", "", "--appendonly", "no", "--loglevel", "warning"]
    process = subprocess.Popen(["redis-server", *options, *quiet], stdout=subprocess.DEVNULL)
    yield f"redis://127.0.0.1:{port}/0"
    stop(process)


@needs_redis
def test_with_celery_another_worker_takes_up_what_a_killed_one_did(
    web, worker, owner, endpoint, broker
):
    url, _ = web(CELERY_BROKER_URL=broker)
    owner.ask(url)
    with worker() as first:
        assert endpoint.first.begun.acquire(timeout=60)
        first.kill()
        first.wait(10)
    with worker():
        until(owner.is_done, 60, "the job is done")
    endpoint.first.release.set()
    owner.assert_once(attempts=2)
