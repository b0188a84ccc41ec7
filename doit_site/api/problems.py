"""Errors as RFC 9457 problem details, with a code that clients branch on."""

import logging
from enum import Enum

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import Http404, HttpResponse, JsonResponse
from pymongo.errors import ConnectionFailure, ExecutionTimeout, PyMongoError, WTimeoutError
from rest_framework import exceptions
from rest_framework.response import Response

logger = logging.getLogger("doit.api")

CONTENT_TYPE = "application/problem+json"


class Code(Enum):
    """Every `code` a problem may carry: its HTTP status and its title."""

    # input
    invalid_input = 400, "The request has invalid values"
    unknown_field = 400, "The request has a field that does not exist"
    read_only_field = 400, "The request has a field that only the server sets"
    unknown_parameter = 400, "The query has a parameter that does not exist"
    invalid_cursor = 400, "The cursor cannot be read"
    malformed = 400, "The request body is not usable JSON"
    invalid_idempotency_key = 400, "The Idempotency-Key is not usable"
    bad_request = 400, "The request cannot be understood"
    # identity
    not_authenticated = 401, "Sign in first"
    invalid_token = 401, "The token is not valid"
    account_suspended = 403, "The account is suspended"
    permission_denied = 403, "Not allowed"
    code_invalid = 400, "The code is wrong, used or expired"
    reset_invalid = 400, "The reset token is wrong, used or expired"
    email_taken = 409, "The e-mail address belongs to another account"
    phone_taken = 409, "The phone number belongs to another account"
    sms_unavailable = 503, "The message could not be sent"
    # state
    not_a_member = 403, "Only members of the group may"
    removed = 403, "You were removed from the group"
    not_found = 404, "Not found"
    no_roadmap = 404, "The goal has no roadmap yet"
    stale_version = 409, "The goal has changed since it was read"
    day_passed = 409, "The day is already passed"
    attempts_used = 409, "All attempts of the day are used"
    make_up_used = 409, "A goal has one make-up test in 30 days"
    make_up_too_late = 409, "The day ended more than 48 hours ago"
    roadmap_not_started = 409, "The roadmap has not begun"
    target_date_passed = 409, "The target date has passed"
    no_room = 409, "The days ahead have no room for what was missed"
    test_expired = 410, "The test has expired"
    goal_full = 409, "The goal holds no more"
    job_in_progress = 409, "The coach is at work on the goal"
    job_interrupted = 503, "The work was interrupted too often"
    job_timed_out = 503, "The work took too long"
    group_full = 409, "The group has no room"
    group_chat_full = 409, "The chat of the group holds no more"
    # protocol
    method_not_allowed = 405, "The method is not allowed here"
    not_acceptable = 406, "Only JSON is served"
    idempotency_in_progress = 409, "The first request with this key is still running"
    length_required = 411, "The body comes without Content-Length"
    body_too_large = 413, "The body is over 1 MiB"
    misdirected = 421, "Streams are served by the ASGI process"
    unsupported_media_type = 415, "Only application/json is read"
    idempotency_key_reused = 422, "The key was used for another request"
    too_slow = 429, "The reader does not keep up with the stream"
    throttled = 429, "Too many requests"
    internal_error = 500, "Something went wrong here"
    storage_unavailable = 503, "The database does not answer"

    @property
    def status(self):
        return self.value[0]

    @property
    def title(self):
        return self.value[1]

    def __new__(cls, status, title):
        # Members with equal status and title would be aliases of one another otherwise.
        member = object.__new__(cls)
        member._value_ = (status, title, len(cls.__members__))
        return member


class Problem(exceptions.APIException):
    """An error answer. `code` is a Code; `errors` are {"pointer", "code", "detail"} rows."""

    def __init__(self, code: Code, detail=None, *, status=None, errors=(), headers=None):
        super().__init__(detail or code.title)
        self.code = code
        self.status_code = status or code.status
        self.errors = list(errors)
        self.headers = headers or {}


def invalid(pointer: str, code: str, detail: str) -> Problem:
    """A 400 about one field of the body, for rules that a serializer cannot hold."""
    return Problem(
        Code.invalid_input, detail, errors=[{"pointer": pointer, "code": code, "detail": detail}]
    )


def exception_handler(error, context):
    """DRF's hook: any exception of a view as a problem Response."""
    problem = as_problem(error)
    if problem.code is Code.method_not_allowed:
        problem.headers["Allow"] = ", ".join(context["view"].allowed_methods)
    if problem.code is Code.internal_error:
        request_id = getattr(context["request"], "id", "")
        logger.error("unhandled error, request %s", request_id, exc_info=error)
    return Response(
        body(problem, getattr(context["request"], "id", None)),
        status=problem.status_code,
        headers=problem.headers,
        content_type=CONTENT_TYPE,
    )


def body(problem: Problem, request_id: str | None) -> dict:
    """The members of RFC 9457, then ours."""
    result = {
        "type": f"{settings.PUBLIC_URL}/api/docs/errors/#{problem.code.name}",
        "title": problem.code.title,
        "status": problem.status_code,
        "detail": str(problem.detail),
        "code": problem.code.name,
        "request_id": request_id,
    }
    if problem.errors:
        result["errors"] = problem.errors
    return result


def as_problem(error: Exception) -> Problem:
    """The Problem that tells of `error` what its reader may know."""
    if isinstance(error, Problem):
        return error
    if storage_is_gone(error):
        return Problem(Code.storage_unavailable, headers={"Retry-After": "2"})
    if isinstance(error, exceptions.ValidationError):
        return _of_validation(error)
    if isinstance(error, exceptions.Throttled):
        wait = str(max(1, round(getattr(error, "wait", None) or 1)))
        return Problem(Code.throttled, f"Try again in {wait} s.", headers={"Retry-After": wait})
    for kind, code in _SIMPLE.items():
        if isinstance(error, kind):
            return Problem(code, _detail(error, code), headers=_headers(error))
    return Problem(Code.internal_error)


_SIMPLE = {
    Http404: Code.not_found,
    exceptions.NotFound: Code.not_found,
    PermissionDenied: Code.permission_denied,
    exceptions.PermissionDenied: Code.permission_denied,
    exceptions.AuthenticationFailed: Code.invalid_token,
    exceptions.NotAuthenticated: Code.not_authenticated,
    exceptions.MethodNotAllowed: Code.method_not_allowed,
    exceptions.NotAcceptable: Code.not_acceptable,
    exceptions.UnsupportedMediaType: Code.unsupported_media_type,
    exceptions.ParseError: Code.malformed,
}


def _detail(error, code):
    return str(error.detail) if isinstance(error, exceptions.APIException) else code.title


def _headers(error):
    header = getattr(error, "auth_header", None)
    return {"WWW-Authenticate": header} if header else {}


def storage_is_gone(error) -> bool:
    """Whether the database did not answer in time, as the driver or the ORM tells it."""
    if isinstance(error, DatabaseError):
        error = error.__cause__
    if not isinstance(error, PyMongoError):
        return False
    return (
        isinstance(error, ConnectionFailure | ExecutionTimeout | WTimeoutError)
        or error.timeout
        or error.has_error_label("TransientTransactionError")
        or error.has_error_label("RetryableWriteError")
    )


def _of_validation(error):
    rows = list(_flatten(error.detail, ""))
    codes = {row["code"] for row in rows}
    code = next(
        (known for known in (Code.unknown_field, Code.read_only_field) if known.name in codes),
        Code.invalid_input,
    )
    return Problem(code, rows[0]["detail"] if len(rows) == 1 else None, errors=rows)


def _flatten(detail, pointer):
    """{"pointer", "code", "detail"} rows of DRF's nested error details."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            inner = pointer if key == "non_field_errors" else f"{pointer}/{escape(str(key))}"
            yield from _flatten(value, inner)
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            nested = isinstance(value, dict | list)
            yield from _flatten(value, f"{pointer}/{index}" if nested else pointer)
    else:
        yield {
            "pointer": pointer,
            "code": getattr(detail, "code", "invalid"),
            "detail": str(detail),
        }


def escape(token: str) -> str:
    """A name as a token of a JSON Pointer (RFC 6901)."""
    return token.replace("~", "~0").replace("/", "~1")


def plain_response(problem: Problem, request_id: str) -> HttpResponse:
    """The problem as a response outside DRF."""
    return JsonResponse(
        body(problem, request_id),
        status=problem.status_code,
        headers=problem.headers,
        content_type=CONTENT_TYPE,
    )
