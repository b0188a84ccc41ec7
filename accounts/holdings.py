"""What this app, the site and Django's own apps hold about a person."""

from django.contrib.admin.models import LogEntry

from accounts import audit, codes, personal_data
from accounts.models import (
    AdminSession,
    PasswordReset,
    Session,
    SignInCode,
    StreamTicket,
    User,
)
from doit_site import clock
from doit_site.models import IdempotencyKey
from doit_site.mongo.client import current_session, get_db
from doit_site.mongo.shapes import as_datetime


def register():
    personal_data.register("sessions", export=_sessions, erase=_erase_sessions)
    personal_data.register("codes", erase=_erase_codes)
    personal_data.register("answers", erase=_erase_answers)
    personal_data.register("admin_log", erase=_erase_admin_log)
    personal_data.register("audit", erase=_erase_from_audit)
    # Last: the others look the phone number up.
    personal_data.register("profile", export=_profile, erase=_erase_profile)


def _sessions(user_id):
    rows = Session.objects.collection.find({"user_id": user_id}, session=current_session())
    return [
        {
            "id": row["id"],
            "device": row.get("device", ""),
            **{
                name: clock.text(as_datetime(row[name]))
                for name in ("created_at", "last_used_at", "expires_at")
            },
        }
        for row in rows
    ]


def _erase_sessions(user_id):
    for model in (Session, AdminSession, PasswordReset, StreamTicket):
        personal_data.delete_by(model, user_id=user_id)


def _erase_codes(user_id):
    person = User.objects.collection.find_one({"id": user_id}, session=current_session())
    if person:
        personal_data.delete_by(SignInCode, phone_number=person["phone_number"])
    personal_data.delete_by(SignInCode, purpose=codes.change_of_phone(user_id))


def _erase_answers(user_id):
    personal_data.delete_by(IdempotencyKey, user_id=user_id)


def _erase_admin_log(user_id):
    """What the person did in the admin, and what was done there to their account."""
    personal_data.delete_by(LogEntry, user_id=user_id)
    personal_data.delete_by(LogEntry, object_id=user_id)


def _erase_from_audit(user_id):
    """The records stay, of nobody: an erased person's rights do not end what others answer for."""
    audit.forget([user_id])


def _profile(user_id):
    document = User.objects.collection.find_one({"id": user_id}, session=current_session())
    hidden = ("_id", "password", "is_superuser", "is_staff")
    return plain({name: value for name, value in document.items() if name not in hidden})


def _erase_profile(user_id):
    for name in ("users_groups", "users_user_permissions"):
        get_db()[name].delete_many({"user_id": user_id}, session=current_session())
    personal_data.delete_by(User, id=user_id)


def plain(value):
    """A document as JSON values: dates as text, no ObjectId."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items() if name != "_id"}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    moment = as_datetime(value) if not isinstance(value, str) else None
    return clock.text(moment) if moment else value
