"""Reports by members, and what moderators do about them."""

from contextlib import suppress

from pymongo.errors import DuplicateKeyError

from accounts import audit
from accounts.models import User
from doit_site import clock
from doit_site.api.problems import Code, Problem
from doit_site.mongo import archive
from doit_site.mongo.client import current_session
from doit_site.mongo.fields import new_id
from doit_site.mongo.transactions import transactional
from groups import history, membership
from groups.messages import UNKNOWN
from groups.models import Group, Membership, Mute, Report


def report(*, user: User, group_id: str, message_id: str, reason: str) -> None:
    """Put a message before the moderators; again by the same person, nothing.

    Raises Problem `not_found`, `not_a_member`.
    """
    Group.objects.require_member(user.pk, group_id)
    message = _find(group_id, message_id)
    row = {
        "id": new_id(),
        "group_id": group_id,
        "message_id": message_id,
        "reporter_id": user.pk,
        "username": message.get("username") or UNKNOWN,
        "content": message.get("content") or "",
        "reason": reason,
        "status": Report.WAITING,
        "created_at": clock.now(),
        "decided_at": None,
    }
    with suppress(DuplicateKeyError):
        Report.objects.collection.insert_one(row)


def _find(group_id, message_id):
    """The stored message, which has this id from now on where it had only a derived one."""
    found = history.find(group_id, message_id)
    if found is None:
        raise Problem(Code.not_found)
    index, message = found
    if not message.get("id"):
        history.keep_id(group_id, index, message, message_id)
    return message


@transactional
def hide(*, actor: User, report_id: str, request_id: str = "") -> None:
    """Hide the reported message: a placeholder stays. Raises Problem `not_found`."""
    row = _decide(report_id, Report.ACTED)
    _set_hidden(row, True)
    _record(actor, "message.hide", "message", row["message_id"], request_id)


@transactional
def restore(*, actor: User, report_id: str, request_id: str = "") -> None:
    """Show the message again, and dismiss what reports say of it. Raises Problem `not_found`."""
    row = _decide(report_id, Report.DISMISSED)
    _set_hidden(row, False)
    _record(actor, "message.restore", "message", row["message_id"], request_id)


@transactional
def dismiss(*, actor: User, report_id: str, request_id: str = "") -> None:
    """Leave the message as it is. Raises Problem `not_found`."""
    row = _decide(report_id, Report.DISMISSED)
    _record(actor, "report.dismiss", "message", row["message_id"], request_id)


@transactional
def remove(*, actor: User, report_id: str, request_id: str = "") -> None:
    """Take the sender out of the group for good, and hide the message. Raises Problem `not_found`."""
    row = _decide(report_id, Report.ACTED)
    _set_hidden(row, True)
    sender = _sender(row)
    if sender:
        expel(group_id=row["group_id"], user_id=sender)
        _record(actor, "member.remove", "person", sender, request_id)


@transactional
def unmask(
    *, actor: User, group_id: str, username: str, reason: str, request_id: str = ""
) -> str | None:
    """The id of who bears the pseudonym; None where nobody does, or they were erased.

    The record commits before anything is shown. Raises PermissionError without the right.
    """
    if not actor.has_perm("groups.unmask_membership"):
        raise PermissionError("groups.unmask_membership")
    row = Membership.objects.collection.find_one(
        {"group_id": group_id, "username_key": username.lower(), "erased": {"$ne": True}},
        session=current_session(),
    )
    if row is None:
        return None
    _record(actor, "member.unmask", "person", row["user_id"], request_id, reason)
    return row["user_id"]


@transactional
def delete(*, actor: User, group_id: str, request_id: str = "") -> None:
    """Delete the group with its archive, memberships, mutes and reports."""
    for model, column in ((Group, "id"), *((m, "group_id") for m in (Membership, Mute, Report))):
        model.objects.collection.delete_many({column: group_id}, session=current_session())
    archive.forget([group_id])
    _record(actor, "group.delete", "group", group_id, request_id)


def _record(actor, action, kind, subject_id, request_id, reason=""):
    audit.record(
        actor=actor,
        action=action,
        subject_kind=kind,
        subject_ids=(subject_id,),
        reason=reason,
        request_id=request_id,
    )


@transactional
def expel(*, group_id: str, user_id: str) -> None:
    """Take a person out of a group; joining again is refused."""
    removed = {"$setUnion": [{"$ifNull": ["$removed", []]}, [user_id]]}
    Group.objects.collection.update_one(
        {"id": group_id}, [{"$set": {"removed": removed}}], session=current_session()
    )
    membership.take_out(user_id, group_id)
    Membership.objects.collection.update_one(
        {"group_id": group_id, "user_id": user_id},
        {"$set": {"left_at": clock.now()}},
        session=current_session(),
    )


def _decide(report_id, status):
    """The report, decided together with all others of its message."""
    reports = Report.objects.collection
    row = reports.find_one({"id": report_id}, session=current_session())
    if row is None:
        raise Problem(Code.not_found)
    reports.update_many(
        {"message_id": row["message_id"]},
        {"$set": {"status": status, "decided_at": clock.now()}},
        session=current_session(),
    )
    return row


def _set_hidden(row, hidden):
    history.change(row["group_id"], row["message_id"], {"hidden": hidden})


def _sender(row):
    """The id of who sent the message, for the moderator's act only; None for a message that is gone."""
    with suppress(Problem):
        if found := history.find(row["group_id"], row["message_id"]):
            return found[1].get("user_id")
    return None
