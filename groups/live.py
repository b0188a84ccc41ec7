"""The live stream of a group: its messages to its members, without a trace of who writes.

A reader's place is the id of the message they had last. It is looked up in the document, and in the
archive behind it, so a reader who comes back, to whichever process, goes on where they were.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from accounts import sessions
from accounts.models import User
from doit_site.api.events import Reader, event
from doit_site.api.live import Hub, Room, Told, ended
from doit_site.mongo import archive
from doit_site.mongo.client import current_session
from groups import history
from groups.history import MESSAGES, Positions, id_of
from groups.messages import shown, visible
from groups.models import Group, Mute

START = "start"  # the place before the first message
TAIL = 100


@dataclass
class Member:
    """Who reads, and how far they have read. Only one look at a time changes it."""

    user_id: str
    session_id: str
    place: str | None
    at: int | None = None  # the position of that message, when it was read
    is_new: bool = True


def stream(
    *, user: User, session_id: str, group_id: str, last_event_id: str | None = None
) -> AsyncIterator[bytes]:
    """The events of the group from now on, or after the message `last_event_id`.

    Raises Problem `not_found`, `not_a_member`.
    """
    Group.objects.require_member(user.pk, group_id)
    group = _read({"id": group_id})
    place = last_event_id or (_ids(group)[-1] if group["messages"] else START)
    return hub.stream(group["_id"], Member(user.pk, session_id, place))


def look(room: Room, readers: list[Reader], check: bool) -> Iterator[Told]:
    """What each reader is to be told, as doit_site.api.live.Hub asks."""
    group = _read({"_id": room.key})
    if group is None:
        yield from (Told(reader, last=ended("closed")) for reader in readers)
        return
    changed = _hidden_or_back(room, group)
    muted = _muted(group["id"], [reader.who.user_id for reader in readers])
    for reader in readers:
        if last := _end(group, reader.who, check):
            yield Told(reader, last=last)
        else:
            part = _part_for(group, reader)
            yield _told(part, reader, changed, muted[reader.who.user_id])


def _told(group, reader: Reader, changed: list[tuple[Any, dict]], muted: set[str]) -> Told:
    hidden = [event("hidden", row) for sender, row in changed if sender not in muted]
    news, more = _news(group, reader.who, muted, reader.room)
    return Told(reader, [*hidden, *news], more=more)


def _read(which: dict) -> Any:
    """{_id, id, members, messages (the newest TAIL that it holds), first (the position of the first)}."""
    held = archive.held(MESSAGES.array)
    left_out = {"$max": [0, {"$subtract": [{"$size": held}, TAIL]}]}
    shape = {
        "id": 1,
        "members": {"$ifNull": ["$members", []]},
        "messages": {"$slice": [held, -TAIL]},
        "first": {"$add": [{"$ifNull": ["$archived.messages", 0]}, left_out]},
    }
    pipeline: list[dict] = [{"$match": which}, {"$project": shape}]
    return next(Group.objects.collection.aggregate(pipeline, session=current_session()), None)


def _part_for(group, reader: Reader):
    """The group with the messages among which the reader goes on: the newest, or others from theirs on."""
    member = reader.who
    if _index(group, member.place) is not None:
        return group
    part = None if member.at is None else _part(group, member.at, reader.room)
    if part and _index(part, member.place) is not None:
        return part
    # Where another program took messages out, or the reader came back: looked up by its id.
    found = (0, None) if member.place == START else history.find(group["id"], member.place)
    return _part(group, found[0], reader.room) if found else group


def _part(group, first: int, room: int):
    page = Positions(match={"id": group["id"]}).page(first, True, room + 1)
    messages = [message for _, message in reversed(page.rows)]
    return {**group, "messages": messages, "first": first, "more": page.before is not None}


def _ids(group) -> list[str]:
    return [
        id_of(group["id"], index, message)
        for index, message in enumerate(group["messages"], group["first"])
    ]


def _index(group, place) -> int | None:
    """How many of the messages that were read the reader has had; None where that is unknown."""
    if place == START:
        return 0 if group["first"] == 0 else None
    ids = _ids(group)
    return next((n + 1 for n in range(len(ids) - 1, -1, -1) if ids[n] == place), None)


def _end(group, member: Member, check: bool) -> bytes | None:
    """The last event, where the member may not read any more."""
    if member.user_id not in group["members"]:
        return ended("left")
    if check and not _signed_in(member):
        return ended("signed_out")
    return None


def _signed_in(member: Member) -> bool:
    session = sessions.find_by_id(member.session_id)
    return bool(session and User.from_document(session["user"]).is_active)


def _news(group, member: Member, muted: set[str], room: int) -> tuple[list[bytes], bool]:
    """The next messages after the member's place, which moves on; whether there are more.

    At first, where the stream begins.
    """
    ids, had = _ids(group), _index(group, member.place)
    events = []
    if had is None:  # the message is no more there: what came after it is for the history to tell
        had, member.place = len(ids), ids[-1] if ids else START
        events.append(event("resync", {}, member.place))
    elif member.is_new:
        events.append(event("open", {}, member.place))
    member.is_new = False
    upto = min(len(ids), had + room)
    for index in range(had, upto):
        message = group["messages"][index]
        member.place, member.at = ids[index], group["first"] + index
        if visible(message, muted):
            where = {"group_id": group["id"], "index": group["first"] + index}
            seen = shown(message, **where, reader_id=member.user_id)
            events.append(event("message", seen, ids[index]))
    return events, upto < len(ids) or group.get("more", False)


def _hidden_or_back(room: Room, group) -> list[tuple[Any, dict]]:
    """(sender, {"id", "hidden"}) of each message known before that a moderator hid or restored."""
    before = room.memory.get("hidden", {})
    rows = dict(zip(_ids(group), group["messages"], strict=True))
    now = {id: bool(message.get("hidden")) for id, message in rows.items()}
    room.memory["hidden"] = now
    return [
        (rows[id].get("user_id"), {"id": id, "hidden": hidden})
        for id, hidden in now.items()
        if before.get(id, hidden) != hidden
    ]


def _muted(group_id: str, user_ids: list[str]) -> dict[str, set[str]]:
    """groups.mutes.muted_by of many at once."""
    wanted = {"group_id": group_id}
    rows = Mute.objects.collection.find(
        {"$or": [{name: {"$in": user_ids}, **wanted} for name in ("user_id", "muted_user_id")]},
        {"_id": 0, "user_id": 1, "muted_user_id": 1},
        session=current_session(),
    )
    result: dict[str, set[str]] = {user_id: set() for user_id in user_ids}
    for row in rows:
        for one, other in (
            (row["user_id"], row["muted_user_id"]),
            (row["muted_user_id"], row["user_id"]),
        ):
            if one in result:
                result[one].add(other)
    return result


hub = Hub(Group._meta.db_table, look)
