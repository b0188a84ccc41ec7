"""Doing jobs: in threads of the web processes, or in Celery's workers where CELERY_BROKER_URL is set.

Either way every web process looks every few seconds after what was left behind, so that a job
needs no one process to live.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pymongo
from django.conf import settings
from pymongo.errors import PyMongoError

from accounts.models import User
from doit_site.api.idempotency import Outdated
from doit_site.api.problems import Code, Problem, storage_is_gone
from doit_site.mongo.transactions import transactional
from goals import consulting, jobs
from goals.coach import llm_coach

logger = logging.getLogger("doit.jobs")

PATIENCE = 600.0  # seconds for the coach: no client waits
TRIES = 3  # where the goal changes while the coach works
DATABASE_SECONDS = 10.0  # for the database's part of a look or a job; the coach's is not counted


def work(job: dict[str, Any]) -> None:
    """Do a job that is held, and end it. Nothing is raised: what fails ends the job, or is left to others."""
    try:
        with _renewed(job), pymongo.timeout(DATABASE_SECONDS):
            _work(job)
    except jobs.Lost:
        _note(job, "is somebody else's by now")
    except Exception as error:  # its lease lapses, and it is taken up again
        _note(job, "was left: " + type(error).__name__)


def _work(job):
    try:
        _do(job)
    except Problem as problem:
        if problem.code is Code.not_found:
            jobs.forget(job)
        else:
            jobs.end(job, error=problem)
    except jobs.Lost:
        raise
    except Exception as error:
        if storage_is_gone(error):
            raise
        logger.error("a job failed", exc_info=error)
        jobs.end(job, error=Problem(Code.internal_error))


def _do(job):
    """Ask the coach, then write what came of it together with the job's end. Raises Problem, Lost."""
    document = User.objects.collection.find_one({"id": job["user_id"]})
    if document is None:
        raise Problem(Code.not_found)
    user, (_, prepare) = User.from_document(document), jobs.KINDS[job["kind"]]
    for _ in range(TRIES):
        with consulting.patience(PATIENCE):
            store = prepare(user=user, goal_id=job["goal_id"], **job["options"])
        with suppress(Outdated):
            _write(job, store)
            return
        jobs.renew(job)  # who lost it need not ask the coach again
    raise Problem(Code.stale_version)


@transactional
def _write(job, store):
    store()
    jobs.end(job)


@contextmanager
def _renewed(job: dict[str, Any]) -> Iterator[None]:
    """Within the block a thread renews the lease, until it is lost."""
    done = threading.Event()

    def renew():
        while not done.wait(jobs.RENEW_SECONDS):
            try:
                with pymongo.timeout(jobs.RENEW_SECONDS):
                    jobs.renew(job)
            except jobs.Lost:
                return
            except PyMongoError:
                _note(job, "was not renewed")

    threading.Thread(target=renew, name="lease", daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _note(job, what):
    logger.warning("a job %s", what, extra={"fields": {"kind": job["kind"]}})


class Runner:
    """A thread that looks after jobs. Without `send` it has others do up to `at_once` of them here."""

    def __init__(self, *, at_once: int, send: Callable[[str], None] | None = None) -> None:
        self._send = send
        self._free = threading.Semaphore(at_once)
        self._held: dict[str, dict[str, Any]] = {}
        self._stopping = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="jobs", daemon=True).start()
        # Not a daemon: the interpreter waits for it before it ends, whatever started this process.
        threading.Thread(target=self._stop_in_the_end, name="jobs-end").start()

    def stop(self) -> None:
        """Take no more, and give back what is held: somebody else takes it at once."""
        self._stopping.set()
        jobs.submitted.set()
        for job in list(self._held.values()):
            with suppress(jobs.Lost, PyMongoError), pymongo.timeout(2):
                jobs.give_back(job)

    def _stop_in_the_end(self):
        threading.main_thread().join()
        self.stop()

    def _run(self):
        while not self._stopping.is_set():
            try:
                with pymongo.timeout(DATABASE_SECONDS):
                    self.look()
            except Exception as error:  # the database or the broker is away; the next look tells
                logger.warning("jobs wait: %s", type(error).__name__)
            jobs.submitted.wait(jobs.LOOK_SECONDS)
            jobs.submitted.clear()

    def look(self) -> None:
        """Once: look after what was left behind, and see that what is queued is done."""
        jobs.look_after()
        if self._send is None:
            self._take_some()
            return
        while job_id := jobs.offer():
            self._send(job_id)

    def _take_some(self):
        while not self._stopping.is_set() and self._free.acquire(blocking=False):
            job = jobs.take()
            if job is None:
                self._free.release()
                return
            self._held[job["id"]] = job
            threading.Thread(target=self._work, args=(job,), name="job", daemon=True).start()

    def _work(self, job):
        try:
            work(job)
        finally:
            self._held.pop(job["id"], None)
            self._free.release()
            jobs.submitted.set()


_started: list[Runner] = []


def start() -> None:
    """In a process that serves: look after jobs, if there is a coach slow enough for them."""
    if llm_coach() is None or _started:
        return
    _started.append(Runner(at_once=settings.COACH_AT_ONCE, send=_sender()))
    _started[0].start()


def stop() -> None:
    """Give back what this process holds, for servers that do not let the interpreter end by itself."""
    for runner in _started:
        runner.stop()


def _sender() -> Callable[[str], None] | None:
    """What sends the id of a job to Celery's workers; None without a broker, and Celery is not loaded."""
    if not settings.CELERY_BROKER_URL:
        return None
    from goals.tasks import work_on

    # One message a job at a time: it expires when the next is sent. Who is busy need not keep it.
    seconds = jobs.RESEND / timedelta(seconds=1)
    return lambda job_id: work_on.apply_async((job_id,), expires=seconds, retry=False)
