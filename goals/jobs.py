"""Jobs: what a slow coach does on a goal while nobody waits, and who may do it.

The database says who: whoever takes a job holds it under a lease, which they renew while they work.
A lease that lapses tells that its holder died; the job is queued again. What a holder writes in the end
counts only while they hold the job, so that it ends once, whoever else may still be at it.
"""

import threading
from collections.abc import Callable
from datetime import date, timedelta

from django_mongodb_backend.transaction import on_commit
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from accounts.holdings import plain
from accounts.models import User
from doit_site import clock, metrics
from doit_site.api import problems
from doit_site.api.problems import Code, Problem
from doit_site.mongo.client import current_session
from doit_site.mongo.fields import new_id
from doit_site.mongo.shapes import as_datetime
from doit_site.mongo.transactions import transactional
from goals import replanning, roadmap
from goals.models import Goal, Job

# A job whose holder died is queued again after a lease and a look at the latest, 25 s, and sent to
# Celery once more if that message is lost: 40 s, under the promised 60.
LEASE = timedelta(seconds=20)
RENEW_SECONDS = 5.0
LOOK_SECONDS = 5.0
RESEND = timedelta(seconds=15)
ATTEMPTS = 3
LONGEST = timedelta(minutes=30)  # from its beginning to its end; a year's roadmap takes 10 at most
KEPT = timedelta(days=30)
WHAT_CHECKS_NEED = {"_id": 0, "id": 1, "target_date": 1}

# kind -> (what refuses at once what could only fail later, what asks the coach and returns the write)
KINDS: dict[str, tuple[Callable[[dict, date], None], Callable[..., Callable[[], dict]]]] = {
    Job.ROADMAP: (roadmap.check, roadmap.prepare),
    Job.REPLAN: (roadmap.check, replanning.prepare),
}

# Set where a job may wait to be seen to: the runner of this process looks at once.
submitted = threading.Event()


class Lost(Exception):
    """The job is not held any longer: it ended, or somebody else has it."""


@transactional
def submit(*, user: User, goal_id: str, kind: str, **options) -> dict:
    """Queue a job of a kind, with the options that its act takes. The stored document.

    Raises Problem `not_found`, `job_in_progress` while another of the goal is unfinished, and what
    the kind refuses at once.
    """
    goal = Goal.objects.own(user, goal_id, WHAT_CHECKS_NEED)
    check, _ = KINDS[kind]
    check(goal, user.today())
    job = _new(user, goal_id, kind, options)
    try:
        Job.objects.collection.insert_one(job, session=current_session())
    except DuplicateKeyError as error:
        raise Problem(Code.job_in_progress) from error
    on_commit(submitted.set)
    return job


def _new(user, goal_id, kind, options):
    now = clock.now()
    return {
        "id": new_id(),
        "goal_id": goal_id,
        "user_id": user.pk,
        "kind": kind,
        "options": options,
        "state": Job.QUEUED,
        "attempts": 0,
        "holder": None,
        "error": None,
        "created_at": now,
        "started_at": None,
        "finished_at": None,
        "open_goal_id": goal_id,
        "due_at": now,
        "expires_at": now + KEPT,
    }


def take(job_id: str | None = None) -> dict | None:
    """Hold the queued job of that id, else the one that is due longest; None where there is none."""
    now = clock.now()
    which = {"id": job_id} if job_id else {"due_at": {"$lte": now}}
    held = {
        "state": Job.RUNNING,
        "holder": new_id(),
        "started_at": now,
        "due_at": now + LEASE,
    }
    return Job.objects.collection.find_one_and_update(
        {**which, "state": Job.QUEUED},
        {"$set": held, "$inc": {"attempts": 1}},
        sort=None if job_id else [("due_at", 1)],
        return_document=ReturnDocument.AFTER,
    )


def renew(job: dict) -> None:
    """Hold it for another lease. Raises Lost."""
    _update(job, {"$set": {"due_at": clock.now() + LEASE}})


def give_back(job: dict) -> None:
    """Queue it again for somebody else, as if it had not been taken. Raises Lost."""
    _update(job, {"$set": _queued(clock.now()), "$inc": {"attempts": -1}})


def end(job: dict, *, error: Problem | None = None) -> None:
    """The job is done, or failed with `error`: within the transaction of what it wrote. Raises Lost."""
    change = _ended(error)
    _update(job, change)
    on_commit(lambda: _count(job, change))


def _update(job, change):
    done = Job.objects.collection.update_one(held(job), change, session=current_session())
    if not done.matched_count:
        raise Lost


def held(job: dict) -> dict:
    """The filter that finds the job only while its holder holds it."""
    return {"id": job["id"], "holder": job["holder"], "state": Job.RUNNING}


def _queued(now):
    return {"state": Job.QUEUED, "holder": None, "due_at": now}


def _ended(error):
    now = clock.now()
    shown = error and {k: v for k, v in problems.body(error, None).items() if k != "request_id"}
    state = {
        "state": Job.FAILED if error else Job.DONE,
        "error": shown,
        "options": None,  # what the person wrote is not needed any longer
        "finished_at": now,
        "expires_at": now + KEPT,
    }
    return {"$set": state, "$unset": {"open_goal_id": "", "due_at": ""}}


def _count(job, change):
    ended = change["$set"]
    seconds = (ended["finished_at"] - as_datetime(job["created_at"])).total_seconds()
    metrics.job_ended(job["kind"], ended["state"], seconds)


def forget(job: dict) -> None:
    """Delete a job whose goal or owner is gone."""
    Job.objects.collection.delete_one({"id": job["id"]})


def look_after() -> None:
    """Queue again what a holder left behind, and fail what was left too often or takes too long."""
    now = clock.now()
    rows = Job.objects.collection
    lapsed = {"due_at": {"$lte": now}, "state": Job.RUNNING}
    for job in rows.find({**lapsed, "attempts": {"$gte": ATTEMPTS}}):
        _give_up(job, Code.job_interrupted)
    rows.update_many({**lapsed, "attempts": {"$lt": ATTEMPTS}}, {"$set": _queued(now)})
    # `$exists` keeps to the unfinished, which are all that the sparse index has.
    for job in rows.find({"due_at": {"$exists": True}, "created_at": {"$lte": now - LONGEST}}):
        _give_up(job, Code.job_timed_out)


def _give_up(job, code):
    change = _ended(Problem(code))
    unchanged = {name: job[name] for name in ("id", "state", "holder", "due_at")}
    if Job.objects.collection.update_one(unchanged, change).modified_count:
        _count(job, change)


def offer() -> str | None:
    """The id of a queued job to be sent to Celery, which nobody else sends for a while."""
    now = clock.now()
    job = Job.objects.collection.find_one_and_update(
        {"due_at": {"$lte": now}, "state": Job.QUEUED},
        {"$set": {"due_at": now + RESEND}},
        sort=[("due_at", 1)],
    )
    return job and job["id"]


def exported(user_id: str) -> list[dict]:
    """What the person asked for, and what became of it."""
    shown = ("id", "goal_id", "kind", "options", "state", "error", "created_at", "finished_at")
    rows = Job.objects.collection.find({"user_id": user_id}, session=current_session())
    return [plain({name: row.get(name) for name in shown}) for row in rows]
