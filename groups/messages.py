"""The chat of a group: appending to it, showing and paging it without a trace of who writes."""

from dataclasses import dataclass, field

from django_mongodb_backend.transaction import on_commit
from pymongo.errors import WriteError

from accounts.models import User
from doit_site import clock, metrics
from doit_site.api.paging import Page
from doit_site.api.problems import Code, Problem
from doit_site.mongo import archive
from doit_site.mongo.fields import new_id
from doit_site.mongo.history import TOO_LARGE
from doit_site.mongo.shapes import datetime_text
from groups import membership, mutes
from groups.history import MESSAGES, Positions, id_of
from groups.models import Group

UNKNOWN = "Unknown"  # the sender of a message that another program pushed without a username
MOST_LOOKS = 10


def send(*, user: User, group_id: str, content: str) -> dict:
    """Append a message; what its sender sees of it.

    Raises Problem `not_found`, `not_a_member`, or `group_chat_full` at MongoDB's 16 MB, which only
    another program makes a group.
    """
    now = clock.now()
    message = {
        "id": new_id(),
        "user_id": user.pk,
        "username": _username(user, group_id),
        "content": content,
        "timestamp": clock.text(now),
    }
    mine, newest = {"id": group_id, "members": user.pk}, {"$max": {"last_message_at": now}}
    try:
        there = MESSAGES.push(mine, [message], newest)
    except WriteError as error:
        if error.code in TOO_LARGE:
            raise Problem(Code.group_chat_full) from error
        raise
    if not there:
        Group.objects.require_member(user.pk, group_id)
    on_commit(metrics.group_messages.inc)
    return shown(message, group_id=group_id, index=0, reader_id=user.pk)


def _username(user, group_id):
    try:
        return membership.known_name(user.pk, group_id)
    except membership.Nameless:  # no member, or one whom another program put in
        Group.objects.require_member(user.pk, group_id)
        return membership.name(user.pk, group_id)


def shown(message: dict, *, group_id: str, index: int, reader_id: str) -> dict:
    """What a member sees of the stored message at position `index` of the whole history.

    {"id", "username", "is_mine", "content", "timestamp", "hidden"}; nothing of its sender.
    """
    hidden = bool(message.get("hidden"))
    return {
        "id": id_of(group_id, index, message),
        "username": message.get("username") or UNKNOWN,
        "is_mine": message.get("user_id") == reader_id,
        "content": "" if hidden else message.get("content") or "",
        "timestamp": datetime_text(message.get("timestamp")),
        "hidden": hidden,
    }


def visible(message: dict, muted: set[str]) -> bool:
    """Whether a reader sees the message; `muted` are mutes.muted_by(...)."""
    return message.get("user_id") not in muted


@dataclass
class History(Positions):
    """The messages of a group as a member sees them, newest first. Positions as Tail's."""

    reader_id: str = ""
    muted: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, *, user: User, group_id: str) -> "History":
        """Raises Problem `not_found`, `not_a_member`."""
        group = Group.objects.require_member(user.pk, group_id)
        muted = mutes.muted_by(user_id=user.pk, group_id=group_id)
        first = archive.archived(group, MESSAGES.array)
        return cls(match={"id": group_id}, first=first, reader_id=user.pk, muted=muted)

    def page(self, position, backwards, limit) -> Page:
        """As Tail's, less what the reader has muted: it looks on until the page is full."""
        page = super().page(position, backwards, limit)
        rows, looks = self._seen(page), 1
        while len(rows) < limit and looks < MOST_LOOKS:
            further = page.before if backwards else page.after
            if further is None:
                break
            more = super().page(further, backwards, limit - len(rows))
            rows = self._seen(more) + rows if backwards else rows + self._seen(more)
            page = Page(
                [], *((page.after, more.before) if backwards else (more.after, page.before))
            )
            looks += 1
        return Page(rows, after=page.after, before=page.before)

    def _seen(self, page):
        return [
            shown(row, group_id=self.match["id"], index=index, reader_id=self.reader_id)
            for index, row in page.rows
            if visible(row, self.muted)
        ]
