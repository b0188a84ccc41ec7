"""Where a group's messages are: the newest in its document, older ones in the archive."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from doit_site.api.paging import Tail
from doit_site.api.throttles import digest
from doit_site.mongo import archive
from doit_site.mongo.client import current_session
from doit_site.mongo.history import History
from doit_site.mongo.shapes import datetime_text
from groups.models import Group

MESSAGES = History("groups", "messages")


@dataclass
class Positions(Tail):
    """The messages of a group, newest first; the rows of a page are (position, message)."""

    model: Any = Group
    match: dict = field(default_factory=dict)
    array: str = MESSAGES.array
    first: int | None = None

    def _shown(self, rows):
        return rows


def derived_id(group_id: str, index: int, message: dict) -> str:
    """The id of a message that another program pushed without one: the same at every reading.

    A keyed digest of where it stands in the whole history and when it was sent, so that it tells
    nothing.
    """
    told = f"message\n{group_id}\n{index}\n{datetime_text(message.get('timestamp'))}"
    return str(uuid.UUID(hex=digest(told)[:32], version=4))


def id_of(group_id: str, index: int, message: dict) -> str:
    """The message's own id, or the derived one."""
    return message.get("id") or derived_id(group_id, index, message)


def find(group_id: str, message_id: str) -> tuple[int, dict] | None:
    """(position, message) of the message with this id, own or derived. Raises Problem `not_found`.

    Of the archive, the buckets are read from the newest back; no index knows the ids in it, since
    only reports and readers who come back look there.
    """
    group = Group.objects.one(group_id, {"_id": 0, "messages": 1, "archived": 1})
    first = archive.archived(group, MESSAGES.array)
    held = list(enumerate(group.get("messages") or (), first))
    for index, message in reversed(held):
        if id_of(group_id, index, message) == message_id:
            return index, message
    if not first:
        return None
    return archive.find(MESSAGES.name, group_id, message_id) or _without_id(group_id, message_id)


def _without_id(group_id, message_id):
    """The archived message that another program pushed without an id."""
    some = {"entries": {"$elemMatch": {"id": None}}}
    for index, message in archive.newest_first(MESSAGES.name, group_id, **some):
        if id_of(group_id, index, message) == message_id:
            return index, message
    return None


def keep_id(group_id: str, index: int, message: dict, message_id: str) -> None:
    """Store the derived id of a message with it, where there is none yet, wherever it lies by now."""
    group = Group.objects.one(group_id, {"_id": 0, "archived": 1})
    first = archive.archived(group, MESSAGES.array)
    path = f"messages.{index - first}"
    done = index >= first and Group.objects.collection.update_one(
        {
            "id": group_id,
            **MESSAGES.moved(first),
            f"{path}.id": {"$not": {"$type": "string"}},
            f"{path}.timestamp": message.get("timestamp"),
        },
        {"$set": {f"{path}.id": message_id}},
        session=current_session(),
    )
    if not done or not done.matched_count:
        archive.change(MESSAGES.name, group_id, index, {"id": message_id})


def change(group_id: str, message_id: str, fields: dict) -> None:
    """Set fields of the message with this own id. Inside a transaction: it may be moved meanwhile."""
    done = Group.objects.collection.update_one(
        {"id": group_id, "messages.id": message_id},
        {"$set": {f"messages.$.{name}": value for name, value in fields.items()}},
        session=current_session(),
    )
    if not done.matched_count:
        archive.change_by_id(MESSAGES.name, group_id, message_id, fields)
