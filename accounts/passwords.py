"""Passwords, which only the admin takes: reset by e-mail, single use, one hour."""

import logging
import secrets
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.mail import send_mail

from accounts import sessions
from accounts.models import PasswordReset, User
from doit_site import clock
from doit_site.api import throttles
from doit_site.api.problems import Code, Problem, invalid
from doit_site.mongo.client import current_session
from doit_site.mongo.fields import new_id
from doit_site.mongo.transactions import transactional

logger = logging.getLogger("doit.accounts")

GOOD_FOR = timedelta(hours=1)

# The answer must not take longer for an address that is known, so the mail goes out beside it.
_mailers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")


def request_reset(*, email: str) -> None:
    """Mail a reset link to the owner of the address, if there is one; tells nobody whether."""
    email = email.lower()
    throttles.spend("reset_email", email)
    document = User.objects.collection.find_one({"email": email})
    if document is None:
        return
    token = secrets.token_urlsafe(32)
    now = clock.now()
    PasswordReset.objects.collection.insert_one(
        {
            "id": new_id(),
            "user_id": document["id"],
            "token_hash": sessions.token_hash(token),
            "created_at": now,
            "expires_at": now + GOOD_FOR,
        }
    )
    _mailers.submit(copy_context().run, _mail, email, token)  # its lines name the request


def _mail(email, token):
    try:
        _send(email, token)
    except Exception as error:
        # What a mail server answers may hold the address.
        logger.error("a password reset could not be mailed: %s", type(error).__name__)


def _send(email, token):
    send_mail(
        "Reset your DoIt password",
        "Somebody, hopefully you, asked for a new password for the DoIt admin.\n\n"
        f"Your reset token, good once and for one hour:\n\n  {token}\n\n"
        f"Send it with the new password to {settings.PUBLIC_URL}"
        "/api/v1/auth/password/reset/confirm/\n\n"
        "If it was not you, do nothing: the password stays as it is.\n",
        None,
        [email],
    )


def confirm_reset(*, token: str, new_password: str) -> None:
    """Set the password and end all sessions and other resets of its owner.

    Raises Problem `reset_invalid`, or `invalid_input` at /new_password, after which the
    token is still good.
    """
    row = PasswordReset.objects.collection.find_one(
        {"token_hash": sessions.token_hash(token), "expires_at": {"$gt": clock.now()}}
    )
    document = row and User.objects.collection.find_one({"id": row["user_id"]})
    if not document:
        raise _invalid()
    _validate(new_password, User.from_document(document))
    _set(row, make_password(new_password))


def _validate(password, user):
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise invalid("/new_password", "invalid", " ".join(error.messages)) from error


@transactional
def _set(row, password):
    used = PasswordReset.objects.collection.delete_one(
        {"_id": row["_id"]}, session=current_session()
    )
    if not used.deleted_count:
        raise _invalid()
    User.objects.collection.update_one(
        {"id": row["user_id"]}, {"$set": {"password": password}}, session=current_session()
    )
    PasswordReset.objects.collection.delete_many(
        {"user_id": row["user_id"]}, session=current_session()
    )
    sessions.revoke_all(user_id=row["user_id"])


def _invalid():
    detail = "The reset token is wrong, used or expired. Ask for a new one."
    rows = [{"pointer": "/token", "code": "reset_invalid", "detail": detail}]
    return Problem(Code.reset_invalid, detail, errors=rows)
