"""Errors to Sentry, where SENTRY_DSN is set and sentry-sdk installed: as in the log, no persons."""

import importlib
import importlib.util
import logging
from typing import Any

from django.conf import settings

from doit_site.logs import request_fields

logger = logging.getLogger("doit.error_reports")

# All that an event may keep; of its request nothing, which has the URL, headers and the body.
KEPT = {
    *("event_id", "timestamp", "platform", "level", "logger", "environment", "release", "sdk"),
    *("server_name", "exception"),
}
OF_A_FRAME = ("filename", "module", "function", "lineno", "in_app")


def start() -> None:
    """Begin reporting; without a DSN nothing happens, without the package one line is logged."""
    if not settings.SENTRY_DSN:
        return
    if importlib.util.find_spec("sentry_sdk") is None:
        logger.warning("SENTRY_DSN is set, but sentry-sdk is not installed: no errors are reported")
        return
    sentry_sdk = importlib.import_module("sentry_sdk")
    django = importlib.import_module("sentry_sdk.integrations.django")

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=scrub,
        auto_session_tracking=False,
        auto_enabling_integrations=False,  # that of pymongo listens to every operation
        integrations=[django.DjangoIntegration()],
    )


def scrub(event: Any, hint: Any = None) -> Any:
    """The event with the types and frames of its errors, and nothing that a person gave."""
    kept = {name: value for name, value in event.items() if name in KEPT}
    errors = (event.get("exception") or {}).get("values") or ()
    return kept | {
        "exception": {"values": [_error(error) for error in errors]},
        "tags": request_fields(),
    }


def _error(error: dict[str, Any]) -> dict[str, Any]:
    frames = (error.get("stacktrace") or {}).get("frames") or ()
    return {
        "type": error.get("type"),
        "module": error.get("module"),
        "stacktrace": {
            "frames": [{name: frame.get(name) for name in OF_A_FRAME} for frame in frames]
        },
    }
