"""What the admin's pages of a group and of a report show beside the form: by pseudonym only."""

from doit_site.mongo.shapes import as_datetime
from groups import history
from groups.history import Positions
from groups.messages import UNKNOWN
from groups.models import Group, Membership, Report

SHOWN = 200
AROUND = 5


def standing_of(group_id: str) -> dict:
    """The context of groups/admin/standing.html: members and the newest messages."""
    members = Group.objects.one(group_id, {"_id": 0, "members": 1}).get("members") or []
    newest = Positions(match={"id": group_id}).page(None, False, SHOWN)
    return {
        "members": _members(group_id, members),
        "messages": [_line(message) for _, message in reversed(newest.rows)],
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
    group = Group.objects.collection.find_one({"id": report.group_id}, {"_id": 0, "name": 1})
    if group is None:
        return {"group": None, "messages": []}
    found = history.find(report.group_id, report.message_id)
    return {
        "group": group.get("name"),
        "messages": _around(report.group_id, found[0]) if found else [],
    }


def _around(group_id, place):
    first = max(0, place - AROUND)
    page = Positions(match={"id": group_id}).page(first, True, place + AROUND + 1 - first)
    return [_line(message, reported=index == place) for index, message in reversed(page.rows)]
