"""Reads over groups: the list, one, the categories."""

from accounts.models import User
from doit_site.api.paging import Keyset
from doit_site.api.problems import invalid
from doit_site.mongo.client import current_session
from goals.coach.interface import CATEGORIES
from groups import membership
from groups.models import Group
from groups.serializers import GroupSerializer

MAX_SUBCATEGORY = 50
# By how much is given: nothing, the category, both.
BY = ("created_id_index", "category_created_id_index", "category_sub_created_id_index")


def source(
    *,
    user: User,
    category: str | None = None,
    subcategory: str | None = None,
    mine: str = "false",
    **paging,
) -> Keyset:
    """The groups that fit, newest first, from the index that has them in that order.

    Raises a Problem at the parameter that cannot be so.
    """
    _check(category, subcategory, mine)
    kind = {"category": category, "subcategory": subcategory}
    given = {name: value for name, value in kind.items() if value is not None}
    projection = GroupSerializer.seen_by(user.pk)
    if mine == "true":
        return Keyset(Group, "members_created_id_index", (user.pk,), projection, given)
    return Keyset(Group, BY[len(given)], tuple(given.values()), projection)


def _check(category, subcategory, mine):
    if mine not in ("true", "false"):
        raise invalid("/mine", "invalid", "mine is true or false.")
    if category is not None and category not in CATEGORIES:
        raise invalid("/category", "invalid_choice", f"category is one of {', '.join(CATEGORIES)}.")
    if subcategory is not None and category is None:
        raise invalid("/subcategory", "invalid", "subcategory goes with its category.")
    if subcategory is not None and (len(subcategory) > MAX_SUBCATEGORY or "\x00" in subcategory):
        raise invalid("/subcategory", "invalid", "subcategory is at most 50 characters.")


def one(*, user: User, group_id: str) -> dict:
    """A group as the person sees it. Raises Problem `not_found`."""
    group = Group.objects.one(group_id, GroupSerializer.seen_by(user.pk))
    return named(user, [group])[0]


def named(user: User, groups: list[dict]) -> list[dict]:
    """The groups, with the person's own pseudonym in those they are in."""
    mine = [group["id"] for group in groups if group["is_member"]]
    names = membership.names(user.pk, mine) if mine else {}
    return [
        GroupSerializer.represent(group)
        | {"username": _username(user, group, names) if group["is_member"] else None}
        for group in groups
    ]


def _username(user, group, names):
    """A member whom another program put in has no pseudonym before the first look."""
    return names.get(group["id"]) or membership.name(user.pk, group["id"])


def categories() -> list[dict]:
    """Every category, with its subcategories that have groups; read from an index alone."""
    rows = Group.objects.collection.aggregate(
        [
            {"$match": {"category": {"$in": list(CATEGORIES)}}},
            {
                "$group": {
                    "_id": {"category": "$category", "subcategory": "$subcategory"},
                    "groups": {"$sum": 1},
                }
            },
        ],
        hint="category_subcategory_index",
        maxTimeMS=2000,
        session=current_session(),
    )
    found: dict[str, dict] = {
        name: {"category": name, "subcategories": [], "groups": 0} for name in CATEGORIES
    }
    for row in rows:
        entry = found[row["_id"]["category"]]
        entry["groups"] += row["groups"]
        if row["_id"].get("subcategory"):
            entry["subcategories"].append(row["_id"]["subcategory"])
    return [{**entry, "subcategories": sorted(entry["subcategories"])} for entry in found.values()]
