"""What `check_database` looks for in this app's collections."""

from collections.abc import Iterator

from accounts import reminders
from accounts.models import AdminSession, PasswordReset, Session, User
from accounts.schemas import AUDIT, USERS
from doit_site.mongo import checkup
from doit_site.mongo.checkup import Finding
from doit_site.mongo.client import get_db
from doit_site.mongo.shapes import as_datetime


def register():
    checkup.register_schema("users", USERS)
    checkup.register_schema("audit", AUDIT)
    checkup.register(check)


def check(fix: bool) -> Iterator[Finding]:
    yield from _times(fix)
    yield from _unacceptable()
    yield from _never_reminded(fix)
    for model in (Session, AdminSession, PasswordReset):
        yield from orphans(fix, model, "user_id", User)


def _times(fix):
    """A text where created_at is a BSON date."""
    people = User.objects.collection
    for person in people.find({"created_at": {"$type": "string"}}, {"id": 1, "created_at": 1}):
        moment = as_datetime(person["created_at"])
        if fix and moment:
            people.update_one(
                {"_id": person["_id"], "created_at": person["created_at"]},
                {"$set": {"created_at": moment}},
            )
        yield Finding("users", person.get("id", ""), "created_at is a text", bool(fix and moment))


def _unacceptable():
    """What the validator would refuse, and nobody can guess right."""
    good = {"$jsonSchema": checkup.in_either_shape(USERS, ["created_at"])}
    for person in User.objects.collection.find({"$nor": [good]}, {"id": 1}):
        identity = str(person.get("id") or person["_id"])
        yield Finding("users", identity, "does not fit the documented schema")


def _never_reminded(fix):
    """Who wants reminders and is due for none: another program turned them on."""
    wanted = {"reminders.enabled": True, "remind_at": None}
    for person in User.objects.collection.find(wanted):
        if reminders.wants_any(person):
            if fix:
                reminders.reschedule(person)
            yield Finding("users", person.get("id", ""), "reminders are on and never due", fix)


def orphans(fix: bool, model, column: str, owner) -> Iterator[Finding]:
    """Documents whose `column` names no document of `owner`; `fix` deletes them."""
    collection = get_db()[model._meta.db_table]
    pipeline = [
        {"$match": {column: {"$nin": ["", None]}}},
        {
            "$lookup": {
                "from": owner._meta.db_table,
                "localField": column,
                "foreignField": "id",
                "as": "owner",
                "pipeline": [{"$project": {"_id": 1}}],
            }
        },
        {"$match": {"owner": []}},
        {"$project": {"id": 1, column: 1}},
    ]
    for row in collection.aggregate(pipeline):
        if fix:
            collection.delete_one({"_id": row["_id"]})
        problem = f"{column} names nobody: {row[column]}"
        yield Finding(collection.name, str(row.get("id") or row["_id"]), problem, fix)
