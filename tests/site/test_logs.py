"""Log lines: one a request, with its id and route, and nothing of a person, whatever happens."""

import json
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.test import Client as BrowserClient
from django.urls import path
from pymongo.errors import DuplicateKeyError

from accounts import passwords
from doit_site import error_reports, metrics
from doit_site.logs import Lines, current_request, exception_of
from tests.faults.conftest import until
from tests.site.log_lines import (
    EMAIL,
    FIXED,
    MESSAGE,
    NAME,
    PHONE,
    QUERY,
    TITLE,
    capture,
    found,
    lines,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture
def logged():
    """logged() -> the lines written since the test began, as production writes them."""
    with capture(Lines()) as read:
        yield read


def test_a_request_is_one_line_with_its_id_route_status_and_time(alice_api, a_goal, logged):
    goal = a_goal()
    response = alice_api.get(f"/api/v1/goals/{goal['id']}/?x=1")
    line = lines(logged())[-1]
    assert line["request_id"] == response["X-Request-ID"]
    assert line["route"] == "api/v1/goals/<str:id>/"
    assert (line["method"], line["status"], line["event"]) == ("GET", 400, "request")
    assert (line["level"], line["logger"]) == ("info", "doit.access")
    assert 0 < line["duration_ms"] < 60_000
    assert line["timestamp"].endswith("+00:00")
    assert len(lines(logged())) == 2


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/health/live/", "health/live/"),
        ("/api/v1/14155550187/", metrics.UNMATCHED),
        ("/14155550187", metrics.UNMATCHED),
        ("/static/x.css", "static"),
        ("/admin/login/", "admin/login/"),
    ],
)
def test_every_answer_has_its_line_whoever_gave_it(api, path, route, logged):
    response = api.get(path)
    (line,) = lines(logged())
    assert (line["route"], line["status"]) == (route, response.status_code)
    assert line["request_id"] == response["X-Request-ID"]


def test_what_is_logged_on_the_way_has_the_request_too(alice, database, settings, api, logged):
    settings.EMAIL_BACKEND = "nowhere.EmailBackend"
    database.users.update_one({"id": alice.pk}, {"$set": {"email": EMAIL, "name": NAME}})
    response = api.post("/api/v1/auth/password/reset/", {"email": EMAIL})
    passwords._mailers.submit(lambda: None).result(10)  # one thread, so the mail is done
    until(lambda: "mailed" in logged(), 10, "the line of the mailer")
    (line,) = [line for line in lines(logged()) if line["logger"] == "doit.accounts"]
    assert line["request_id"] == response["X-Request-ID"]
    assert line["route"] == "api/v1/auth/password/reset/"
    assert found(FIXED, logged()) == []


def test_requests_at_once_keep_their_lines_apart(client_of, alice, logged):
    barrier, ids = threading.Barrier(8), []

    def ask(number):
        client = client_of(alice)
        barrier.wait()
        ids.append(client.get("/api/v1/me/", HTTP_X_REQUEST_ID=f"request-{number}")["X-Request-ID"])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(line["request_id"] for line in lines(logged())) == sorted(ids)
    assert current_request.get() is None


@pytest.mark.urls("tests.site.urls")
def test_a_crash_tells_where_and_of_what_type_but_not_what_it_says(alice_api, logged):
    response = alice_api.get("/api/v1/tests/crash/")
    crash, access = lines(logged())
    assert crash["level"] == "error"
    assert crash["exception"][0]["type"] == "RuntimeError"
    assert crash["exception"][0]["frames"][-1].startswith("tests/site/urls.py:")
    assert crash["request_id"] == access["request_id"] == response["X-Request-ID"]
    assert access["status"] == 500
    assert "secret" not in logged()


def test_a_crash_is_logged_once_and_refusals_are_not_errors(alice_api, logged):
    alice_api.get("/api/v1/nowhere/")
    alice_api.post("/api/v1/goals/", {})
    assert [line["level"] for line in lines(logged())] == ["info", "info"]


def crash(request):
    raise ValueError(PHONE)


urlpatterns = [path("page/", crash)]


@pytest.mark.urls(__name__)
def test_a_crash_of_a_page_is_logged_once_with_its_frames(db, logged):
    browser = BrowserClient(raise_request_exception=False)
    assert browser.get("/page/", secure=True).status_code == 500
    crash, access = lines(logged())
    assert crash["event"] == "unhandled error"
    assert crash["exception"][0]["frames"][-1].endswith(" crash")
    assert crash["request_id"] == access["request_id"]
    assert (access["route"], access["status"]) == ("page/", 500)
    assert found(FIXED, logged()) == []


def test_an_error_of_the_database_is_told_without_the_values_it_quotes(database):
    error = duplicate(database)
    assert PHONE in str(error)
    told = json.dumps(exception_of(error))
    assert "pymongo.errors.DuplicateKeyError" in told
    assert '"code": 11000' in told
    assert "tests/site/test_logs.py:" in told
    assert PHONE not in told


def duplicate(database):
    database.users.insert_one(
        {"id": "1" * 36, "phone_number": PHONE}, bypass_document_validation=True
    )
    try:
        database.users.insert_one(
            {"id": "2" * 36, "phone_number": PHONE}, bypass_document_validation=True
        )
    except DuplicateKeyError as error:
        return error
    raise AssertionError("two people with one number")


def record(name, message, *args, error=None):
    exc_info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord(name, logging.WARNING, "x.py", 1, message, args, exc_info)


def test_causes_are_told_too_and_never_without_end():
    try:
        try:
            int(PHONE + "x")
        except ValueError as error:
            raise RuntimeError(PHONE) from error
    except RuntimeError as raised:
        error = raised
    told = exception_of(error)
    error.__cause__.__cause__ = error  # a circle
    assert len(exception_of(error)) == 5
    assert [row["type"] for row in told] == ["RuntimeError", "ValueError"]
    assert PHONE not in json.dumps(told)


def test_lines_of_other_packages_keep_their_templates_and_lose_their_values():
    line = json.loads(Lines().format(record("some.package", "cannot call %s", PHONE)))
    assert line["event"] == "cannot call %s"
    line = json.loads(Lines().format(record("django.security.DisallowedHost", f"host {PHONE}")))
    assert line["event"] == "refused"
    twin = logging.Formatter().format(record("some.package", "cannot call %s", PHONE))
    assert PHONE in twin


def test_lines_are_readable_in_development():
    line = Lines(readable=True).format(record("doit.x", "the %s", "event"))
    assert "the event" in line
    assert not line.startswith("{")


def test_reports_keep_types_and_frames_and_nothing_a_person_gave():
    frame = {"filename": "goals/chat.py", "function": "send", "lineno": 7, "vars": {"x": PHONE}}
    event = {
        "event_id": "1",
        "exception": {"values": [{"type": "E", "value": PHONE, "stacktrace": {"frames": [frame]}}]},
        "request": {"url": f"https://x/{PHONE}", "data": {"title": TITLE}, "cookies": QUERY},
        "user": {"id": PHONE},
        "logentry": {"message": "%s", "params": [PHONE]},
        "breadcrumbs": {"values": [{"message": MESSAGE}]},
        "extra": {"a": NAME},
        "transaction": f"/{PHONE}",
        "contexts": {"x": EMAIL},
    }
    assert found(FIXED, json.dumps(event))
    scrubbed = error_reports.scrub(event)
    assert found(FIXED, json.dumps(scrubbed)) == []
    (error,) = scrubbed["exception"]["values"]
    assert error["type"] == "E"
    assert error["stacktrace"]["frames"][0]["lineno"] == 7


def test_a_dsn_without_the_package_is_one_clear_line():
    command = [sys.executable, "-c", "import django; django.setup()"]
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "doit_site.settings",
        "SENTRY_DSN": "https://key@sentry.example/1",
    }
    result = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    (line,) = lines(result.stderr)
    assert line["event"].startswith("SENTRY_DSN is set, but sentry-sdk is not installed")
    assert "key@" not in result.stderr


SERVERS = """
import logging, sys
import django
for name in ("uvicorn", "_granian", "granian.access", "uvicorn.access"):
    logger = logging.getLogger(name)
    logger.addHandler(logging.StreamHandler())
    logger.propagate = False
if sys.argv[1] == "ours":
    django.setup()
for name in ("uvicorn.access", "granian.access"):
    logging.getLogger(name).warning("GET /stream/?ticket=%s", "canary")
try:
    int("canary")
except ValueError:
    logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
"""


@pytest.mark.parametrize(("whose", "leaks"), [("ours", False), ("the servers'", True)])
def test_the_servers_around_the_application_are_scrubbed_too(whose, leaks):
    """With the twin: by their own handlers they tell of the path and of what an error says."""
    command = [sys.executable, "-c", SERVERS, whose]
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "doit_site.settings"}
    result = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert ("canary" in result.stderr) == leaks
    assert "Exception in ASGI application" in result.stderr
