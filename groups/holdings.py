"""What groups hold about a person."""

from accounts import personal_data
from accounts.holdings import plain
from doit_site.mongo import archive
from doit_site.mongo.client import current_session
from doit_site.mongo.fields import new_id
from groups import membership
from groups.history import MESSAGES
from groups.models import Group, Membership, Mute, Report


def register():
    personal_data.register("groups", export=_export, erase=_erase)


def _export(user_id):
    rows = Membership.objects.collection.find({"user_id": user_id}, session=current_session())
    return [plain(_exported(user_id, row)) for row in rows]


def _exported(user_id, row):
    mine = {"$eq": ["$$this.user_id", user_id]}
    found = Group.objects.collection.find_one(
        {"id": row["group_id"]},
        {
            "_id": 0,
            "name": 1,
            "archived": 1,
            "messages": {"$filter": {"input": {"$ifNull": ["$messages", []]}, "cond": mine}},
        },
        session=current_session(),
    )
    group = found or {}
    return {
        "group_id": row["group_id"],
        "name": group.get("name"),
        "username": row["username"],
        "joined_at": row["joined_at"],
        "left_at": row["left_at"],
        "messages": [
            {name: message.get(name) for name in ("content", "timestamp")}
            for message in _messages(user_id, row["group_id"], group)
        ],
        **_kept_for(user_id, row["group_id"]),
    }


def _messages(user_id, group_id, group):
    """The person's own, those in the archive first."""
    moved = archive.archived(group, MESSAGES.array)
    old = archive.of(MESSAGES.name, group_id, "user_id", user_id) if moved else []
    return [*old, *(group.get("messages") or ())]


def _kept_for(user_id, group_id):
    """Whom the person muted and what they reported there."""
    mine = {"group_id": group_id, "user_id": user_id}
    reported = {"group_id": group_id, "reporter_id": user_id}
    session = current_session()
    return {
        "mutes": [row["username"] for row in Mute.objects.collection.find(mine, session=session)],
        "reports": [
            {"content": row["content"], "reason": row["reason"]}
            for row in Report.objects.collection.find(reported, session=session)
        ],
    }


def _erase(user_id):
    """Messages stay under the pseudonym, which nobody gets again; another id in each group."""
    names = list(
        Membership.objects.collection.find({"user_id": user_id}, session=current_session())
    )
    named = {row["group_id"] for row in names}
    joined = Group.objects.collection.find(
        {"members": user_id}, {"_id": 0, "id": 1}, session=current_session()
    )
    for group_id in named | {row["id"] for row in joined}:
        _erase_from(user_id, group_id)
    for row in names:
        reported = {"group_id": row["group_id"], "username": row["username"]}
        personal_data.delete_by(Report, **reported)
    personal_data.delete_by(Report, reporter_id=user_id)
    personal_data.delete_by(Mute, user_id=user_id)
    personal_data.delete_by(Mute, muted_user_id=user_id)


def _erase_from(user_id, group_id):
    stranger, session = new_id(), current_session()
    membership.take_out(user_id, group_id)
    Group.objects.collection.update_one(
        {"id": group_id, "messages.user_id": user_id},
        {"$set": {"messages.$[mine].user_id": stranger}},
        array_filters=[{"mine.user_id": user_id}],
        session=session,
    )
    archive.replace(MESSAGES.name, group_id, "user_id", user_id, stranger)
    Group.objects.collection.update_one(
        {"id": group_id, "removed": user_id}, {"$pull": {"removed": user_id}}, session=session
    )
    Membership.objects.collection.update_one(
        {"group_id": group_id, "user_id": user_id},
        {"$set": {"user_id": stranger, "erased": True}},
        session=session,
    )
