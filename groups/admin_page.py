"""What the admin's pages of a group and of a report show beside the form: by pseudonym only."""

from doit_site.mongo.shapes import as_datetime
from groups.messages import UNKNOWN
from groups.models import Group, Membership, Report

SHOWN = 200
AROUND = 5


def standing_of(group_id: str) -> dict:
    """The context of groups/admin/standing.html: members and the newest messages."""
    group = Group.objects.collection.find_one(
        {"id": group_id}, {"_id": 0, "members": 1, "messages": {"$slice": -SHOWN}}
    )
    members = (group or {}).get("members") or []
    return {
        "members": _members(group_id, members),
        "messages": [_line(message) for message in (group or {}).get("messages") or ()],
        "most": SHOWN,
    }


def _members(group_id, members):
    rows = Membership.objects.collection.find(
        {"group_id": group_id, "user_id": {"$in": members}},
        {"_id": 0, "username": 1, "joined_at": 1},
    )
    named = [{"username": row["username"], "since": as_datetime(row["joined_at"])} for row in rows]
    unnamed = len(members) - len(named)  # put in by another program, and not here yet
    return {"named": sorted(named, key=lambda row: row["username"]), "unnamed": unnamed}


def _line(message, reported=False):
    return {
        "username": message.get("username") or UNKNOWN,
        "content": message.get("content") or "",
        "timestamp": str(message.get("timestamp") or "")[:16].replace("T", " "),
        "hidden": bool(message.get("hidden")),
        "reported": reported,
    }


def context_of(report: Report) -> dict:
    """The context of groups/admin/report.html: the reported message among its neighbours."""
    group = Group.objects.collection.find_one(
        {"id": report.group_id}, {"_id": 0, "name": 1, "messages": 1}
    )
    messages = (group or {}).get("messages") or []
    place = next(
        (n for n, message in enumerate(messages) if message.get("id") == report.message_id), None
    )
    if place is None:
        return {"group": (group or {}).get("name"), "messages": []}
    first = max(0, place - AROUND)
    return {
        "group": (group or {}).get("name"),
        "messages": [
            _line(message, reported=number == place)
            for number, message in enumerate(messages[first : place + AROUND + 1], first)
        ],
    }
