"""Finding what is wrong in the database, and putting it right: `manage.py check_database`.

Apps register what they can check; indexes and validators are checked here for all.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.apps import apps

from doit_site.mongo import validators
from doit_site.mongo.client import get_db
from doit_site.mongo.indexes import Index


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a collection or the document `id` in it; `fixed` when it was put right."""

    collection: str
    id: str
    problem: str
    fixed: bool = False


Check = Callable[[bool], Iterator[Finding]]
_checks: list[Check] = []
_schemas: dict[str, dict] = {}


def register(check: Check) -> None:
    """Add `check(fix)`, which yields its Findings. Called from AppConfig.ready()."""
    _checks.append(check)


def register_schema(collection: str, schema: dict) -> None:
    """Name the validator that the collection should have."""
    _schemas[collection] = schema


def run(fix: bool) -> Iterator[Finding]:
    """All findings; with `fix`, after putting right what can be without losing data."""
    yield from _check_indexes(fix)
    yield from _check_validators(fix)
    for check in _checks:
        yield from check(fix)


def _check_indexes(fix):
    for model in apps.get_models():
        if not (model._meta.managed and not model._meta.proxy):
            continue
        collection = get_db()[model._meta.db_table]
        present = collection.index_information()
        for index in model._meta.indexes:
            if isinstance(index, Index):
                yield from _check_index(fix, model, collection, present.get(index.name), index)


def _check_index(fix, model, collection, found, index):
    keys, options = index.keys(model), index.options()
    if found and found["key"] == keys and _options(found) == options:
        return
    problem = f"index {index.name} " + ("differs from the model's" if found else "is missing")
    if fix:
        if found:
            collection.drop_index(index.name)
        collection.create_index(keys, name=index.name, **options)
    yield Finding(collection.name, "", problem, fixed=fix)


def _options(found):
    return {name: found[name] for name in found if name not in ("v", "key", "ns")}


def _check_validators(fix):
    database = get_db()
    for collection, schema in _schemas.items():
        if validators.installed(database, collection) == schema:
            continue
        if fix:
            validators.install(database, collection, schema)
        yield Finding(collection, "", "validator is missing or differs", fixed=fix)
