"""Whether and when a person wants reminders (`users.reminders`), and the end of them by a link.

Nobody gets one who did not ask. `users.remind_at` is when the next one is due: absent without
one, so that who sends them reads nobody else. goals.reminders sends them.
"""

import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing

from accounts import sessions
from accounts.embedded import Reminders
from accounts.models import User
from accounts.wall_times import Times, may_write, next_due, present_due
from doit_site import clock
from doit_site.api.problems import invalid
from doit_site.mongo.client import current_session
from doit_site.mongo.shapes import as_datetime
from doit_site.mongo.transactions import transactional

WISHES = ("enabled", "time", "quiet_from", "quiet_to", "weekly")
SALT = "doit.unsubscribe.reminders"
RETRY_AFTER = timedelta(minutes=10)
RETRIED_FOR = timedelta(hours=1)


def of(person: dict | None) -> dict[str, Any]:
    """The wishes of a person's document, or the defaults."""
    stored, fresh = (person or {}).get("reminders") or {}, Reminders()
    return {
        name: getattr(fresh, name) if stored.get(name) is None else stored[name] for name in WISHES
    }


def of_user(user: User) -> dict[str, Any]:
    """The wishes of a person as loaded."""
    stored = user.reminders
    return of({"reminders": stored and {name: getattr(stored, name) for name in WISHES}})


@transactional
def change(*, user: User, **wishes) -> dict[str, Any]:
    """Store wishes; those left out stay as they are. All of them as they then are.

    The next reminder is one still to come: turning them on in the evening sends none for this
    morning. Raises Problem `invalid_input` at /time where that lies in the quiet hours.
    """
    person = _find(user.pk)
    wanted = of(person) | wishes
    if times_of(wanted).is_quiet(wanted["time"]):
        raise invalid(
            "/time",
            "in_quiet_hours",
            f"{wanted['time']} lies in the quiet hours, "
            f"{wanted['quiet_from']} to {wanted['quiet_to']}.",
        )
    person["reminders"] = {**(person.get("reminders") or {}), **wanted}
    _store(person, _next(person, clock.now()))
    sessions.strike_out(user_id=user.pk)
    return wanted


def reschedule(person: dict) -> None:
    """Set when the next reminder of the person is due, after a change of zone or of preferences.

    To be called in the transaction of that change, with the document after it. A reminder that is
    due by now stays: a new zone begins at midnight.
    """
    now = clock.now()
    due = as_datetime(person.get("remind_at"))
    following = _next(person, now)
    if not (due and following and due <= now) and due != following:
        _store(person, following)


def wants_any(person: dict) -> bool:
    """Whether anything may be sent: reminders are on, and `preferences.notifications` is not off."""
    notifications = (person.get("preferences") or {}).get("notifications")
    return bool(of(person)["enabled"]) and notifications is not False


def times_of(wishes: dict) -> Times:
    return Times(wishes["time"], wishes["quiet_from"], wishes["quiet_to"])


# Sending: a claim before, so that of several senders at once one sends.


@dataclass(frozen=True, slots=True)
class Claim:
    """One person's message of one local day, claimed. `before` and `after`: the person's document."""

    before: dict
    after: dict


def is_due(person: dict, moment: datetime) -> bool:
    """Whether today's message may go out at `moment`: none went out today, and it is not quiet."""
    calendar = User.from_document(person).calendar
    last = (person.get("reminders") or {}).get("reminded_on") or ""
    if not wants_any(person) or last >= calendar.day(moment).isoformat():
        return False
    return may_write(times_of(of(person)), calendar, moment)


def claim(*, person: dict, moment: datetime, summary: bool) -> Claim | None:
    """Claim today's message of the person as just read; None where something changed since.

    That is another sender, or the person who wants no more. `summary`: the week's is in it.
    """
    today = User.from_document(person).calendar.day(moment).isoformat()
    said = {"reminded_on": today} | ({"summarised_on": today} if summary else {})
    after = person | {"reminders": {**person["reminders"], **said}}
    return _turn(person, after, _next(after, moment))


def put_off(*, person: dict, moment: datetime) -> None:
    """Nothing is sent for what is due: the next one is the next day's."""
    _turn(person, dict(person), _next(person, moment))


def release(*, claim: Claim, moment: datetime) -> bool:
    """Take back a claim whose message surely did not go out, to be tried again; whether it will be.

    Within the hour after it was due, and outside of the quiet hours; after that the day is lost.
    """
    times, again = times_of(of(claim.before)), moment + RETRY_AFTER
    calendar = User.from_document(claim.before).calendar
    due = present_due(times, calendar, again)
    if due is None or again >= due + RETRIED_FOR or not may_write(times, calendar, again):
        return False
    return _turn(claim.after, dict(claim.before), again) is not None


def _turn(before, after, remind_at) -> Claim | None:
    """Replace what `before` has of reminders by that of `after`, unless it changed meanwhile."""
    after["remind_at"] = remind_at
    done = User.objects.collection.update_one(
        {name: before.get(name) for name in ("id", "remind_at", "reminders")},
        _update(after, remind_at),
        session=current_session(),
    )
    return Claim(before, after) if done.modified_count else None


# The link


def unsubscribe_url(user_id: str) -> str:
    """The link that ends a person's reminders without signing in.

    Good for ever, also when they were turned on again since: it is in messages of months ago.
    """
    name = urlsafe_b64encode(uuid.UUID(user_id).bytes).decode().rstrip("=")
    return f"{settings.PUBLIC_URL}/unsubscribe/{_signer().sign(name)}/"


def is_link(token: str) -> bool:
    """Whether the token is one of ours; no look into the database."""
    return _named(token) is not None


@transactional
def unsubscribe(*, token: str) -> bool:
    """End the reminders of whom the token names; False for a token that is not ours.

    True as well where they were off already, or the person is gone.
    """
    user_id = _named(token)
    if user_id is None:
        return False
    person = User.objects.collection.find_one({"id": user_id}, session=current_session())
    if person and of(person)["enabled"]:
        person["reminders"] = person["reminders"] | {"enabled": False}
        _store(person, None)
        sessions.strike_out(user_id=user_id)
    return True


def _named(token) -> str | None:
    try:
        name = _signer().unsign(token)
    except signing.BadSignature:
        return None
    return str(uuid.UUID(bytes=urlsafe_b64decode(f"{name}==")))


def _signer():
    return signing.Signer(salt=SALT, sep="~")


def _find(user_id) -> dict[str, Any]:
    person = User.objects.collection.find_one({"id": user_id}, session=current_session())
    return person or {"id": user_id}


def _next(person, moment) -> datetime | None:
    """When the person's next reminder is due, after `moment`; None without one."""
    if not wants_any(person):
        return None
    calendar = User.from_document(person).calendar
    reminded = (person.get("reminders") or {}).get("reminded_on")
    today = calendar.day(moment)
    done = today if (reminded or "") >= today.isoformat() else None
    return next_due(times_of(of(person)), calendar, moment, done)


def _store(person, remind_at):
    User.objects.collection.update_one(
        {"id": person["id"]}, _update(person, remind_at), session=current_session()
    )


def _update(person, remind_at) -> dict[str, Any]:
    reminders = {"reminders": person["reminders"]} if person.get("reminders") else {}
    if remind_at is None:
        return {"$unset": {"remind_at": ""}} | ({"$set": reminders} if reminders else {})
    return {"$set": {**reminders, "remind_at": remind_at}}
