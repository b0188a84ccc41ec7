"""Sending a text message: to the terminal, to a file, or through Twilio."""

import json
import sys
from pathlib import Path

import httpx
from django.conf import settings

from doit_site.api.problems import Code, Problem

# Together less than the request's deadline (trust.md, "Protocol"), so that a failure can be undone.
TIMEOUT = httpx.Timeout(1.5, connect=1)


def send_code(*, to: str, code: str) -> None:
    """Send a sign-in code to +`to`; raises Problem `sms_unavailable` when it cannot be sent."""
    body = f"{code} is your DoIt code. It is good for 5 minutes. Give it to nobody."
    _BACKENDS[settings.SMS_BACKEND](to, body, code)


def send_text(*, to: str, body: str) -> None:
    """Send a text that carries no code to +`to`; raises Problem `sms_unavailable` as above."""
    _BACKENDS[settings.SMS_BACKEND](to, body, None)


def _console(to, body, code):
    print(f"\n  SMS to +{to}: {body}\n", file=sys.stderr, flush=True)


def _file(to, body, code):
    line = json.dumps({"to": to, "body": body, "code": code})
    with Path(settings.SMS_FILE).open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def _twilio(to, body, code):
    """Twilio's Messages resource: a form POST with basic authentication answers 201."""
    account = settings.TWILIO_ACCOUNT_SID
    try:
        httpx.post(
            f"{settings.TWILIO_BASE_URL}/2010-04-01/Accounts/{account}/Messages.json",
            data={"To": f"+{to}", "From": settings.TWILIO_FROM, "Body": body},
            auth=(account, settings.TWILIO_AUTH_TOKEN),
            timeout=TIMEOUT,
        ).raise_for_status()
    except httpx.HTTPError as error:
        raise Problem(
            Code.sms_unavailable,
            "The message could not be sent; try again in a moment.",
            headers={"Retry-After": "10"},
        ) from error


_BACKENDS = {"console": _console, "file": _file, "twilio": _twilio}
