"""Sending what is due: at most one message a person and local day, however many send at once.

The day is claimed by one atomic update before its message goes out, so of two senders one sends. A
crash in between loses that message: better none than two. A message that surely did not go out
gives the claim back and is tried again within the hour; where that is not sure, it counts as sent.
"""

import logging
from collections.abc import Iterator
from enum import StrEnum

from django.db import DatabaseError
from pymongo.errors import PyMongoError

from accounts import reminders
from accounts.models import User
from doit_site import clock
from doit_site.api.problems import storage_is_gone
from goals.reminders import contents, letters
from goals.reminders.post import NotSent, Post

logger = logging.getLogger("doit.goals")

READ = (
    *("id", "phone_number", "email", "name", "status", "time_zones"),
    *("preferences", "reminders", "remind_at"),
)
NEEDED = {"_id": 0} | dict.fromkeys(READ, 1)


class Outcome(StrEnum):
    """What became of one person's turn."""

    reminded = "reminded"
    summarised = "summarised"
    nothing_due = "nothing_due"
    too_late = "too_late"  # the quiet hours or another day have begun; or none are wanted
    taken = "taken"  # another sender was first, or the person changed something just now
    delayed = "delayed"  # it failed, and will be tried again
    lost = "lost"  # it failed, and will not


def count_due() -> int:
    """How many people have something due by now."""
    return User.objects.collection.count_documents(_due(), hint="remind_at_index")


def send_due(*, dry_run: bool = False) -> Iterator[Outcome]:
    """Send what is due now; yields the outcome of each person's turn.

    With `dry_run` what it would be, and nothing is sent or stored.
    """
    people = User.objects.collection.find(_due(), {"_id": 0, "id": 1}).sort("remind_at", 1)
    with Post() as post:
        for row in people:
            yield _turn_of(row["id"], None if dry_run else post)


def _due():
    return {"remind_at": {"$lte": clock.now()}}


def _turn_of(user_id, post) -> Outcome:
    """One person's trouble is not that of those after them; that of the database is everybody's."""
    try:
        person = User.objects.collection.find_one({"id": user_id}, NEEDED)
        return remind(person=person, post=post) if person else Outcome.taken
    except (PyMongoError, DatabaseError) as error:
        if storage_is_gone(error):
            raise
        _log(error)
    except Exception as error:
        _log(error)
    return Outcome.lost


def remind(*, person: dict, post: Post | None) -> Outcome:
    """Send the person, as just read, their message of today, if there is one. `post` None: a rehearsal."""
    now = clock.now()
    if not _is_due(person, now):
        return _skip(person, now, post, Outcome.too_late)
    calendar = User.from_document(person).calendar
    stored = person["reminders"]
    summary = contents.summary_is_due(
        reminders.of(person), stored.get("summarised_on"), calendar, now
    )
    found = contents.of(user_id=person["id"], calendar=calendar, moment=now, summary=summary)
    if not (found.due or found.weeks):
        return _skip(person, now, post, Outcome.nothing_due)
    sent = Outcome.summarised if found.weeks else Outcome.reminded
    if post is None:
        return sent
    claim = reminders.claim(person=person, moment=now, summary=bool(found.weeks))
    return _send(claim, found, post, sent) if claim else Outcome.taken


def _is_due(person, now) -> bool:
    active = (person.get("status") or User.ACTIVE) == User.ACTIVE
    return active and reminders.is_due(person, now)


def _skip(person, now, post, outcome) -> Outcome:
    if post:
        reminders.put_off(person=person, moment=now)
    return outcome


def _send(claim, found, post, sent) -> Outcome:
    person = claim.before
    stop = reminders.unsubscribe_url(person["id"])
    try:
        post.send(person, letters.written(found, name=person.get("name") or "", stop=stop))
    except NotSent as error:
        _log(error.__cause__ or error)
        again = reminders.release(claim=claim, moment=clock.now())
        return Outcome.delayed if again else Outcome.lost
    return sent


def _log(error):
    """Only its type: what a mail server answers may hold the address."""
    logger.error("a reminder could not be sent: %s", type(error).__name__)
