from datetime import datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError
from pymongo.errors import WriteError

from accounts import migrations, schemas
from accounts.embedded import Preferences, StoredZoneChange
from accounts.models import User
from doit_site import clock
from doit_site.mongo import validators
from doit_site.mongo.fields import new_id

PHONE = "14155552671"


def superuser(**options):
    call_command("createsuperuser", interactive=False, verbosity=0, **options)


@pytest.fixture
def password(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a long pass phrase")


def test_createsuperuser_works_without_a_terminal(db, password, database, client):
    superuser(phone_number=PHONE)

    (document,) = database.users.find()
    assert document["phone_number"] == PHONE
    assert document["is_staff"] is True
    assert document["is_superuser"] is True
    assert "email" not in document
    form = {"username": PHONE, "password": "a long pass phrase"}
    assert client.post("/admin/login/", form, secure=True).status_code == 302
    assert client.get("/admin/", secure=True).status_code == 200


def test_createsuperuser_takes_its_number_from_the_environment(db, password, database, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PHONE_NUMBER", PHONE)
    superuser()
    assert database.users.find_one()["phone_number"] == PHONE


@pytest.mark.parametrize("number", ["12", "+1 415 555 2671", "call me", ""])
def test_createsuperuser_refuses_what_is_no_number(number, db, password, database):
    with pytest.raises(CommandError):
        superuser(phone_number=number)
    assert database.users.count_documents({}) == 0


def test_createsuperuser_refuses_a_number_that_is_taken(alice, password):
    with pytest.raises(CommandError, match="taken"):
        superuser(phone_number=alice.phone_number)


def test_a_person_made_by_hand_has_the_documented_types(alice, database):
    document = database.users.find_one()
    assert isinstance(document["id"], str)
    assert document["phone_number"] == "14155550101"
    assert isinstance(document["created_at"], datetime)
    assert "email" not in document
    assert not alice.has_usable_password()


def test_a_person_made_by_hand_needs_a_number(db):
    with pytest.raises(ValueError, match="10 to 15 digits"):
        User.objects.create_user("12")


def test_two_people_do_not_share_a_number(alice):
    with pytest.raises(IntegrityError):
        User.objects.create_user(alice.phone_number)


def test_a_person_without_a_name_is_called_by_number(alice):
    assert str(alice) == "Alice"
    assert str(User(phone_number=PHONE)) == f"+{PHONE}"


def test_embedded_parts_have_a_text():
    assert str(Preferences()) == "system, en"
    assert str(StoredZoneChange(zone="UTC", first_day="2026-02-07")) == "UTC from 2026-02-07"


GOOD = {"id": "550e8400-e29b-41d4-a716-446655440000", "phone_number": PHONE}


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "550E8400-E29B-41D4-A716-446655440000"},
        {"id": "550e8400-e29b-11d4-a716-446655440000"},
        {"id": 1},
        {"phone_number": "+14155552671"},
        {"phone_number": "123456789"},
        {"phone_number": 14155552671},
        {"created_at": "2026-02-07T12:00:00Z"},
        {"created_at": None},
    ],
)
def test_the_validator_refuses_what_is_not_documented(wrong, database):
    document = GOOD | {"created_at": clock.now()}
    with pytest.raises(WriteError):
        database.users.insert_one(document | wrong)
    database.users.insert_one(document | {"id": new_id(), "anything": "more"})


def test_the_orm_is_held_to_the_validator_too(alice):
    alice.phone_number = "12"
    with pytest.raises(DatabaseError):
        alice.save(update_fields=["phone_number"])


def test_the_validator_installed_is_the_one_of_the_code(database):
    from importlib import import_module

    assert validators.installed(database, "users") == schemas.USERS
    module = import_module(f"{migrations.__name__}.0007_reminders")
    assert module.SCHEMA == schemas.USERS


@pytest.mark.parametrize(
    ("collection", "match", "index"),
    [
        ("users", {"phone_number": PHONE}, "phone_number_index"),
        ("users", {"id": "x"}, "id_index"),
        ("users", {"email": "ada@example.org"}, "email_index"),
        ("sessions", {"token_hash": "x"}, "token_hash_index"),
        ("sessions", {"id": "x", "user_id": "y"}, "id_index"),
        ("sessions", {"user_id": "y"}, "user_id_created_id_index"),
        ("sign_in_codes", {"phone_number": PHONE, "purpose": "x"}, "phone_purpose_index"),
        ("sign_in_codes", {"purpose": "x"}, "purpose_index"),
        ("password_resets", {"token_hash": "x"}, "token_hash_index"),
        ("password_resets", {"user_id": "x"}, "user_id_index"),
        ("admin_sessions", {"session_key": "x"}, "session_key_index"),
        ("admin_sessions", {"user_id": "x"}, "user_id_index"),
    ],
)
def test_what_is_looked_up_has_an_index(collection, match, index, database):
    plan = database[collection].find(match).explain()["queryPlanner"]["winningPlan"]
    assert plan["stage"] == "FETCH"
    assert plan["inputStage"]["stage"] == "IXSCAN"
    assert plan["inputStage"]["indexName"] == index


def test_the_documented_indexes_are_plain_and_unique(database):
    indexes = database.users.index_information()
    for name, key in (("phone_number_index", "phone_number"), ("id_index", "id")):
        assert indexes[name]["key"] == [(key, 1)]
        assert indexes[name]["unique"] is True
        assert "partialFilterExpression" not in indexes[name]
