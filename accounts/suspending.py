"""Suspending people and taking them back (product.md, "People": 403 `account_suspended`)."""

from accounts import audit, sessions
from accounts.models import User
from doit_site.mongo.client import current_session
from doit_site.mongo.transactions import transactional


class Refused(Exception):
    """The act is not for this actor or this person; the message is for the actor."""


def suspend(*, actor: User, user_id: str, reason: str, request_id: str = "") -> bool:
    """Suspend the person; False where they were already, or are gone. Raises Refused."""
    return _set(actor, user_id, User.SUSPENDED, reason, request_id)


def reactivate(*, actor: User, user_id: str, reason: str, request_id: str = "") -> bool:
    """Take the person back; False where they were not suspended. Raises Refused."""
    return _set(actor, user_id, User.ACTIVE, reason, request_id)


@transactional
def _set(actor, user_id, status, reason, request_id):
    person = User.objects.collection.find_one({"id": user_id}, session=current_session())
    if person is None or (person.get("status") or User.ACTIVE) == status:
        return False
    refuse_staff(actor, user_id, is_staff=bool(person.get("is_staff")))
    User.objects.collection.update_one(
        {"id": user_id}, {"$set": {"status": status}}, session=current_session()
    )
    sessions.strike_out(user_id=user_id)
    verb = "suspend" if status == User.SUSPENDED else "reactivate"
    audit.record(
        actor=actor,
        action=f"person.{verb}",
        subject_kind="person",
        subject_ids=(user_id,),
        reason=reason,
        request_id=request_id,
    )
    return True


def refuse_staff(actor: User, user_id: str, *, is_staff: bool) -> None:
    """Nobody locks themselves out, and support does not lock colleagues out. Raises Refused."""
    if str(actor.pk) == user_id:
        raise Refused("You cannot suspend yourself.")
    if is_staff and not actor.has_perm("accounts.change_user"):
        raise Refused("Only an admin may suspend or reactivate staff.")
