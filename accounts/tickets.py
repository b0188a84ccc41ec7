"""Tickets: a stream opened where no header can be sent, as by a browser's EventSource.

Good once, for a minute, and no longer than the session that asked for it.
"""

import secrets
from datetime import timedelta

from accounts import sessions
from accounts.models import StreamTicket
from doit_site import clock
from doit_site.mongo.client import current_session
from doit_site.mongo.shapes import as_datetime

PREFIX = "doit_ticket_"
GOOD_FOR = timedelta(seconds=60)


def issue(*, session: dict) -> dict:
    """{"ticket", "expires_in"} of the person whose session it is; the ticket is shown only now."""
    ticket = PREFIX + secrets.token_urlsafe(32)
    StreamTicket.objects.collection.insert_one(
        {
            "_id": sessions.token_hash(ticket),
            "user_id": session["user_id"],
            "session_id": session["id"],
            "expires_at": clock.now() + GOOD_FOR,
        },
        session=current_session(),
    )
    return {"ticket": ticket, "expires_in": int(GOOD_FOR.total_seconds())}


def redeem(ticket: str) -> dict | None:
    """The live session that asked for the ticket, as sessions.find gives it; used up by this call."""
    row = StreamTicket.objects.collection.find_one_and_delete(
        {"_id": sessions.token_hash(ticket)}, session=current_session()
    )
    # The TTL may lag by a minute, so the expiry counts here too.
    if row is None or as_datetime(row["expires_at"]) <= clock.now():
        return None
    return sessions.find_by_id(row["session_id"])
