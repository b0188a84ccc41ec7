import json
import logging

import pytest
from django.test import Client as BrowserClient
from rest_framework.exceptions import ErrorDetail, ValidationError

from doit_site.api.problems import Code, Problem, as_problem, body
from tests.problem_details import assert_problem

GOALS = "/api/v1/goals/"


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/v1/",
        "/api/v2/goals/",
        "/api/v1/goal/",
        "/api/v1/goals",
        "/api/v1/goals/a/b/c/d/",
        "/api/v1/%00/",
        "/api/v1/goals/../../admin/",
        "/api/v1/\N{RIGHT-TO-LEFT OVERRIDE}/",
    ],
)
@pytest.mark.parametrize("debug", [False, True])
def test_an_unknown_route_is_a_problem_even_in_development(alice_api, settings, path, debug):
    settings.DEBUG = debug
    assert_problem(alice_api.get(path), 404, "not_found")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["/api/v1/nowhere/", "/api/nowhere/"])
def test_an_unknown_route_is_not_found_by_every_method_of_a_plain_client(method, path, db):
    client = BrowserClient(enforce_csrf_checks=True)
    assert_problem(getattr(client, method)(path, secure=True), 404, "not_found")


def test_a_method_that_a_route_has_not_is_405_and_names_those_it_has(alice_api):
    response = alice_api.put(GOALS, {})
    assert_problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, POST, HEAD"
    assert_problem(alice_api.delete("/api/v1/me/"), 405, "method_not_allowed")
    assert_problem(alice_api.generic("BREW", "/api/v1/me/"), 405, "method_not_allowed")
    assert_problem(alice_api.generic("TRACE", "/api/v1/me/"), 405, "method_not_allowed")


@pytest.mark.parametrize(
    "path", ["/api/v1/auth/otp/", "/api/v1/auth/logout/", GOALS, "/api/v1/me/"]
)
def test_options_answers_without_an_error_of_the_server(alice_api, path):
    assert_problem(alice_api.options(path), 405, "method_not_allowed")


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "nonsense",
    ],
)
def test_a_body_that_is_not_json_is_415(alice_api, media_type):
    response = alice_api.generic("POST", GOALS, b"title=x", content_type=media_type)
    assert_problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON; charset=utf-8"])
def test_json_is_read_whatever_the_parameters(alice_api, media_type):
    response = alice_api.generic("POST", GOALS, b"{}", content_type=media_type)
    assert_problem(response, 400, "invalid_input")


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*;q=0.1", ""])
def test_the_one_format_is_json_whatever_a_client_accepts(alice_api, accept):
    response = alice_api.get("/api/v1/me/", HTTP_ACCEPT=accept)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"


def test_without_a_token_the_answer_is_401_and_says_how_to_sign_in(api):
    response = api.get(GOALS)
    assert_problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == 'Bearer realm="doit"'


@pytest.mark.parametrize(
    "header",
    [
        "Bearer doit_unknown",
        "Bearer ",
        "Bearer",
        "Basic YTpi",
        "Token x",
        "Bearer \xff\xfe",
        "x" * 9000,
    ],
)
def test_a_token_that_nobody_has_is_401(api, header):
    response = api.get(GOALS, HTTP_AUTHORIZATION=header)
    assert_problem(response, 401, "invalid_token")
    assert response["WWW-Authenticate"] == 'Bearer realm="doit"'


def test_a_suspended_account_is_403(alice, alice_api, suspend):
    suspend(alice)
    assert_problem(alice_api.get(GOALS), 403, "account_suspended")


def test_malformed_json_is_400_and_says_where(alice_api):
    response = alice_api.generic("POST", GOALS, b'{"title": ', content_type="application/json")
    assert "line 1 column" in assert_problem(response, 400, "malformed")["detail"]


def test_too_many_requests_are_429_and_say_how_long_to_wait(alice_api, settings):
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "user": "2/min"}
    statuses = [alice_api.get("/api/v1/me/").status_code for _ in range(2)]
    response = alice_api.get("/api/v1/me/")
    assert statuses == [200, 200]
    assert_problem(response, 429, "throttled")
    assert 1 <= int(response["Retry-After"]) <= 60


@pytest.mark.urls("tests.site.urls")
@pytest.mark.parametrize("debug", [False, True])
def test_what_nobody_foresaw_is_500_and_tells_nothing(alice_api, settings, caplog, debug):
    settings.DEBUG = debug
    with caplog.at_level(logging.ERROR, "doit.api"):
        response = alice_api.get("/api/v1/tests/crash/")
    assert_problem(response, 500, "internal_error")
    assert b"secret" not in response.content
    assert b"RuntimeError" not in response.content
    (record,) = [record for record in caplog.records if record.name == "doit.api"]
    assert response["X-Request-ID"] in record.getMessage()
    assert "the secret of the implementation" in str(record.exc_info[1])


@pytest.mark.parametrize(
    ("given", "pointers"),
    [
        ({}, ["/steps"]),
        ([], [""]),
        (None, [""]),
        ({"steps": 5}, ["/steps"]),
        ({"steps": [{"minutes": 1}, {}]}, ["/steps/1/minutes"]),
        ({"steps": [{"minutes": 1}, {"minutes": 0}, 7]}, ["/steps/1/minutes", "/steps/2"]),
        ({"steps": [{"minutes": 1, "a/b": 1, "m~n": 2}]}, ["/steps/0/a~1b", "/steps/0/m~0n"]),
        ({"steps": [], "": 1}, ["/"]),
        ({"steps": [], "moment": "2030-01-01T00:00:00Z"}, ["/moment"]),
        ({"steps": [], "options": {"a/b": "x", "c": 1}}, ["/options/a~1b"]),
    ],
)
@pytest.mark.urls("tests.site.urls")
def test_errors_point_at_the_value_by_rfc_6901(alice_api, given, pointers):
    response = alice_api.generic(
        "POST", "/api/v1/tests/form/", json.dumps(given), content_type="application/json"
    )
    rows = assert_problem(response, 400)["errors"]
    assert [row["pointer"] for row in rows] == pointers


@pytest.mark.urls("tests.site.urls")
def test_unknown_and_read_only_fields_have_codes_of_their_own(alice_api):
    unknown = alice_api.post("/api/v1/tests/form/", {"steps": [{"minutes": 1, "x": 1}]})
    assert_problem(unknown, 400, "unknown_field")
    read_only = alice_api.post("/api/v1/tests/form/", {"steps": [], "moment": None})
    assert_problem(read_only, 400, "read_only_field")


def test_nested_error_details_become_rows_with_their_own_codes():
    error = ValidationError(
        {"a": {"b": [{}, {"c": [ErrorDetail("no", "bad")]}]}, "non_field_errors": ["whole"]}
    )
    problem = as_problem(error)
    assert problem.code is Code.invalid_input
    assert problem.errors == [
        {"pointer": "/a/b/1/c", "code": "bad", "detail": "no"},
        {"pointer": "", "code": "invalid", "detail": "whole"},
    ]


def test_codes_have_one_status_and_a_title_each():
    assert len({code.name for code in Code}) == len(list(Code))
    for code in Code:
        assert 400 <= code.status < 600
        assert code.title
        assert body(Problem(code), "an-id")["status"] == code.status


def test_the_errors_page_lists_every_code_at_the_anchor_of_its_type(api):
    response = api.get("/api/docs/errors/")
    assert response.status_code == 200
    page = response.content.decode()
    for code in Code:
        assert f'<tr id="{code.name}"><td>{code.status}</td>' in page
