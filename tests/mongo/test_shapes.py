from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from bson import ObjectId

from doit_site.mongo import shapes

NAIVE = datetime(2026, 2, 7, 12, 30, 0, 123000)
AWARE = NAIVE.replace(tzinfo=UTC)
NO_TIMES = [
    None,
    "",
    "soon",
    "2026-13-01",
    "2026-02-30T00:00:00Z",
    0,
    1.5,
    True,
    [],
    {},
    ObjectId("65c2a1b2e4b0f3a1c8d9e0f1"),
]


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (NAIVE, AWARE),
        (AWARE, AWARE),
        (AWARE.astimezone(timezone(timedelta(hours=5))), AWARE),
        ("2026-02-07T12:30:00.123000Z", AWARE),
        ("2026-02-07T12:30:00.123", AWARE),
        ("2026-02-07T14:30:00.123+02:00", AWARE),
        ("2026-02-07", datetime(2026, 2, 7, tzinfo=UTC)),
        ("2026-02-07 12:30:00.123Z", AWARE),
    ],
)
def test_a_time_is_read_from_both_shapes(value, moment):
    read = shapes.as_datetime(value)
    assert read == moment
    assert read.utcoffset() == timedelta(0)


@pytest.mark.parametrize("value", NO_TIMES, ids=repr)
def test_what_is_no_time_is_none(value):
    assert shapes.as_datetime(value) is None
    assert shapes.as_date(value) is None


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_that_utc_cannot_hold_is_none(value):
    assert shapes.as_datetime(value) is None


@pytest.mark.parametrize(
    "value", [NAIVE, AWARE, "2026-02-07", "2026-02-07T12:30:00Z", "2026-02-07T23:59:59.999999Z"]
)
def test_a_date_is_read_from_every_shape(value):
    assert shapes.as_date(value) == date(2026, 2, 7)


def test_texts_are_those_of_the_seed():
    assert shapes.datetime_text(NAIVE) == "2026-02-07T12:30:00.123000Z"
    assert shapes.datetime_text(AWARE) == "2026-02-07T12:30:00.123000Z"
    assert shapes.date_text(NAIVE) == "2026-02-07"


@pytest.mark.parametrize("value", ["2026-02-07T12:30:00+01:00", "whatever", "", None, 5])
def test_a_text_stays_the_text_it_is(value):
    assert shapes.datetime_text(value) == value
    assert shapes.date_text(value) == value
