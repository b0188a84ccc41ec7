"""What goals hold about a person."""

from accounts import audit, personal_data
from accounts.holdings import plain
from doit_site.mongo.client import current_session, get_db
from goals.models import Goal, VerificationTest

# How the server reckons; it says nothing about the person that the rest does not.
INTERNAL = ("plan", "streak_until", "days_passed", "score_total")


def register():
    personal_data.register("goals", export=_export, erase=_erase)


def _export(user_id):
    rows = Goal.objects.collection.find(
        {"user_id": user_id}, dict.fromkeys(("_id", *INTERNAL), 0), session=current_session()
    )
    return [plain(row) for row in rows]


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
