"""Model fields keep the documented BSON types and read the other shape too."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from bson import ObjectId
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.models import User
from doit_site import clock
from doit_site.mongo.fields import UUID4_PATTERN, DateTimeField, new_id
from goals.models import Goal

MOMENT = datetime(2026, 2, 7, 12, 0, 0, 123000, tzinfo=UTC)


@pytest.fixture
def goal(alice):
    return Goal.objects.create(
        user=alice,
        title="Swim",
        description="A mile.",
        target_date=MOMENT,
        created_at=MOMENT,
    )


def test_ids_are_canonical_uuid4_texts():
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch(UUID4_PATTERN, one) for one in ids)


def test_the_key_is_a_text_named_id_beside_mongodbs_own(alice, goal, database):
    stored = database.goals.find_one()
    assert isinstance(stored["_id"], ObjectId)
    assert stored["id"] == goal.pk
    assert stored["user_id"] == alice.pk
    assert re.fullmatch(UUID4_PATTERN, stored["id"])


@pytest.mark.parametrize(
    "bad", ["x", "550E8400-E29B-41D4-A716-446655440000", "550e8400e29b41d4a716446655440000"]
)
def test_an_id_that_is_no_uuid4_text_is_invalid(bad):
    user = User(id=bad, phone_number="14155550100")
    with pytest.raises(ValidationError) as refused:
        user.clean_fields(exclude=["password"])
    assert "id" in refused.value.message_dict


def test_a_time_is_a_bson_date_of_whole_milliseconds_and_comes_back_the_same(goal, database):
    stored = database.goals.find_one()
    assert stored["created_at"] == MOMENT.replace(tzinfo=None)
    assert stored["target_date"] == MOMENT.replace(tzinfo=None)
    assert Goal.objects.get().created_at == MOMENT


def test_now_survives_the_database(alice):
    assert clock.now().microsecond % 1000 == 0
    assert User.objects.get(pk=alice.pk).created_at == alice.created_at


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("2026-02-07T12:00:00.123000Z", MOMENT),
        ("2026-02-07T14:00:00.123+02:00", MOMENT),
        ("2026-02-07", datetime(2026, 2, 7, tzinfo=UTC)),
        ("when it is done", None),
    ],
)
def test_a_text_where_a_date_is_due_is_read_as_the_time_it_says(goal, database, stored, read):
    database.goals.update_one(
        {}, {"$set": {"target_date": stored}}, bypass_document_validation=True
    )
    assert Goal.objects.get().target_date == read


@pytest.mark.parametrize("value", ["2026-02-07T12:00:00.123Z", MOMENT, MOMENT.replace(tzinfo=None)])
def test_a_form_gives_a_time_in_any_shape(value):
    assert DateTimeField().to_python(value) == MOMENT


def test_a_form_gives_no_time():
    assert DateTimeField().to_python(None) is None
    with pytest.raises(ValidationError):
        DateTimeField().to_python("tomorrow")


def test_times_of_any_zone_are_compared_as_instants(goal):
    there = MOMENT.astimezone(timezone(timedelta(hours=9)))
    assert Goal.objects.filter(created_at=there).count() == 1
    assert Goal.objects.filter(created_at__gt=there).count() == 0


def test_documented_texts_are_stored_as_texts_and_dates_read_as_them(goal, database):
    entry = {"content": "c", "is_user": True, "timestamp": MOMENT}
    database.goals.update_one(
        {},
        {"$set": {"messages": [entry], "streak_until": MOMENT}},
        bypass_document_validation=True,
    )
    read = Goal.objects.get()
    assert read.messages[0].timestamp == "2026-02-07T12:00:00.123000Z"
    assert read.streak_until == "2026-02-07"
    read.save(update_fields=["messages", "streak_until"])
    stored = database.goals.find_one()
    assert stored["messages"][0]["timestamp"] == "2026-02-07T12:00:00.123000Z"
    assert stored["streak_until"] == "2026-02-07"


def email_of(database):
    return database.users.find_one().get("email", "absent")


def test_an_optional_text_is_absent_from_the_document_when_unset(database):
    user = User.objects.create_user("14155550100")
    assert email_of(database) == "absent"
    user.email = "a@example.org"
    user.save(update_fields=["email"])
    assert email_of(database) == "a@example.org"
    user.email = None
    user.save(update_fields=["email"])
    assert email_of(database) == "absent"
    user.email = "b@example.org"
    user.save()
    assert email_of(database) == "b@example.org"
    user.email = ""
    user.save()
    assert email_of(database) == "absent"
    User.objects.update(email="c@example.org")
    User.objects.update(email=None)
    assert email_of(database) == "absent"
    assert User.objects.get().email is None


def test_many_people_have_no_e_mail_and_two_never_the_same(db):
    for number in range(3):
        User.objects.create_user(f"1415555010{number}")
    User.objects.create_user("14155550110", email="a@example.org")
    with pytest.raises(IntegrityError):
        User.objects.create_user("14155550111", email="a@example.org")
    assert User.objects.count() == 4
