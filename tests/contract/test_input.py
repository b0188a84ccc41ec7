"""A hostile corpus x every writable field of every POST and PATCH, from docs/openapi.json.

Nothing is an error of the server; a refusal is problem+json that points at the field.
"""

import json

import pytest

from tests.contract.documents import (
    goal_document,
    in_paths_of,
    insert_group,
    open_test_document,
)
from tests.contract.test_openapi import DOCUMENT, OPERATIONS
from tests.contract.test_routes import EXPECTED
from tests.problem_details import assert_problem

MEBIBYTE = 1024 * 1024


def nested(depth, wrap):
    value = "deep"
    for _ in range(depth):
        value = wrap(value)
    return value


HOSTILE = {
    "operator ne": {"$ne": 5},
    "operator gt": {"$gt": ""},
    "operator where": {"$where": "sleep(1000)"},
    "operator in a list": [{"$ne": None}],
    "operator as text": "$set",
    "expression as text": "$$ROOT.password",
    "dotted": {"a.b": 1, "": 2, "__proto__": 3},
    "2^53": 2**53,
    "2^63": 2**63,
    "-2^63 - 1": -(2**63) - 1,
    "2^400": 2**400,
    "huge": float("1e308"),
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "fraction": 1.5,
    "negative": -1,
    "zero": 0,
    "number": 5,
    "true": True,
    "null": None,
    "empty text": "",
    "blank": " \t\n\u2003",
    "empty list": [],
    "empty object": {},
    "list": ["a", 1, None, [[]]],
    "object": {"a": {"b": [1]}},
    "lone surrogate": "\ud800",
    "reversed surrogates": "\udc00\ud800",
    "surrogate in a name": {"\udfff": 1},
    "nul": "a\x00b",
    "nul in a name": {"a\x00b": 1},
    "control characters": "\x01\x08\x1b[31m\x7f\x85",
    "right to left": "\u202eאבג\u202c עברית",
    "emoji": "👩‍👩‍👧‍👦🏴‍☠️" * 20,
    "combining": "Z" + "\u0337" * 200,
    "zero width": "\u200b\ufeff\u2060",
    "other digits": "+١ ٤١٥ ٥٥٥ ٠١٩٩",
    "markup": "<script>alert(1)</script>",
    "header injection": "a\r\nSet-Cookie: x=y",
    "path": "../../../../etc/passwd",
    "format": "%s%n{0}{{7*7}}${7*7}",
    "no day": "2026-02-30T00:00:00Z",
    "year 0": "0000-00-00",
    "before all time": "0001-01-01T00:00:00+14:00",
    "after all time": "9999-12-31T23:59:59-14:00",
    "leap second": "2030-06-30T23:59:60Z",
    "far zone": "2030-01-01T00:00:00+99:99",
    "250 lists": nested(250, lambda inner: [inner]),
    "250 objects": nested(250, lambda inner: {"a": inner}),
    "19 lists": nested(18, lambda inner: [inner]),
    "100,000 characters": "x" * 100_000,
    "nearly a mebibyte": "é" * (MEBIBYTE // 6 - 500),
    "over a mebibyte": "x" * MEBIBYTE,
    "many names": {f"n{number}": number for number in range(5000)},
}


def schema_of(path, method):
    body = DOCUMENT["paths"][f"/api/v1/{path}"][method].get("requestBody", {})
    return resolved(body.get("content", {}).get("application/json", {}).get("schema", {}))


def resolved(schema):
    for one in (schema, *schema.get("allOf", ())):
        if "$ref" in one:
            return resolved(DOCUMENT["components"]["schemas"][one["$ref"].rpartition("/")[2]])
    return schema


def fields(schema):
    """Every field, and the fields of its fields, as the names that lead there."""
    for name, inner in schema.get("properties", {}).items():
        yield (name,)
        inner = resolved(inner)
        yield from ((name, *names) for names in fields(inner))
        if "additionalProperties" in inner:
            yield (name, "q1")


WRITES = [
    (path, method)
    for path, method in OPERATIONS
    if method in ("post", "patch", "put") and schema_of(path, method)
]
FIELDS = [
    (path, method, names) for path, method in WRITES for names in fields(schema_of(path, method))
]
ECHOED = {"title", "description", "name", "content"}


def test_all_fields_are_tried():
    assert len(FIELDS) > 30
    assert ("me/", "patch", ("preferences", "theme")) in FIELDS
    assert ("goals/{id}/verifications/{test_id}/answers/", "post", ("answers", "q1")) in FIELDS


@pytest.fixture
def send(alice, client_of, database, in_days, sms_box, settings):
    """send(path, method, body) on alice's fresh goal and test."""
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, "100000/min")
    client = client_of(alice)

    def request(path, method, body):
        goal = goal_document(alice.pk)
        test = open_test_document(goal)
        database.goals.insert_one(goal)
        database.verification_tests.insert_one(test)
        named = {"id": goal["id"], "test_id": test["id"], "question_id": "q1"}
        if path.startswith("groups/"):
            named = in_paths_of(insert_group(database, alice.pk))
        url = "/api/v1/" + path.format(**named)
        raw = json.dumps(body).replace("<in 9 days>", in_days(9))
        raw = raw.replace("<alice's>", alice.phone_number)
        return client.generic(method.upper(), url, raw, content_type="application/json")

    return request


def expected(path, method):
    """A valid body."""
    return EXPECTED[path.replace("auth/sessions/{id}", "auth/sessions/{session_id}"), method][0]


def hostile_body(path, method, names, value):
    """The valid body of the route with one value in it replaced."""
    body = json.loads(json.dumps(expected(path, method)))
    inner = body
    for name in names[:-1]:
        inner = inner.setdefault(name, {})
    inner[names[-1]] = value
    return body


def points_at(problem, names):
    """Whether a row of the problem is about the field, or what holds it, or what it holds."""
    field = "/" + "/".join(names)
    return any(
        f"{row['pointer']}/".startswith(f"{field}/") or f"{field}/".startswith(f"{row['pointer']}/")
        for row in problem.get("errors", ())
        if row["pointer"]
    )


@pytest.mark.parametrize(
    ("path", "method", "names"), FIELDS, ids=lambda part: str(part) if part else None
)
def test_no_value_of_a_field_is_an_error_of_the_server(send, path, method, names):
    for described, value in HOSTILE.items():
        response = send(path, method, hostile_body(path, method, names, value))
        assert response.status_code < 500, (described, response.content[:300])
        if response.status_code >= 400:
            problem = assert_problem(response, response.status_code)
            if response.status_code == 400 and problem["code"] != "malformed":
                about_another = problem["code"] in ("code_invalid", "reset_invalid")
                assert points_at(problem, names) or about_another, (described, problem)
                assert problem["errors"]
        elif names[-1] in ECHOED and isinstance(value, str):
            answer = response.json()
            answer = answer.get("message", answer)
            assert answer[names[-1]] == value.strip(), described


@pytest.mark.parametrize(("path", "method"), WRITES)
def test_no_body_as_a_whole_is_an_error_of_the_server(send, path, method):
    for described, value in HOSTILE.items():
        response = send(path, method, value)
        assert response.status_code < 500, (described, response.content[:300])
        if response.status_code >= 400:
            assert_problem(response, response.status_code)


NAMES = [
    "$where",
    "$set",
    "a.b",
    "_id",
    "id",
    "user_id",
    "__proto__",
    "",
    " ",
    "\u202e",
    "x" * 5000,
]


@pytest.mark.parametrize(("path", "method"), WRITES)
def test_no_name_that_is_not_a_field_is_taken(send, path, method):
    for name in NAMES:
        response = send(path, method, hostile_body(path, method, (name,), {"$ne": None}))
        problem = assert_problem(response, 400)
        assert problem["code"] in ("unknown_field", "read_only_field"), (name, problem)
        assert points_at(problem, (name,))


IDS = [
    "$ne",
    "{}",
    "a%00b",
    "%F0%9F%98%80",
    "x" * 5000,
    "..%2F..",
    "null",
    "[object Object]",
    "%FF",
]


@pytest.mark.parametrize(("path", "method"), [key for key in OPERATIONS if "{" in key[0]])
def test_no_id_in_a_path_is_an_error_of_the_server(alice_api, path, method):
    body = json.dumps(expected(path, method))
    for one in IDS:
        named = dict.fromkeys(
            ("id", "test_id", "question_id", "job_id", "message_id", "username"), one
        )
        url = "/api/v1/" + path.format(**named)
        assert_problem(alice_api.generic(method.upper(), url, body, "application/json"), 404)
