"""What comes in as JSON and what goes out: trust.md, "Limits"."""

import io
import json
from datetime import UTC, datetime, timedelta, timezone
from functools import partial

import pytest
from rest_framework.exceptions import ParseError

from doit_site.api.json import MAX_INTEGER, JSONParser, check, dumps
from doit_site.api.problems import Code, Problem
from tests.problem_details import assert_problem

GOALS = "/api/v1/goals/"


@pytest.fixture
def post(alice_api):
    """post(raw bytes) as the body of a new goal."""
    return partial(alice_api.generic, "POST", GOALS, content_type="application/json")


def nested(depth, value=1):
    return json.loads("[" * depth + json.dumps(value) + "]" * depth)


def test_twenty_levels_are_read_and_one_more_is_refused():
    check(nested(20))
    check({"a": nested(19)})
    for too_deep in (nested(21), {"a": nested(20)}, [{"a": nested(19)}]):
        with pytest.raises(Problem) as refused:
            check(too_deep)
        assert refused.value.code is Code.malformed
        assert refused.value.errors[0]["code"] == "too_deep"


def test_depth_is_counted_where_it_is_deepest():
    with pytest.raises(Problem) as refused:
        check({"wide": list(range(1000)), "deep": nested(20)})
    assert refused.value.errors[0]["pointer"] == "/deep" + "/0" * 19  # the 21st container


@pytest.mark.parametrize("value", [MAX_INTEGER, -MAX_INTEGER, 0, 1.5, 1e10, True, None, ""])
def test_values_within_the_limits_pass(value):
    check({"a": [value]})


@pytest.mark.parametrize(
    "value", [2**53, -(2**53), 2**63, 2**64 - 1, 1e300, float(2**53), float("inf"), float("-inf")]
)
def test_numbers_beyond_2_53_are_refused_where_they_stand(value):
    with pytest.raises(Problem) as refused:
        check({"a": [0, {"b": value}]})
    assert refused.value.errors[0] | {"detail": ""} == {
        "pointer": "/a/1/b",
        "code": "out_of_range",
        "detail": "",
    }


def test_pointers_into_hostile_names_are_escaped():
    with pytest.raises(Problem) as refused:
        check({"a/b~c": {"": 2**60}})
    assert refused.value.errors[0]["pointer"] == "/a~1b~0c/"


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"not json",
        b" ",
        b"{'title': 'x'}",
        b'{"title": NaN}',
        b'{"title": Infinity}',
        b'{"title": -Infinity}',
        b'{"title": "\\ud800"}',
        b'{"\\udc00": 1}',
        b'{"title": "\xff"}',
        '{"title": "x"}'.encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b'{"title": 01}',
        b'{"title": "a",}',
        b'{"title": 1e400}',
        b'{"title": 1' + b"0" * 400 + b"}",
        b'{"title": 9223372036854775808}',
        b'{"ti\\u0000tle": 1}',
        b"[" * 250 + b"]" * 250,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 300 + b"1" + b"}" * 300,
    ],
    ids=lambda raw: repr(raw[:24]),
)
def test_what_no_client_should_send_is_malformed(post, raw):
    assert_problem(post(raw), 400, "malformed")


@pytest.mark.parametrize("raw", [b"[]", b'["a"]', b"5", b'"text"', b"null", b"true", b"1.5"])
def test_anything_but_an_object_is_refused_as_a_whole(post, raw):
    (row,) = assert_problem(post(raw), 400, "invalid_input")["errors"]
    assert row["pointer"] == ""


def test_no_body_at_all_is_an_empty_object(post):
    problem = assert_problem(post(b""), 400, "invalid_input")
    assert {row["pointer"] for row in problem["errors"]} == {
        "/title",
        "/description",
        "/target_date",
    }


def test_a_nul_in_a_text_is_refused_at_its_field(post, in_days):
    body = {"title": "a\x00b", "description": "b", "target_date": in_days(3)}
    (row,) = assert_problem(post(json.dumps(body)), 400, "invalid_input")["errors"]
    assert row["pointer"] == "/title"
    assert row["code"] == "null_characters_not_allowed"


def test_of_a_name_given_twice_the_last_counts(post, in_days):
    raw = f'{{"title": "one", "title": "two", "description": "d", "target_date": "{in_days(3)}"}}'
    assert post(raw).json()["title"] == "two"


def test_a_body_that_is_longer_than_it_said_is_too_large(settings):
    parser = JSONParser()
    assert parser.parse(io.BytesIO(b"1" + b" " * (settings.MAX_BODY_BYTES - 1))) == 1
    with pytest.raises(Problem) as refused:
        parser.parse(io.BytesIO(b"1" + b" " * settings.MAX_BODY_BYTES))
    assert refused.value.code is Code.body_too_large


def test_a_refusal_of_the_parser_repeats_nothing_of_the_body():
    with pytest.raises(ParseError) as refused:
        JSONParser().parse(io.BytesIO(b'{"password": "hunter2" oops}'))
    assert "hunter2" not in str(refused.value.detail)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 2, 7, 12, 30, tzinfo=UTC), "2026-02-07T12:30:00Z"),
        (datetime(2026, 2, 7, 12, 30, 0, 123000), "2026-02-07T12:30:00.123000Z"),
        (datetime(2026, 2, 7, 12, 30, tzinfo=timezone(timedelta(0))), "2026-02-07T12:30:00Z"),
    ],
)
def test_times_go_out_in_utc_ending_in_z(moment, text):
    assert json.loads(dumps({"at": moment})) == {"at": text}


def test_what_goes_out_is_utf_8_without_escapes():
    assert dumps({"é": "日本 \N{PARTY POPPER}"}) == '{"é":"日本 \N{PARTY POPPER}"}'.encode()
