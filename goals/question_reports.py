"""Questions that people report as wrong or unclear, and what the staff does about them."""

from contextlib import suppress
from hashlib import sha256

from pymongo.errors import DuplicateKeyError

from accounts import audit
from accounts.models import User
from doit_site import clock
from doit_site.api.problems import Code, Problem
from doit_site.mongo.client import current_session
from doit_site.mongo.fields import new_id
from doit_site.mongo.transactions import transactional
from goals.coach.offline.topics import topic_of_question
from goals.coach.offline.words import plain
from goals.models import Goal, QuestionReport, VerificationTest


def report(*, user: User, goal_id: str, test_id: str, question_id: str, reason: str) -> None:
    """Put a question of one of the person's tests before the staff; again by the same person, nothing.

    Raises Problem `not_found`, also for a test that is gone after 24 hours.
    """
    question = _question(user, goal_id, test_id, question_id)
    goal = Goal.objects.own(user, goal_id, {"_id": 0, "title": 1, "plan.curriculum": 1})
    prompt, choices = question["prompt"], list(question["choices"])
    row = {
        "id": new_id(),
        "question_key": key_of(prompt, choices[question["answer"]]),
        "prompt": prompt,
        "choices": choices,
        "answer": question["answer"],
        "explanation": question["explanation"],
        "topic": topic_of_question(
            prompt, goal.get("title") or "", (goal.get("plan") or {}).get("curriculum")
        ),
        "reporter_id": user.pk,
        "reason": reason,
        "status": QuestionReport.OPEN,
        "created_at": clock.now(),
        "decided_at": None,
    }
    with suppress(DuplicateKeyError):
        QuestionReport.objects.collection.insert_one(row)


def key_of(prompt: str, answer: str) -> str:
    """What makes two questions the same, whatever the test, its order and its wrong choices."""
    return sha256(f"{plain(prompt)}\n{plain(answer)}".encode()).hexdigest()


def _question(user, goal_id, test_id, question_id):
    test = VerificationTest.objects.collection.find_one(
        {"id": test_id, "goal_id": goal_id, "user_id": user.pk}, {"_id": 0, "questions": 1}
    )
    for question in (test or {}).get("questions") or ():
        if question["id"] == question_id:
            return question
    raise Problem(Code.not_found)


@transactional
def dismiss(*, actor: User, report_id: str, request_id: str = "") -> None:
    """Leave the question as it is; settles every report of it. Raises Problem `not_found`."""
    _settle(actor, report_id, QuestionReport.DISMISSED, "question.dismiss", request_id)


@transactional
def mark_fixed(*, actor: User, report_id: str, request_id: str = "") -> None:
    """The curriculum was mended; settles every report of the question. Raises Problem `not_found`."""
    _settle(actor, report_id, QuestionReport.FIXED, "question.fix", request_id)


def _settle(actor, report_id, status, action, request_id):
    reports, session = QuestionReport.objects.collection, current_session()
    row = reports.find_one({"id": report_id}, session=session)
    if row is None:
        raise Problem(Code.not_found)
    reports.update_many(
        {"question_key": row["question_key"]},
        {"$set": {"status": status, "decided_at": clock.now()}},
        session=session,
    )
    audit.record(
        actor=actor,
        action=action,
        subject_kind="question",
        subject_ids=(report_id,),
        request_id=request_id,
    )


def counts(keys: set[str]) -> dict[str, int]:
    """How many people reported each question."""
    rows = QuestionReport.objects.collection.aggregate(
        [
            {"$match": {"question_key": {"$in": sorted(keys)}}},
            {"$group": {"_id": "$question_key", "count": {"$sum": 1}}},
        ]
    )
    return {row["_id"]: row["count"] for row in rows}


def waiting() -> int:
    return QuestionReport.objects.collection.count_documents({"status": QuestionReport.OPEN})


def exported(user_id: str) -> list[dict]:
    """What the person reported; the answer stays with the staff."""
    rows = QuestionReport.objects.collection.find(
        {"reporter_id": user_id}, session=current_session()
    )
    shown = ("prompt", "reason", "status")
    return [
        {name: row[name] for name in shown} | {"created_at": clock.text(row["created_at"])}
        for row in rows
    ]
