"""Finding what is wrong in the database, and putting it right: `manage.py check_database`.

Apps register what they can check; indexes and validators are checked here for all.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from django.apps import apps
from pymongo.errors import DuplicateKeyError

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
    fixed = fix and _make_index(collection, index.name, keys, options)
    if fix and not fixed:
        problem += ", and documents with the same values stand in its way"
    yield Finding(collection.name, "", problem, fixed)


def _make_index(collection, name, keys, options):
    """Whether MongoDB has taken the index, in the place of its namesake or its double."""
    replaced = {
        other: found
        for other, found in collection.index_information().items()
        if other == name or (found["key"] == keys and _options(found) == options)
    }
    for other in replaced:
        collection.drop_index(other)
    try:
        collection.create_index(keys, name=name, **options)
    except DuplicateKeyError:
        for other, found in replaced.items():
            collection.create_index(found["key"], name=other, **_options(found))
        return False
    return True


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


def in_either_shape(schema: dict, times: Collection[str]) -> dict:
    """The schema with a date or a text allowed in the properties named, however deep."""
    result = dict(schema)
    if "items" in schema:
        result["items"] = in_either_shape(schema["items"], times)
    if "properties" in schema:
        result["properties"] = {
            name: {**inner, "bsonType": ["date", "string"]}
            if name in times
            else in_either_shape(inner, times)
            for name, inner in schema["properties"].items()
        }
    return result
