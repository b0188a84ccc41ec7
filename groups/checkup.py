"""What `check_database` looks for in groups: types, counts, references."""

from collections.abc import Iterator

from accounts.checkup import orphans
from accounts.models import User
from doit_site.mongo import checkup, history_checkup
from doit_site.mongo.checkup import Finding
from doit_site.mongo.shapes import as_datetime, datetime_text
from groups import membership
from groups.history import MESSAGES
from groups.models import DEFAULT_MEMBERS, Group, Membership, Mute, Report
from groups.schemas import GROUPS


def register():
    checkup.register_schema("groups", GROUPS)
    checkup.register(check)


def check(fix: bool) -> Iterator[Finding]:
    good = {"$jsonSchema": checkup.in_either_shape(GROUPS, ("created_at", "timestamp"))}
    for group in Group.objects.collection.find({"$nor": [good]}, {"id": 1}):
        yield Finding("groups", _id(group), "does not fit the documented schema")
    for group in Group.objects.collection.find({}, {"messages.content": 0}):
        yield from _types(fix, group)
        yield from _counts(fix, group)
        yield from _strangers(fix, group)
    yield from history_checkup.check(fix, MESSAGES)
    for model in (Membership, Mute, Report):
        yield from orphans(fix, model, "group_id", Group)


def _types(fix, group):
    if isinstance(group.get("created_at"), str):
        yield _converted(fix, group, "created_at", as_datetime(group["created_at"]))
    messages = group.get("messages")
    for number, message in enumerate(messages if isinstance(messages, list) else ()):
        value = message.get("timestamp") if isinstance(message, dict) else None
        if value is not None and not isinstance(value, str):
            path = f"messages.{number}.timestamp"
            text = datetime_text(value)
            yield _converted(fix, group, path, text if isinstance(text, str) else None)


def _converted(fix, group, path, right):
    fixed = fix and right is not None
    if fixed:
        Group.objects.collection.update_one({"_id": group["_id"]}, {"$set": {path: right}})
    return Finding("groups", _id(group), f"{path} is of the other type", fixed)


def _counts(fix, group):
    """What matching keeps beside the array of members."""
    members = group.get("members")
    if not isinstance(members, list):
        return
    full = len(members) >= (group.get("max_members") or DEFAULT_MEMBERS)
    if (group.get("member_count"), group.get("is_full")) != (len(members), full):
        if fix:
            membership.recount(group["id"])
        yield Finding("groups", _id(group), "wrong member_count or is_full", fix)


def _strangers(fix, group):
    """Members who are nobody. A sender who is nobody is one who was erased."""
    members = [member for member in group.get("members") or () if isinstance(member, str)]
    people = User.objects.collection.find({"id": {"$in": members}}, {"_id": 0, "id": 1})
    for user_id in sorted(set(members) - {person["id"] for person in people}):
        if fix:
            membership.take_out(user_id, group["id"])
        yield Finding("groups", _id(group), f"members names nobody: {user_id}", fix)


def _id(group):
    return str(group.get("id") or group["_id"])
