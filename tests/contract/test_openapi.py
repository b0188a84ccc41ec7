"""docs/openapi.json: what the code generates, whole, and true of the answers."""

import json
import re
from pathlib import Path

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts import sessions
from tests.contract.documents import (
    goal_document,
    in_paths_of,
    insert_group,
    open_test_document,
)
from tests.contract.routes import routes
from tests.problem_details import assert_problem

DOCUMENT = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text())
OPERATIONS = [
    (path.removeprefix("/api/v1/"), method)
    for path, methods in DOCUMENT["paths"].items()
    for method in methods
]
PROMISED = """
POST auth/otp/, POST auth/otp/verify/, POST auth/logout/, POST auth/logout/all/,
GET auth/sessions/, DELETE auth/sessions/{id}/, POST auth/password/reset/,
POST auth/password/reset/confirm/, GET me/, PATCH me/, POST me/phone/, POST me/phone/verify/,
POST me/erase/, GET me/export/, GET me/stats/, GET me/timeline/,
GET goals/, POST goals/, GET goals/{id}/, PATCH goals/{id}/, DELETE goals/{id}/,
POST goals/{id}/roadmap/, GET goals/{id}/roadmap/, POST goals/{id}/replan/, GET goals/{id}/today/,
GET goals/{id}/messages/, POST goals/{id}/messages/, POST goals/{id}/messages/stream/, GET goals/{id}/verifications/,
POST goals/{id}/verifications/, POST goals/{id}/verifications/{test_id}/answers/,
GET goals/{id}/stats/, GET goals/{id}/jobs/{job_id}/,
GET groups/, GET groups/{id}/, GET groups/categories/, POST groups/match/,
POST groups/{id}/join/, POST groups/{id}/leave/, GET groups/{id}/messages/,
POST groups/{id}/messages/, POST groups/{id}/messages/{message_id}/report/,
GET groups/{id}/mutes/, POST groups/{id}/mutes/, DELETE groups/{id}/mutes/{username}/,
POST auth/ticket/, GET groups/{id}/stream/
"""


def test_the_document_is_what_the_code_generates_without_a_warning(tmp_path):
    made = tmp_path / "openapi.json"
    call_command(
        "spectacular",
        "--validate",
        "--fail-on-warn",
        "--format=openapi-json",
        f"--file={made}",
    )
    assert json.loads(made.read_text()) == DOCUMENT


def test_it_is_openapi_3_1_and_what_the_server_serves(client):
    assert DOCUMENT["openapi"].startswith("3.1.")
    served = client.get("/api/schema/", secure=True)
    assert served.status_code == 200
    assert json.loads(served.content) == DOCUMENT


def test_every_route_and_method_is_in_it_and_nothing_else():
    there = {(route.path, method) for route in routes() for method in route.actions}
    assert set(OPERATIONS) == {entry for entry in there if entry[1] != "head"}


def test_every_endpoint_that_was_promised_is_in_it():
    promised = re.findall(r"(\w+) ([\w/{}]+)", PROMISED)
    assert len(promised) == 47
    assert {(path, method.lower()) for method, path in promised} <= set(OPERATIONS)


def operation(path, method):
    return DOCUMENT["paths"][f"/api/v1/{path}"][method]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_operation_says_what_it_does_who_may_and_how_it_fails(path, method):
    described = operation(path, method)
    assert described["summary"].endswith((".", ";"))
    assert described["tags"]
    problem = described["responses"]["default"]["content"]["application/problem+json"]
    assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}
    for_nobody = path.startswith(("auth/otp/", "auth/password/"))
    assert ("bearer" in str(described.get("security"))) != for_nobody
    names = {parameter["name"] for parameter in described.get("parameters", ())}
    assert ("Idempotency-Key" in names) == (method == "post" and not path.startswith("auth/"))


def test_operations_have_names_of_their_own():
    names = [operation(path, method)["operationId"] for path, method in OPERATIONS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("page", ["/api/docs/", "/api/docs/errors/"])
def test_the_pages_need_no_other_host(client, page):
    response = client.get(page, secure=True)
    assert response.status_code == 200
    html = response.content.decode()
    assert not re.findall(r"(?:https?:)?//[\w.-]+\.\w+", html)
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', html)
    assert len(files) == (4 if page == "/api/docs/" else 0)
    for file in files:
        served = client.get(file, secure=True)
        assert served.status_code == 200, file
        assert len(b"".join(served.streaming_content)) > 100, file


def test_the_page_shows_the_document_to_nobody_else(client):
    html = client.get("/api/docs/", secure=True).content.decode()
    assert '"validatorUrl": null' in html
    assert "/api/schema/" in html


@pytest.fixture
def place(alice, database, sms_box):
    """place() -> (path parameters, headers) of a signed-in person with a goal and an open test.

    In `parameters["groups"]` are those of the routes of groups.
    """
    group = insert_group(database, alice.pk)

    def prepare():
        goal = goal_document(alice.pk)
        test = open_test_document(goal)
        for collection, document in (("goals", goal), ("verification_tests", test)):
            database[collection].replace_one({"id": document["id"]}, document, upsert=True)
        token, session = sessions.open_session(user_id=alice.pk)
        parameters = {
            "id": goal["id"],
            "test_id": test["id"],
            "question_id": "q1",
            "job_id": goal["id"],
            "groups": in_paths_of(group),
        }
        return parameters, session, {"Authorization": f"Bearer {token}"}

    return prepare


CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_no_input_makes_an_operation_fail_or_answer_otherwise_than_described(
    place, path, method, mode
):
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    schema.app = WSGIHandler()
    described = schema[f"/api/v1/{path}"][method]
    parameters, session, _ = place()
    if path.startswith("auth/sessions/"):
        parameters = {"id": session["id"]}
    if path.startswith("groups/"):
        parameters = parameters["groups"]
    given_ones = {name: parameters[name] for name in re.findall(r"{(\w+)}", path)}

    @settings(
        max_examples=10,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=described.as_strategy(mode, path_parameters=given_ones or None))
    def try_it(case):
        headers = place()[2]
        response = case.call(base_url="https://testserver", headers=headers)
        assert response.status_code < 500, response.text
        if response.status_code >= 400:
            assert_problem(_Answer(response), response.status_code)
        case.validate_response(response, checks=CHECKS)

    try_it()


class _Answer:
    """A schemathesis Response as assert_problem takes one."""

    def __init__(self, response):
        self.status_code = response.status_code
        self.content = response.content
        self.headers = response.headers

    def __getitem__(self, name):
        return self.headers[name.lower()][0]
