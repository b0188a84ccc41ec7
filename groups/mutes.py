"""Muting: of two people one of whom muted the other in a group, neither sees the other there."""

from contextlib import suppress

from pymongo.errors import DuplicateKeyError

from accounts.models import User
from doit_site import clock
from doit_site.api.problems import Code, Problem, invalid
from doit_site.mongo.client import current_session
from doit_site.mongo.fields import new_id
from groups.models import Group, Membership, Mute


def muted_by(*, user_id: str, group_id: str) -> set[str]:
    """The ids of those whose messages the person does not see in the group, and who see none of theirs."""
    return _others(user_id, {"group_id": group_id})


def anywhere(user_id: str) -> set[str]:
    """The ids of those with whom the person shall share no new group."""
    return _others(user_id, {})


def _others(user_id, where):
    rows = Mute.objects.collection.find(
        {"$or": [{"user_id": user_id, **where}, {"muted_user_id": user_id, **where}]},
        {"_id": 0, "user_id": 1, "muted_user_id": 1},
        session=current_session(),
    )
    return {other for row in rows for other in (row["user_id"], row["muted_user_id"])} - {user_id}


def mute(*, user: User, group_id: str, username: str) -> dict:
    """Mute whoever bears the pseudonym; again, the same: {"username", "created_at"}.

    Raises Problem `not_found`, `not_a_member`, or at /username where nobody bears it.
    """
    Group.objects.require_member(user.pk, group_id)
    other = Membership.objects.collection.find_one(
        {"group_id": group_id, "username_key": username.lower()}, session=current_session()
    )
    if other is None:
        raise invalid("/username", "unknown", "Nobody in the group bears that name.")
    if other["user_id"] == user.pk:
        raise invalid("/username", "oneself", "That is your own name.")
    row = {
        "id": new_id(),
        "group_id": group_id,
        "user_id": user.pk,
        "muted_user_id": other["user_id"],
        "username": other["username"],
        "created_at": clock.now(),
    }
    return _stored(row)


def _stored(row):
    pair = {name: row[name] for name in ("user_id", "group_id", "muted_user_id")}
    rest = {name: value for name, value in row.items() if name not in pair}
    rows = Mute.objects.collection
    with suppress(DuplicateKeyError):  # another request of this person just did
        rows.update_one(pair, {"$setOnInsert": rest}, upsert=True)
    return rows.find_one(pair)


def unmute(*, user: User, group_id: str, username: str) -> None:
    """Raises Problem `not_found` where the person has not muted that name."""
    gone = Mute.objects.collection.delete_one(
        {"user_id": user.pk, "group_id": group_id, "username": username},
        session=current_session(),
    )
    if not gone.deleted_count:
        raise Problem(Code.not_found)
