"""A roadmap by a slow coach is a job: what the API shows of it, who does it, and that it ends once."""

import threading
from datetime import timedelta

import pytest

from accounts import personal_data
from doit_site import clock
from doit_site.api.problems import Problem
from doit_site.mongo import checkup
from doit_site.mongo.fields import new_id
from goals import editing, job_runner, jobs
from goals.models import Job
from tests.commands import kind, recorded_commands
from tests.contract.test_queries import assert_by_index
from tests.goals.llm.endpoint import Waits, well
from tests.goals.llm.steps import say
from tests.goals.steps import finish, stored, until, url_of
from tests.problem_details import assert_problem
from tests.races import together
from tests.test_admin import Browser

KEY = {"HTTP_IDEMPOTENCY_KEY": "k"}
PLAN = "From the first chord to the concert."


@pytest.fixture
def slow(configured, goal):
    """A goal with a roadmap of the offline coach, and the slow coach from now on."""
    configured()
    return goal


@pytest.fixture
def queued(slow, alice):
    """queued() -> a job of the goal, as it is stored."""
    return lambda **options: jobs.submit(
        user=alice, goal_id=slow["id"], kind=Job.ROADMAP, **options
    )


def post(client, goal, **headers):
    return client.post(url_of(goal) + "roadmap/", {"instructions": "Slowly"}, **headers)


def row(database, job):
    return database.goal_jobs.find_one({"id": job["id"]})


def lapse(database, job):
    """Its holder died a lease ago."""
    past = clock.now() - timedelta(milliseconds=1)
    database.goal_jobs.update_one({"id": job["id"]}, {"$set": {"due_at": past}})


@pytest.fixture
def held_up(endpoint):
    """The first call to the model waits: held_up.begun, held_up.release."""
    waits = Waits(None)

    def answer(call):
        if not endpoint.calls[1:]:
            waits.answer = well(call)
            return waits
        return well(call)

    endpoint.default = answer
    yield waits
    waits.release.set()


# What the API shows


def test_a_roadmap_of_a_slow_coach_is_a_job(slow, held_up, alice_api, database, grown):
    before = stored(database, slow)
    accepted = post(alice_api, slow, **KEY)
    job = accepted.json()
    assert accepted.status_code == 202
    assert accepted.headers["Location"].endswith(f"{url_of(slow)}jobs/{job['id']}/")
    assert (job["kind"], job["state"], job["attempts"]) == ("roadmap", "queued", 0)
    assert job["created_at"].endswith("Z")
    assert {job[name] for name in ("started_at", "finished_at", "error", "roadmap")} == {None}
    assert alice_api.get(accepted.headers["Location"]).json() == job

    work = threading.Thread(target=job_runner.work, args=(jobs.take(),))
    work.start()
    assert held_up.begun.acquire(timeout=10)
    running = alice_api.get(accepted.headers["Location"]).json()
    assert (running["state"], running["attempts"]) == ("running", 1)
    assert running["started_at"] >= job["created_at"]
    assert stored(database, slow) == before
    assert_problem(post(alice_api, slow), 409, "job_in_progress")
    replayed = post(alice_api, slow, **KEY)
    assert (replayed.status_code, replayed.json()) == (202, job)
    assert replayed.headers["Location"] == accepted.headers["Location"]
    held_up.release.set()
    work.join()

    done = alice_api.get(accepted.headers["Location"]).json()
    assert (done["state"], done["error"]) == ("done", None)
    assert done["finished_at"] >= done["started_at"]
    assert alice_api.get(done["roadmap"]).json()["summary"] == PLAN
    assert stored(database, slow)["version"] == before["version"] + 1
    assert row(database, job)["options"] is None
    assert grown("doit_job_seconds_count", kind="roadmap", end="done") == 1
    assert post(alice_api, slow).status_code == 202


def test_replanning_by_a_slow_coach_is_a_job_too(slow, endpoint, alice_api, database):
    database.goals.update_one({"id": slow["id"]}, {"$set": {"roadmap_outdated": True}})
    accepted = alice_api.post(url_of(slow) + "replan/", {}, **KEY)
    assert accepted.status_code == 202
    assert_problem(post(alice_api, slow), 409, "job_in_progress")
    job = finish(alice_api, accepted)
    assert (job["kind"], job["state"]) == ("replan", "done")
    assert endpoint.of("outline")
    assert alice_api.get(job["roadmap"]).json()["summary"] == PLAN
    assert not stored(database, slow)["roadmap_outdated"]


def test_only_the_owner_has_jobs(slow, alice_api, bob_api, database, a_goal):
    url = post(alice_api, slow).headers["Location"]
    assert_problem(bob_api.get(url), 404, "not_found")
    own = a_goal(client=bob_api, category="music")
    assert_problem(bob_api.get(url.replace(slow["id"], own["id"])), 404, "not_found")
    assert_problem(post(bob_api, slow), 404, "not_found")
    assert database.goal_jobs.count_documents({}) == 1


def test_what_needs_no_coach_to_be_refused_is_refused_at_once(slow, alice_api, database):
    database.goals.update_one({"id": slow["id"]}, {"$set": {"target_date": clock.now()}})
    assert_problem(post(alice_api, slow), 409, "target_date_passed")
    assert database.goal_jobs.count_documents({}) == 0


def test_a_job_that_fails_says_why(slow, alice_api, database, grown):
    before = stored(database, slow)["roadmap"]
    accepted = post(alice_api, slow)
    database.goals.update_one({"id": slow["id"]}, {"$set": {"target_date": clock.now()}})
    job = finish(alice_api, accepted)
    assert (job["state"], job["roadmap"]) == ("failed", None)
    assert set(job["error"]) == {"type", "title", "status", "detail", "code"}
    assert (job["error"]["status"], job["error"]["code"]) == (409, "target_date_passed")
    assert stored(database, slow)["roadmap"] == before
    assert grown("doit_job_seconds_count", kind="roadmap", end="failed") == 1


def test_a_mistake_of_ours_fails_the_job_and_tells_nothing(slow, alice_api, database):
    accepted = post(alice_api, slow)
    database.goal_jobs.update_one({}, {"$set": {"options": {"secret": 1}}})
    error = finish(alice_api, accepted)["error"]
    assert (error["code"], error["detail"]) == ("internal_error", "Something went wrong here")


def test_of_many_requests_at_once_one_becomes_a_job(slow, client_of, alice, database):
    clients = [client_of(alice) for _ in range(12)]
    key = [{"HTTP_IDEMPOTENCY_KEY": f"k{n}"} if n % 2 else {} for n in range(12)]
    answers = together(12, lambda n: post(clients[n], slow, **key[n]))
    assert sorted(a.status_code for a in answers) == [202, *[409] * 11]
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"job_in_progress"}
    assert database.goal_jobs.count_documents({}) == 1


def test_jobs_do_not_give_way_to_chats_nor_chats_to_jobs(
    slow, held_up, alice_api, client_of, alice, settings, database
):
    settings.COACH_AT_ONCE = 1
    accepted = post(alice_api, slow)
    work = threading.Thread(target=finish, args=(client_of(alice), accepted))
    work.start()
    assert held_up.begun.acquire(timeout=10)
    assert say(alice_api, slow).json()["reply"]["content"].startswith("On day one")
    held_up.release.set()
    work.join()


# Who does it, and that it ends once


def test_a_job_is_taken_by_one(queued):
    job = queued()
    taken = [found for found in together(8, lambda n: jobs.take()) if found]
    assert [found["id"] for found in taken] == [job["id"]]
    assert jobs.take(job["id"]) is None


def test_a_job_whose_holder_died_is_taken_up_within_a_minute(queued, database):
    late = jobs.LEASE + timedelta(seconds=2 * jobs.LOOK_SECONDS) + jobs.RESEND
    assert late <= timedelta(seconds=60)
    assert timedelta(seconds=jobs.RENEW_SECONDS + job_runner.DATABASE_SECONDS) < jobs.LEASE
    job = queued()
    jobs.take()
    jobs.look_after()
    assert row(database, job)["state"] == "running"
    lapse(database, job)
    assert jobs.take() is None  # the twin: nobody looks
    jobs.look_after()
    assert row(database, job)["state"] == "queued"
    assert jobs.take()["attempts"] == 2


def test_a_job_that_nobody_survives_fails(queued, database, alice_api, slow, grown):
    job = queued()
    for _ in range(jobs.ATTEMPTS):
        assert jobs.take()
        lapse(database, job)
        jobs.look_after()
    assert jobs.take() is None
    shown = alice_api.get(f"{url_of(slow)}jobs/{job['id']}/").json()
    assert (shown["state"], shown["error"]["code"]) == ("failed", "job_interrupted")
    assert grown("doit_job_seconds_count", kind="roadmap", end="failed") == 1
    assert post(alice_api, slow).status_code == 202


@pytest.mark.parametrize("is_held", [False, True])
def test_a_job_that_takes_too_long_fails(queued, database, is_held):
    job = queued()
    if is_held:
        holder = jobs.take()
    created = clock.now() - jobs.LONGEST
    database.goal_jobs.update_one({"id": job["id"]}, {"$set": {"created_at": created}})
    jobs.look_after()
    assert row(database, job)["error"]["code"] == "job_timed_out"
    if is_held:
        with pytest.raises(jobs.Lost):
            jobs.renew(holder)


def two_at_work(endpoint, held_up, database, job):
    """One waits for the model, is taken for dead, another ends the job, and then the first goes on."""
    late = threading.Thread(target=job_runner.work, args=(jobs.take(),))
    late.start()
    assert held_up.begun.acquire(timeout=10)
    lapse(database, job)
    jobs.look_after()
    job_runner.work(jobs.take())
    assert row(database, job)["state"] == "done"
    ended = row(database, job)
    held_up.release.set()
    late.join()
    return ended


def test_of_two_at_work_one_ends_the_job(slow, endpoint, held_up, queued, database):
    version = stored(database, slow)["version"]
    job = queued()
    ended = two_at_work(endpoint, held_up, database, job)
    assert stored(database, slow)["version"] == version + 1
    assert row(database, job) == ended
    assert len(endpoint.of("outline")) == 2


def test_without_the_fence_both_would_end_it(
    slow, endpoint, held_up, queued, database, monkeypatch
):
    """The broken twin: who finds the job may end it."""
    monkeypatch.setattr(jobs, "held", lambda job: {"id": job["id"]})
    version = stored(database, slow)["version"]
    job = queued()
    ended = two_at_work(endpoint, held_up, database, job)
    assert stored(database, slow)["version"] == version + 2
    assert row(database, job) != ended


def test_the_end_and_the_roadmap_are_there_together_or_not_at_all(slow, queued, database):
    """A holder that is taken for dead just before it writes."""
    before = stored(database, slow)
    job = queued()
    holder = jobs.take()
    lapse(database, job)
    jobs.look_after()
    job_runner.work(holder)
    assert stored(database, slow) == before
    assert row(database, job)["state"] == "queued"


def test_the_lease_is_renewed_while_the_coach_works(slow, held_up, queued, database, monkeypatch):
    monkeypatch.setattr(jobs, "RENEW_SECONDS", 0.02)
    job = queued()
    holder = jobs.take()
    work = threading.Thread(target=job_runner.work, args=(holder,))
    work.start()
    assert held_up.begun.acquire(timeout=10)
    until(lambda: row(database, job)["due_at"] > holder["due_at"])
    held_up.release.set()
    work.join()
    assert row(database, job)["state"] == "done"


def test_a_process_that_stops_gives_back_what_it_holds(slow, held_up, queued, database):
    job = queued()
    runner = job_runner.Runner(at_once=1)
    runner.look()
    assert held_up.begun.acquire(timeout=10)
    runner.stop()
    left = row(database, job)
    assert (left["state"], left["attempts"]) == ("queued", 0)
    held_up.release.set()
    until(lambda: not runner._held)
    job_runner.Runner(at_once=1).look()
    until(lambda: row(database, job)["state"] == "done")
    assert row(database, job)["attempts"] == 1


def test_with_a_broker_jobs_are_sent_and_sent_again(queued, database):
    job, sent = queued(), []
    runner = job_runner.Runner(at_once=1, send=sent.append)
    runner.look()
    runner.look()
    assert sent == [job["id"]]
    assert row(database, job)["state"] == "queued"
    lapse(database, job)  # the message was lost
    runner.look()
    assert sent == [job["id"]] * 2
    assert jobs.take(job["id"])["attempts"] == 1


# Where it goes


def test_a_job_goes_with_its_goal(slow, queued, alice, database):
    queued()
    editing.delete(user=alice, goal_id=slow["id"])
    assert database.goal_jobs.count_documents({}) == 0


def test_a_job_at_work_on_a_goal_that_goes_ends_with_it(slow, queued, database):
    queued()
    holder = jobs.take()
    database.goals.delete_one({"id": slow["id"]})
    job_runner.work(holder)
    assert database.goal_jobs.count_documents({}) == 0


def test_a_job_is_exported_and_erased_with_its_person(slow, queued, alice, alice_api, database):
    queued(instructions="Slowly")
    (shown,) = alice_api.get("/api/v1/me/export/").json()["goal_jobs"]
    assert shown["options"] == {"instructions": "Slowly"}
    assert shown["goal_id"] == slow["id"]
    personal_data.erase(alice.pk)
    assert database.goal_jobs.count_documents({}) == 0


def test_check_database_finds_a_job_without_its_goal(slow, queued, database):
    queued()
    assert [f for f in checkup.run(fix=True) if f.collection == "goal_jobs"] == []
    database.goals.delete_one({"id": slow["id"]})
    found = [f for f in checkup.run(fix=True) if f.collection == "goal_jobs"]
    assert [f.fixed for f in found] == [True]
    assert database.goal_jobs.count_documents({}) == 0


def test_each_step_is_found_by_an_index(slow, alice, alice_api):
    with recorded_commands() as commands:
        url = post(alice_api, slow).headers["Location"]
        assert [kind(command) for command in commands] == [
            *("find sessions", "find goals", "insert goal_jobs", "commitTransaction 1")
        ]
        alice_api.get(url)
        jobs.offer()
        jobs.look_after()
        held = jobs.take(url.split("/")[-2])
        jobs.renew(held)
        jobs.give_back(held)
        jobs.take()
        with pytest.raises(Problem):
            jobs.submit(user=alice, goal_id=new_id(), kind=Job.ROADMAP)
    assert_by_index(commands)


def test_staff_see_jobs_and_change_none(slow, queued, alice_api, carol, database):
    failed = post(alice_api, slow)
    database.goals.update_one({"id": slow["id"]}, {"$set": {"target_date": clock.now()}})
    finish(alice_api, failed)
    browser = Browser()
    browser.sign_in(carol.phone_number)
    page = browser.get("/admin/goals/job/?state__exact=failed").content.decode()
    assert "target_date_passed" in page
    assert slow["id"] in page
    detail = browser.get(f"/admin/goals/job/{failed.json()['id']}/change/").content.decode()
    assert f"/admin/goals/goal/{slow['id']}/change/" in detail
    assert "Slowly" not in page + detail
    assert browser.get("/admin/goals/job/?q=" + new_id()).status_code == 200
    assert browser.get("/admin/goals/job/add/").status_code == 403
