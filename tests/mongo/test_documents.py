"""Documents of other programs: what they lack reads as its default, what they add stays."""

import pytest

from accounts.embedded import Preferences
from accounts.models import User
from doit_site import clock
from doit_site.mongo.client import get_db
from doit_site.mongo.fields import new_id
from goals.models import Goal


@pytest.fixture
def foreign(database):
    """A person and a goal with the required fields of seed 1-doit.md alone, and one of their own."""
    user = {"id": new_id(), "phone_number": "1234567890", "created_at": clock.now(), "shoe": 43}
    goal = {
        "id": new_id(),
        "user_id": user["id"],
        "title": "Swim",
        "description": "A mile.",
        "target_date": clock.now(),
        "created_at": clock.now(),
        "mood": {"colour": "blue"},
    }
    database.users.insert_one(user)
    database.goals.insert_one(goal)
    return user, goal


def test_what_a_document_lacks_reads_as_its_default(foreign):
    user, goal = User.objects.get(), Goal.objects.get()
    assert (user.name, user.email, user.status) == ("", None, "active")
    assert user.is_active
    assert user.is_staff is False
    assert user.is_superuser is False
    assert user.time_zones == []
    assert user.calendar.zone(clock.now()) == "UTC"
    assert (goal.streak, goal.progress, goal.version) == (0, 0.0, 1)
    assert (goal.status, goal.category) == ("active", "other")
    assert (goal.roadmap, goal.verification_stats) == (None, None)
    assert (goal.messages, goal.daily_verifications) == ([], [])


def test_defaults_are_not_shared_between_instances(foreign):
    first, second = Goal.objects.get(), Goal.objects.get()
    first.messages.append("x")
    assert second.messages == []


@pytest.mark.parametrize("model", [User, Goal])
def test_a_raw_document_makes_the_instance_that_the_orm_loads(foreign, model):
    raw = get_db()[model._meta.db_table].find_one()
    made, loaded = model.from_document(raw), model.objects.get()
    for field in model._meta.concrete_fields:
        ours, theirs = getattr(made, field.attname), getattr(loaded, field.attname)
        assert ours == theirs, field.name
    assert made == loaded
    assert not made._state.adding


def test_a_full_person_is_the_same_raw_and_through_the_orm(database):
    user = User.objects.create_user(
        "14155550100",
        "a long pass phrase",
        name="Alice",
        email="a@example.org",
        time_zone="Asia/Tokyo",
        preferences=Preferences(theme="dark"),
    )
    made, loaded = User.from_document(database.users.find_one()), User.objects.get()
    for field in User._meta.concrete_fields:
        if field.name != "preferences":  # embedded instances are equal only to themselves
            assert getattr(made, field.attname) == getattr(loaded, field.attname), field.name
    assert made.preferences.theme == loaded.preferences.theme == "dark"
    assert made.check_password("a long pass phrase")
    assert made.pk == user.pk


def test_saving_some_fields_leaves_the_rest_of_a_document_alone(foreign, database):
    goal = Goal.objects.get()
    goal.title = "Swim two miles"
    goal.save(update_fields=["title"])
    stored = database.goals.find_one()
    assert stored["title"] == "Swim two miles"
    assert stored["mood"] == {"colour": "blue"}
    assert set(stored) == {*foreign[1], "_id"}


def test_a_person_may_be_renamed_by_update_without_touching_more(foreign, database):
    User.objects.filter(pk=foreign[0]["id"]).update(name="New")
    stored = database.users.find_one()
    assert stored.pop("name") == "New"
    assert stored == {**foreign[0], "created_at": stored["created_at"]}


def test_the_manager_gives_the_collection_of_its_model(db):
    assert Goal.objects.collection.name == "goals"
    assert User.objects.collection.full_name == f"{get_db().name}.users"
