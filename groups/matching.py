"""The act of finding the group for a goal, or opening one (product.md, "Groups")."""

from pymongo.errors import DuplicateKeyError

from accounts.models import User
from doit_site import clock
from doit_site.mongo.client import current_session
from doit_site.mongo.fields import new_id
from goals.models import Goal
from groups import membership, mutes
from groups.models import DEFAULT_MEMBERS, Group

BEST_FIRST = [("last_message_at", -1), ("member_count", -1)]


def match(
    *,
    user: User,
    goal_id: str | None = None,
    category: str | None = None,
    subcategory: str | None = None,
) -> tuple[str, bool]:
    """(id of the group that the person is in now, whether it was opened for them).

    By the goal's category and subcategory, or by those given. Raises Problem `not_found` for
    a goal that is not the person's.
    """
    if goal_id is not None:
        goal = Goal.objects.own(user, goal_id, {"_id": 0, "category": 1, "subcategory": 1})
        category, subcategory = goal.get("category") or "other", goal.get("subcategory")
    kind = {"category": category, "subcategory": subcategory}
    if mine := _own(user.pk, kind):
        return mine, False
    return _enter_or_open(user.pk, kind)


def _own(user_id, kind):
    group = Group.objects.collection.find_one(
        {"members": user_id, **kind},
        {"_id": 0, "id": 1},
        sort=[("created_at", -1), ("id", -1)],
        hint="members_created_id_index",
        session=current_session(),
    )
    return group and group["id"]


def _enter_or_open(user_id, kind):
    unwanted = set(membership.left(user_id))
    strangers = mutes.anywhere(user_id)
    while True:
        # Read before looking for room: whoever opens one in between takes this number.
        opening = next_opening(kind)
        wanted = {**kind, **_fit_for(user_id, unwanted, strangers)}
        offered = _best(wanted) or _newest(wanted, opening)
        if offered is None:
            if opened := _open(user_id, kind, opening):
                return opened, True
        elif membership.enter(user_id, offered):
            return offered, False
        elif not _has_room(offered):
            continue  # filled up meanwhile
        else:
            unwanted.add(offered)


def _fit_for(user_id, unwanted, strangers):
    return {
        "is_full": {"$in": [False, None]},  # None where another program opened the group
        "id": {"$nin": sorted(unwanted)},
        "members": {"$nin": sorted(strangers)},
        "removed": {"$ne": user_id},
        **membership.HAS_ROOM,
    }


def _best(wanted):
    found = Group.objects.collection.find_one(
        wanted,
        {"_id": 0, "id": 1},
        sort=BEST_FIRST,
        hint="matching_index",
        session=current_session(),
    )
    return found and found["id"]


def _newest(wanted, opening):
    """The group opened last, if it is wanted. Each joining moves a group in the index that _best reads,
    and a read that pauses meanwhile can pass it by; by the number of its opening it stands still."""
    prefix, _, number = opening.rpartition("/")
    found = Group.objects.collection.find_one(
        {**wanted, "opening": f"{prefix}/{int(number) - 1:06}"},
        {"_id": 0, "id": 1},
        hint="opening_index",
        session=current_session(),
    )
    return found and found["id"]


def _has_room(group_id):
    room = {"id": group_id, **membership.HAS_ROOM}
    return Group.objects.collection.find_one(room, {"_id": 1}, session=current_session())


def next_opening(kind):
    """The number of the next group of a kind, as a key that sorts: programming/python/000012."""
    prefix = f"{kind['category']}/{kind['subcategory'] or ''}/"
    last = Group.objects.collection.find_one(
        {"opening": {"$gte": prefix, "$lt": prefix + ":"}},  # ":" comes after the digits
        {"_id": 0, "opening": 1},
        sort=[("opening", -1)],
        session=current_session(),
    )
    number = int(last["opening"].removeprefix(prefix)) if last else 0
    return f"{prefix}{number + 1:06}"


def _open(user_id, kind, opening):
    """The id of a new group with the person in it; None where another request opened that one."""
    group_id = new_id()
    try:
        Group.objects.collection.insert_one(document(group_id, user_id, kind, opening))
    except DuplicateKeyError:
        return None
    membership.name(user_id, group_id)
    return group_id


def document(group_id, user_id, kind, opening):
    """The document of a group that matching opens for a person."""
    number = int(opening.rpartition("/")[2])
    topic = (kind["subcategory"] or kind["category"]).replace("-", " ").capitalize()
    return {
        "id": group_id,
        **kind,
        "name": f"{topic} companions" + (f" {number}" if number > 1 else ""),
        "members": [user_id],
        "max_members": DEFAULT_MEMBERS,
        "messages": [],
        "created_at": clock.now(),
        "removed": [],
        "last_message_at": None,
        "member_count": 1,
        "is_full": DEFAULT_MEMBERS <= 1,
        "opening": opening,
    }
