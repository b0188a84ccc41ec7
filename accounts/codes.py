"""One-time codes: sending, guessing (trust.md, "Protocol"; "Codes")."""

import hmac
import math
import secrets
from datetime import timedelta

from pymongo.errors import DuplicateKeyError

from accounts import sms
from accounts.models import SignInCode
from doit_site import clock, metrics
from doit_site.api import throttles
from doit_site.api.problems import Code, Problem
from doit_site.mongo.client import current_session
from doit_site.mongo.fields import new_id
from doit_site.mongo.shapes import as_datetime

SIGN_IN = "sign_in"
GOOD_FOR = timedelta(minutes=5)
RESEND_AFTER = timedelta(seconds=60)
MAX_GUESSES = 5


def change_of_phone(user_id: str) -> str:
    """The purpose of a code that proves a new number of this person."""
    return f"phone:{user_id}"


def send(*, phone_number: str, purpose: str) -> dict:
    """Send a new code, which kills the old one: {expires_in, resend_in} in seconds.

    Raises Problem `throttled` within 60 s of the last or past the day's number, and
    `sms_unavailable`, after which another may be asked for at once.
    """
    throttles.spend("otp_phone", phone_number)
    code = f"{secrets.randbelow(10**6):06}"
    try:
        _store(phone_number, purpose, code)
        sms.send_code(to=phone_number, code=code)
    except Problem as problem:
        throttles.give_back("otp_phone", phone_number)
        if problem.code is Code.sms_unavailable:
            metrics.codes_failed.inc()
            _codes().delete_one({"phone_number": phone_number, "purpose": purpose})
        raise
    metrics.codes_sent.inc()
    return {
        "expires_in": int(GOOD_FOR.total_seconds()),
        "resend_in": int(RESEND_AFTER.total_seconds()),
    }


def _store(phone_number, purpose, code):
    now = clock.now()
    try:
        _codes().update_one(
            {
                "phone_number": phone_number,
                "purpose": purpose,
                "sent_at": {"$lte": now - RESEND_AFTER},
            },
            {
                "$set": {
                    "digest": _digest(phone_number, purpose, code),
                    "guesses": 0,
                    "sent_at": now,
                    "expires_at": now + GOOD_FOR,
                },
                "$setOnInsert": {"id": new_id()},
            },
            upsert=True,
        )
    except DuplicateKeyError as error:
        # The number has a younger code, so the upsert collided with it.
        raise _too_soon(phone_number, purpose, now) from error


def _too_soon(phone_number, purpose, now):
    row = _codes().find_one({"phone_number": phone_number, "purpose": purpose}) or {}
    sent_at = as_datetime(row.get("sent_at")) or now
    wait = str(max(1, math.ceil((sent_at + RESEND_AFTER - now).total_seconds())))
    metrics.throttled("resend")
    return Problem(
        Code.throttled,
        f"A code was just sent; try again in {wait} s.",
        headers={"Retry-After": wait},
    )


def guess(*, phone_number: str, purpose: str, code: str, address: str) -> dict:
    """The row of the code that was guessed, for `use`; raises Problem `code_invalid`.

    A guess counts before it is compared, so that no more than 5 ever are, however many
    arrive at once. A failed one also counts against the address (`otp_ip`).
    """
    throttles.check("otp_ip", address)
    row = _codes().find_one_and_update(
        {
            "phone_number": phone_number,
            "purpose": purpose,
            "guesses": {"$lt": MAX_GUESSES},
            "expires_at": {"$gt": clock.now()},
        },
        {"$inc": {"guesses": 1}},
    )
    given = _digest(phone_number, purpose, code)
    if not hmac.compare_digest(given, row["digest"] if row else "") or row is None:
        throttles.spend("otp_ip", address)
        raise _invalid()
    return row


def use(row: dict) -> None:
    """Consume a guessed code; raises Problem `code_invalid` when another request just did."""
    used = _codes().delete_one(
        {"_id": row["_id"], "digest": row["digest"]}, session=current_session()
    )
    if not used.deleted_count:
        raise _invalid()


def _invalid():
    detail = "The code is wrong, used or expired. Ask for a new one."
    rows = [{"pointer": "/code", "code": "code_invalid", "detail": detail}]
    return Problem(Code.code_invalid, detail, errors=rows)


def _digest(phone_number, purpose, code):
    return throttles.digest(f"code\n{phone_number}\n{purpose}\n{code}")


def _codes():
    return SignInCode.objects.collection
