import json
import re

import pytest
from django.test import Client as BrowserClient

from tests.problem_details import assert_problem

GOALS = "/api/v1/goals/"
MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize("given", ["abcdefgh", "A-b_c.9" * 9, "0" * 64])
def test_a_request_id_is_echoed(alice_api, given):
    assert alice_api.get("/api/v1/me/", HTTP_X_REQUEST_ID=given)["X-Request-ID"] == given
    assert (
        assert_problem(alice_api.get("/api/v1/x/", HTTP_X_REQUEST_ID=given), 404)["request_id"]
        == given
    )


@pytest.mark.parametrize(
    "given",
    ["", "short", "x" * 65, "with space", "line\nbreak", "<script>alert(1)</script>", "ünicode"],
)
def test_a_request_id_that_is_no_id_is_replaced(alice_api, given):
    answer = alice_api.get("/api/v1/me/", HTTP_X_REQUEST_ID=given)["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{32}", answer)


def test_every_request_has_an_id_of_its_own(api):
    ids = {
        api.get(path)["X-Request-ID"] for path in ("/health/live/", "/api/v1/me/", "/admin/", "/x")
    }
    assert len(ids) == 4


def padded(size):
    body = {"title": "a", "description": "b", "target_date": "2020-01-01", "x": ""}
    body["x"] = "y" * (size - len(json.dumps(body)))
    return json.dumps(body).encode()


def test_a_body_of_1_mib_is_read_and_one_byte_more_is_413(alice_api):
    fits = alice_api.generic("POST", GOALS, padded(MEBIBYTE), content_type="application/json")
    assert_problem(fits, 400, "unknown_field")
    over = alice_api.generic("POST", GOALS, padded(MEBIBYTE + 1), content_type="application/json")
    assert_problem(over, 413, "body_too_large")


def test_a_body_that_is_declared_too_large_is_refused_unread_and_unasked(api):
    response = api.generic(
        "POST", GOALS, b"{}", content_type="application/json", CONTENT_LENGTH=str(MEBIBYTE + 1)
    )
    assert_problem(response, 413, "body_too_large")


@pytest.mark.parametrize("length", ["many", "-5", "1e3", "\u0663"])
def test_a_content_length_that_is_no_length_is_not_an_error_of_the_server(alice_api, length):
    response = alice_api.generic(
        "POST", GOALS, b"{}", content_type="application/json", CONTENT_LENGTH=length
    )
    assert_problem(response, 400)


def test_a_body_without_its_length_is_refused_not_dropped(alice_api, a_goal, database):
    url = f"{GOALS}{a_goal()['id']}/roadmap/"
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    response = alice_api.post(url, {"minutes_per_day": 15}, **chunked)
    assert_problem(response, 411, "length_required")
    assert database.goals.find_one()["roadmap"] is None


def test_a_host_that_is_not_served_is_a_problem_too(api):
    assert_problem(api.get("/api/v1/me/", HTTP_HOST="evil.example"), 400, "bad_request")


def test_answers_are_private_and_revalidated(alice_api, a_goal):
    goal = a_goal()
    url = f"{GOALS}{goal['id']}/"
    first = alice_api.get(url)
    assert first["Cache-Control"] == "private, no-cache"
    again = alice_api.get(url, HTTP_IF_NONE_MATCH=first["ETag"])
    assert again.status_code == 304
    assert again.content == b""
    alice_api.patch(url, {"title": "Another"})
    changed = alice_api.get(url, HTTP_IF_NONE_MATCH=first["ETag"])
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_plain_http_is_redirected_in_production_except_for_health(api):
    assert api.get("/api/v1/me/", secure=False).status_code == 301
    assert api.get("/health/live/", secure=False).status_code == 200


def test_pages_are_guarded_against_frames_and_forms_of_others(db):
    browser = BrowserClient(enforce_csrf_checks=True)
    assert browser.get("/admin/login/", secure=True)["X-Frame-Options"] == "DENY"
    assert browser.post("/admin/login/", {}, secure=True).status_code == 403


def test_pages_of_other_origins_may_not_read_the_api_unless_named(alice, client_of, settings):
    """With CORS_ORIGINS the middleware is there: tests/site/test_environment.py."""
    origin = {"HTTP_ORIGIN": "https://app.example.org"}
    unnamed = client_of(alice).get("/api/v1/me/", **origin)
    assert "Access-Control-Allow-Origin" not in unnamed.headers
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.org"]
    settings.MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware", *settings.MIDDLEWARE]
    alice_api = client_of(alice)
    response = alice_api.get("/api/v1/me/", **origin)
    assert response["Access-Control-Allow-Origin"] == "https://app.example.org"
    assert "Retry-After" in response["Access-Control-Expose-Headers"]
    preflight = alice_api.options(
        "/api/v1/me/",
        **origin,
        HTTP_ACCESS_CONTROL_REQUEST_METHOD="PATCH",
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS="authorization, content-type",
    )
    assert preflight.status_code == 200
    assert "PATCH" in preflight["Access-Control-Allow-Methods"]
    assert "authorization" in preflight["Access-Control-Allow-Headers"]
