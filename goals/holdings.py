"""What goals hold about a person."""

from accounts import audit, personal_data
from accounts.holdings import plain
from doit_site.mongo import archive
from doit_site.mongo.client import current_session, get_db
from goals import drafts, jobs, question_reports
from goals.histories import MESSAGES, VERIFICATIONS
from goals.models import Goal, Job, QuestionReport, RoadmapDraft, VerificationTest

# How the server reckons; it says nothing about the person that the rest does not.
INTERNAL = (
    *("plan", "streak_until", "days_passed", "score_total"),
    *("archived", "archived_passes"),
)


def register():
    personal_data.register("goals", export=_export, erase=_erase)
    personal_data.register(
        "goal_jobs",
        export=jobs.exported,
        erase=lambda user_id: personal_data.delete_by(Job, user_id=user_id),
    )
    personal_data.register(
        "roadmap_drafts",
        export=drafts.exported,
        erase=lambda user_id: personal_data.delete_by(RoadmapDraft, user_id=user_id),
    )
    personal_data.register(
        "question_reports",
        export=question_reports.exported,
        erase=lambda user_id: personal_data.delete_by(QuestionReport, reporter_id=user_id),
    )


def _export(user_id):
    rows = Goal.objects.collection.find({"user_id": user_id}, {"_id": 0}, session=current_session())
    return [plain(_whole(row)) for row in rows]


def _whole(goal):
    """The goal with what is in the archive, and without what is only the server's."""
    histories = {h.array: archive.whole(h.name, goal) for h in (MESSAGES, VERIFICATIONS)}
    whole = goal | {name: entries for name, entries in histories.items() if name in goal}
    return {name: value for name, value in whole.items() if name not in INTERNAL}


def _erase(user_id):
    ids = [
        row["id"]
        for row in Goal.objects.collection.find(
            {"user_id": user_id}, {"_id": 0, "id": 1}, session=current_session()
        )
    ]
    # The admin's log keeps titles.
    get_db()["django_admin_log"].delete_many({"object_id": {"$in": ids}}, session=current_session())
    audit.forget(ids)
    personal_data.delete_by(VerificationTest, user_id=user_id)
    personal_data.delete_by(Goal, user_id=user_id)
    archive.forget(ids)
