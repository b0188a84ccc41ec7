"""The acts of joining and leaving a group.

The array `members` of the group's document says who is in: one update each that counts and
changes together, so that a group never passes its cap. Pseudonyms lie in `group_memberships`.
"""

from datetime import datetime
from functools import lru_cache

from pymongo.errors import DuplicateKeyError

from accounts.models import User
from doit_site import clock
from doit_site.api.problems import Code, Problem
from doit_site.mongo.client import current_session
from doit_site.mongo.fields import new_id
from groups.models import DEFAULT_MEMBERS, Group, Membership
from groups.pseudonyms import pseudonym

MEMBERS = {"$ifNull": ["$members", []]}
CAP = {"$ifNull": ["$max_members", DEFAULT_MEMBERS]}
HAS_ROOM = {"$expr": {"$lt": [{"$size": MEMBERS}, CAP]}}
# Kept beside the array for matching; right after every change, since it is made of the array.
COUNTED = {
    "$set": {
        "member_count": {"$size": "$members"},
        "is_full": {"$gte": [{"$size": "$members"}, CAP]},
    }
}


def join(*, user: User, group_id: str) -> None:
    """Become a member; again, nothing. Raises Problem `not_found`, `group_full`, `removed`."""
    if not enter(user.pk, group_id):
        _refuse(user.pk, group_id)


def enter(user_id: str, group_id: str) -> bool:
    """Whether the person is a member now: not where there is no room, or they were removed."""
    done = Group.objects.collection.update_one(
        {"id": group_id, "members": {"$ne": user_id}, "removed": {"$ne": user_id}, **HAS_ROOM},
        [{"$set": {"members": {"$concatArrays": [MEMBERS, [user_id]]}}}, COUNTED],
        session=current_session(),
    )
    if not done.modified_count and not is_member(user_id, group_id):
        return False
    name(user_id, group_id)
    _note(user_id, group_id, None)
    return True


def leave(*, user: User, group_id: str) -> None:
    """Be no member any more; again, nothing. Raises Problem `not_found`."""
    if take_out(user.pk, group_id):
        _note(user.pk, group_id, clock.now())
    else:
        Group.objects.one(group_id, {"_id": 1})


def take_out(user_id: str, group_id: str, **also) -> bool:
    """Whether the person was a member until now; `also` are aggregation expressions to set."""
    without = {"$filter": {"input": MEMBERS, "cond": {"$ne": ["$$this", user_id]}}}
    done = Group.objects.collection.update_one(
        {"id": group_id, "members": user_id},
        [{"$set": {"members": without, **also}}, COUNTED],
        session=current_session(),
    )
    return bool(done.modified_count)


def recount(group_id: str) -> None:
    """After a change of the cap, or of the array by other hands."""
    Group.objects.collection.update_one({"id": group_id}, [COUNTED], session=current_session())


def is_member(user_id: str, group_id: str) -> bool:
    mine = {"id": group_id, "members": user_id}
    found = Group.objects.collection.find_one(mine, {"_id": 1}, session=current_session())
    return found is not None


def name(user_id: str, group_id: str) -> str:
    """The person's pseudonym in the group, drawn at the first call."""
    rows = Membership.objects.collection
    while True:
        mine = rows.find_one({"group_id": group_id, "user_id": user_id}, session=current_session())
        if mine:
            return mine["username"]
        drawn = pseudonym()
        try:
            # Without a session: a duplicate key would end a transaction, and a drawn name does
            # no harm without its member.
            rows.insert_one(_membership(user_id, group_id, drawn))
            return drawn
        except DuplicateKeyError:
            continue  # somebody bears it, or another request of this person drew one


class Nameless(LookupError):
    """The person has no pseudonym in the group."""


@lru_cache(maxsize=5_000)
def known_name(user_id: str, group_id: str) -> str:
    """The person's pseudonym in the group, looked up once a process: it is never another.

    Raises Nameless, which is not kept.
    """
    try:
        return names(user_id, [group_id])[group_id]
    except KeyError as error:
        raise Nameless from error


def names(user_id: str, group_ids: list[str]) -> dict[str, str]:
    """The person's pseudonyms by group."""
    found = Membership.objects.collection.find(
        {"user_id": user_id, "group_id": {"$in": group_ids}},
        {"_id": 0, "group_id": 1, "username": 1},
        session=current_session(),
    )
    return {row["group_id"]: row["username"] for row in found}


def left(user_id: str) -> list[str]:
    """The ids of the groups that the person left or was removed from."""
    found = Membership.objects.collection.find(
        {"user_id": user_id, "left_at": {"$ne": None}},
        {"_id": 0, "group_id": 1},
        session=current_session(),
    )
    return [row["group_id"] for row in found]


def _membership(user_id, group_id, username):
    return {
        "id": new_id(),
        "group_id": group_id,
        "user_id": user_id,
        "username": username,
        "username_key": username.lower(),
        "joined_at": clock.now(),
        "left_at": None,
        "erased": False,
    }


def _note(user_id: str, group_id: str, left_at: datetime | None):
    """Remember when the person left, None while they are in: groups left are not offered again."""
    Membership.objects.collection.update_one(
        {"group_id": group_id, "user_id": user_id},
        {"$set": {"left_at": left_at}},
        session=current_session(),
    )


def _refuse(user_id, group_id):
    group = Group.objects.one(group_id, {"_id": 0, "removed": {"$elemMatch": {"$eq": user_id}}})
    raise Problem(Code.removed if group.get("removed") else Code.group_full)
