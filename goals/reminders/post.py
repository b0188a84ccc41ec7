"""The way out: e-mail to who has an address, SMS to the others; and what a failure means."""

import smtplib
import sys

import httpx
from django.core.mail import EmailMessage, get_connection

from accounts import sms
from doit_site.api.problems import Problem
from goals.reminders.letters import Letter

LETTERS_A_CONNECTION = 50  # mail servers end a connection after some


class NotSent(Exception):
    """The message surely did not go out: it may be sent again."""


class Post:
    """Sends letters, over one connection to the mail server while it lasts. Not for several threads."""

    def __init__(self) -> None:
        # Without this, in development, letters would be in the report on stdout.
        self._mail = get_connection(stream=sys.stderr)
        self._sent = 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._mail.close()

    def send(self, person: dict, letter: Letter) -> None:
        """Raises NotSent; whatever else it raises leaves open whether the message went out."""
        if email := person.get("email"):
            self._send_mail(email, letter)
        else:
            _send_text(person["phone_number"], letter)

    def _send_mail(self, email, letter):
        self._open()
        try:
            _mail_of(email, letter, self._mail).send()
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
            self._mail.close()
            raise NotSent from error
        except Exception:
            self._mail.close()
            raise
        self._sent += 1

    def _open(self):
        if self._sent % LETTERS_A_CONNECTION == 0:
            self._mail.close()
        try:
            self._mail.open()
        except (OSError, smtplib.SMTPException) as error:
            self._mail.close()
            raise NotSent from error


def _mail_of(email, letter, connection) -> EmailMessage:
    """RFC 8058: the mail program may offer a button of its own that ends them."""
    headers = {
        "List-Unsubscribe": f"<{letter.stop}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }
    return EmailMessage(
        letter.subject, letter.text, None, [email], headers=headers, connection=connection
    )


def _send_text(phone_number, letter):
    try:
        sms.send_text(to=phone_number, body=letter.short)
    except Problem as error:
        if _was_refused(error.__cause__):
            raise NotSent from error
        raise


def _was_refused(error) -> bool:
    """Never reached the provider, or was answered that it is wrong; a 500 or silence may have sent it."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code < 500
    return isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
