"""Indexes: those of the models, by name, key and options, and no others."""

from datetime import UTC, datetime, timedelta
from threading import Event
from time import monotonic

import pytest
from django.apps import apps
from django.db import IntegrityError, models

from accounts.models import User
from doit_site.mongo import checkup
from doit_site.mongo.fields import new_id
from doit_site.mongo.indexes import Index

OURS = ("doit_site", "accounts", "goals")
OUR_MODELS = [
    model
    for app in OURS
    for model in apps.get_app_config(app).get_models()
    if model._meta.managed and not model._meta.proxy
]
# seed 1-doit.md, "Summary of All Indexes"
DOCUMENTED = [
    ("users", "phone_number_index", [("phone_number", 1)], True),
    ("users", "id_index", [("id", 1)], True),
    ("goals", "id_index", [("id", 1)], True),
    ("goals", "user_id_index", [("user_id", 1)], False),
    ("goals", "user_id_created_index", [("user_id", 1), ("created_at", -1)], False),
]


def indexes(collection):
    """{name: everything about it} without MongoDB's own on `_id`."""
    found = {index["name"]: dict(index) for index in collection.list_indexes()}
    found.pop("_id_")
    for index in found.values():
        index.pop("v")
        index["key"] = dict(index["key"])
    return found


def declared(model):
    return {
        index.name: {"name": index.name, "key": dict(index.keys(model)), **index.options()}
        for index in model._meta.indexes
    }


@pytest.mark.parametrize("model", OUR_MODELS, ids=lambda model: model._meta.db_table)
def test_migrations_make_the_indexes_of_the_model_and_no_others(database, model):
    assert indexes(database[model._meta.db_table]) == declared(model)


@pytest.mark.parametrize(("collection", "name", "keys", "unique"), DOCUMENTED)
def test_the_documented_indexes_are_there_without_a_partial_filter(
    database, collection, name, keys, unique
):
    index = indexes(database[collection])[name]
    assert list(index["key"].items()) == keys
    assert index.get("unique", False) is unique
    assert "partialFilterExpression" not in index


def test_no_unique_index_anywhere_in_our_collections_is_partial(database):
    for model in OUR_MODELS:
        for index in indexes(database[model._meta.db_table]).values():
            assert "partialFilterExpression" not in index


def test_every_key_has_its_unique_index(database):
    for model in OUR_MODELS:
        column = model._meta.pk.column
        if column != "_id":
            unique = [
                index
                for index in indexes(database[model._meta.db_table]).values()
                if index.get("unique") and list(index["key"]) == [column]
            ]
            assert len(unique) == 1, model


def test_unique_means_unique(db):
    User.objects.create_user("14155550100")
    with pytest.raises(IntegrityError):
        User.objects.create_user("14155550100")
    with pytest.raises(IntegrityError):
        User.objects.create_user("14155550101", id=User.objects.get().pk)


EXPIRING = [
    (model, index)
    for model in OUR_MODELS
    for index in model._meta.indexes
    if getattr(index, "expire_after_seconds", None) is not None
]


def test_what_expires_is_deleted_by_mongodb_and_nothing_else(database):
    assert len(EXPIRING) >= 6
    now = datetime.now(UTC)
    waiting = {}
    for model, index in EXPIRING:
        ((column, _),) = index.keys(model)
        # The unique columns differ, whatever they are.
        unique = {name: f"{column}{new_id()}" for name in unique_columns(model)}
        old = {**unique, column: now - timedelta(seconds=1)}
        kept = {name: value + "kept" for name, value in unique.items()}
        kept[column] = now + timedelta(hours=1)
        database[model._meta.db_table].insert_many([old, kept])
        waiting[model._meta.db_table] = unique
    deadline, pause = monotonic() + 20, Event()
    while any(database[name].find_one(unique) for name, unique in waiting.items()):
        assert monotonic() < deadline
        pause.wait(0.05)
    for name in waiting:
        assert database[name].count_documents({}) == 1


def unique_columns(model):
    return {
        column
        for index in model._meta.indexes
        if getattr(index, "unique", False)
        for column, _ in index.keys(model)
    } | {model._meta.pk.column}


@pytest.mark.parametrize(
    "index",
    [
        Index("name", name="plain"),
        Index("-name", "email", name="compound", unique=True),
        Index("email", name="sparse", sparse=True, unique=True),
        Index("created_at", name="ttl", expire_after_seconds=0),
    ],
    ids=lambda index: index.name,
)
def test_an_index_survives_its_way_into_a_migration(index):
    path, args, kwargs = index.deconstruct()
    assert path == "doit_site.mongo.indexes.Index"
    again = Index(*args, **kwargs)
    assert again == index
    assert again.clone() == index
    assert again.keys(User) == index.keys(User)
    assert again.options() == index.options()


def test_indexes_that_differ_in_an_option_are_not_equal():
    assert Index("name", name="a") != Index("name", name="a", unique=True)
    assert Index("name", name="a", expire_after_seconds=0) != Index("name", name="a")
    assert Index("name", name="a") != models.Index(fields=["name"], name="a")


def test_a_lost_or_altered_index_is_found_and_put_right(database):
    goals = database.goals
    goals.drop_index("user_id_index")
    goals.drop_index("created_at_index")
    goals.create_index([("created_at", 1)], name="created_at_index")
    try:
        found = {finding.problem for finding in checkup.run(fix=False)}
        assert found == {
            "index user_id_index is missing",
            "index created_at_index differs from the model's",
        }
        assert all(finding.fixed for finding in checkup.run(fix=True))
    finally:
        list(checkup.run(fix=True))
    assert list(checkup.run(fix=False)) == []
    assert indexes(goals) == declared(apps.get_model("goals", "Goal"))
