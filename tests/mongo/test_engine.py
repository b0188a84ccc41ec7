"""What our engine changes of django-mongodb-backend, seen in the database itself."""

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.functions import Substr
from django.test.utils import isolate_apps

from accounts.models import Session, User
from doit_site.models import IdempotencyKey
from doit_site.mongo.client import get_db
from goals.models import Goal
from tests.commands import recorded_commands, stages
from tests.mongo.test_indexes import OUR_MODELS, declared, indexes


def plan(queryset):
    """The stages with which MongoDB runs what the ORM sends for the queryset."""
    with recorded_commands() as commands:
        list(queryset)
    (command,) = commands
    return stages(command)


@pytest.fixture
def people(db):
    for number in range(3):
        User.objects.create_user(f"1415555010{number}")


@pytest.mark.parametrize(
    "queryset",
    [
        lambda: User.objects.order_by("-created_at")[:20],
        lambda: Goal.objects.order_by("-created_at")[:20],
        lambda: Goal.objects.filter(user_id="x").order_by("-created_at", "-id")[:20],
        lambda: Session.objects.filter(user_id="x").order_by("-created_at", "-id"),
    ],
    ids=["users", "goals", "goals of one", "sessions of one"],
)
def test_a_sort_by_an_indexed_field_is_read_from_the_index(people, queryset):
    named = plan(queryset())
    assert "IXSCAN" in named
    assert not named & {"SORT", "COLLSCAN", "$sort", "$addFields"}


def test_a_sort_by_a_computed_value_still_works(people):
    names = User.objects.annotate(last=Substr("phone_number", 11))
    assert list(names.order_by("-last").values_list("last", flat=True)) == ["2", "1", "0"]


@pytest.mark.parametrize(
    "queryset",
    [
        lambda: User.objects.filter(phone_number="14155550100"),
        lambda: User.objects.filter(pk="x"),
        lambda: User.objects.filter(email="a@example.org"),
        lambda: Goal.objects.filter(pk="x"),
        lambda: Goal.objects.filter(user="x"),
        lambda: IdempotencyKey.objects.filter(user_id="x"),
    ],
)
def test_a_look_up_by_a_unique_or_indexed_field_uses_its_index(people, queryset):
    named = plan(queryset())
    assert "IXSCAN" in named
    assert "COLLSCAN" not in named


@pytest.fixture
def scratch(database):
    """The collection, and what creates it: a model of no migration, to try the schema editor on."""
    with isolate_apps("doit_site.apps.DoItSiteConfig"):

        class Scratch(models.Model):
            code = models.CharField(max_length=10, unique=True)
            pair = models.CharField(max_length=10)

            class Meta:
                app_label = "doit_site"
                db_table = "scratch_of_the_tests"
                constraints = [models.UniqueConstraint(fields=["code", "pair"], name="code_pair")]
                indexes = [models.Index(fields=["pair"], name="pair_index")]

    def create():
        with connection.schema_editor() as editor:
            editor.create_model(Scratch)

    yield database.scratch_of_the_tests, create
    database.scratch_of_the_tests.drop()


def test_unique_fields_and_constraints_make_plain_indexes(scratch):
    collection, create = scratch
    create()
    found = indexes(collection)
    assert len(found) == 3
    assert found["code_pair"]["key"] == {"code": 1, "pair": 1}
    assert all("partialFilterExpression" not in index for index in found.values())
    assert sum(index.get("unique", False) for index in found.values()) == 2


def test_a_collection_that_a_failed_migration_left_is_completed(scratch):
    collection, create = scratch
    create()
    everything = indexes(collection)
    collection.insert_one({"code": "kept", "pair": "kept"})
    create()
    assert indexes(collection) == everything
    collection.drop_index("pair_index")
    collection.drop_index("code_pair")
    create()
    assert indexes(collection) == everything
    assert collection.count_documents({}) == 1


@pytest.fixture
def elsewhere(_database):
    """Django's connection on a database of its own, empty; the tests' own again afterwards."""
    home = connection.settings_dict["NAME"]
    point_at(f"{home}_scratch")
    yield get_db()
    get_db().client.drop_database(get_db().name)
    point_at(home)


def point_at(name):
    connection.ensure_connection()
    connection.settings_dict["NAME"] = name
    connection.database = connection.connection[name]


def migrate(targets=None):
    executor = MigrationExecutor(connection)
    executor.migrate(targets or executor.loader.graph.leaf_nodes())


def test_migrations_make_everything_from_zero_and_run_again_without_effect(elsewhere):
    assert elsewhere.list_collection_names() == []
    migrate()
    managed = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    tables = {model._meta.db_table for model in managed} | {"django_migrations"}
    assert set(elsewhere.list_collection_names()) == tables
    first = {model: indexes(elsewhere[model._meta.db_table]) for model in OUR_MODELS}
    assert first == {model: declared(model) for model in OUR_MODELS}
    migrate()
    assert {model: indexes(elsewhere[model._meta.db_table]) for model in OUR_MODELS} == first


def test_migrations_go_back_to_nothing_and_forth_again(elsewhere):
    migrate()
    django_s = {"django_migrations", "django_content_type", "auth_permission", "auth_group"}
    migrate([("goals", None)])
    assert "goals" not in elsewhere.list_collection_names()
    assert "users" in elsewhere.list_collection_names()
    migrate([("accounts", None), ("doit_site", None)])
    left = set(elsewhere.list_collection_names())
    assert not left & {model._meta.db_table for model in OUR_MODELS}
    assert left & django_s
    migrate()
    assert {model: indexes(elsewhere[model._meta.db_table]) for model in OUR_MODELS} == {
        model: declared(model) for model in OUR_MODELS
    }


def test_a_migration_that_stopped_half_way_runs_again(elsewhere):
    migrate()
    # As if the process had ended after the first collections, before it was recorded.
    for app, name in MigrationRecorder(connection).applied_migrations():
        if app == "goals":
            MigrationRecorder(connection).record_unapplied(app, name)
    elsewhere.verification_tests.drop()
    elsewhere.goals.drop_index("user_id_created_index")
    migrate()
    assert indexes(elsewhere.goals) == declared(Goal)
    assert {model: indexes(elsewhere[model._meta.db_table]) for model in OUR_MODELS} == {
        model: declared(model) for model in OUR_MODELS
    }
