"""What every model of a documented collection shares."""

from collections.abc import Iterator
from functools import cache, partial
from typing import ClassVar

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models.base import ModelState
from django_mongodb_backend.managers import MongoManager
from django_mongodb_backend.models import EmbeddedModel

from doit_site.mongo.client import current_session, get_collection


class Embedded(EmbeddedModel):
    """An object inside a document. Not managed: migrations make no collection for it."""

    class Meta:
        abstract = True
        managed = False


class DocumentManager(MongoManager):
    """The ORM's manager, and the pymongo collection for hot reads and atomic writes."""

    @property
    def collection(self):
        """The pymongo Collection. Pass `session=current_session()` to every operation."""
        return get_collection(self.model._meta.db_table)


class Document(models.Model):
    """A model whose documents may lack fields: an absent field reads as its default."""

    objects: ClassVar[DocumentManager] = DocumentManager()

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db, field_names, values, **kwargs):
        defaults = _absent_defaults(cls)
        values = [
            defaults[name]() if value is None and name in defaults else value
            for name, value in zip(field_names, values, strict=True)
        ]
        return super().from_db(db, field_names, values, **kwargs)

    @classmethod
    def from_document(cls, document):
        """The instance of a raw document: what the ORM would load, without its cost."""
        instance = cls.__new__(cls)
        instance._state = ModelState()
        instance._state.adding, instance._state.db = False, "default"
        values, get = instance.__dict__, document.get
        for name, column, plain, convert, default in _loaders(cls):
            value = get(column)
            if value is None:
                value = default() if callable(default) else default
            elif type(value) is not plain:
                value = convert(value)
            values[name] = value
        return instance

    def twin(self):
        """An instance of its own with the same values, which are shared."""
        twin = type(self).__new__(type(self))
        twin.__dict__ = {**self.__dict__, "_state": ModelState()}
        twin._state.adding, twin._state.db = False, "default"
        return twin


def read_partly(queryset, projection: dict) -> Iterator:
    """The instances of a queryset, with MongoDB's projection of their fields.

    `only()` reads documents whole, and `values()` projects before it sorts, which no index serves.
    Reads in batches as it is iterated; a field left out has its default.
    """
    for document in _aggregate(queryset, {"$project": projection}):
        yield queryset.model.from_document(document)


def count_up_to(queryset, most: int) -> int:
    """How many documents a queryset has, at most `most`: from its index alone where that tells.

    `count()` projects the id first, for which MongoDB reads every document.
    """
    rows = _aggregate(queryset.order_by(), {"$limit": most}, {"$count": "count"})
    return next((row["count"] for row in rows), 0)


def _aggregate(queryset, *stages) -> Iterator[dict]:
    compiler = queryset.query.get_compiler("default")
    try:
        compiler.pre_sql_setup()
        pipeline = compiler.build_query().get_pipeline()
    except EmptyResultSet:
        return
    collection = get_collection(queryset.model._meta.db_table)
    yield from collection.aggregate([*pipeline, *stages], session=current_session())


@cache
def _absent_defaults(model):
    return {
        field.attname: field.get_default
        for field in model._meta.concrete_fields
        if absent(field) is not None
    }


@cache
def _loaders(model):
    """(attribute, column, type that needs no loading, what loads others, default) of each field."""
    return [
        (field.attname, field.column, *_loading(field), absent(field))
        for field in model._meta.concrete_fields
    ]


def _loading(field):
    if hasattr(field, "from_db_value"):
        return None, partial(field.from_db_value, expression=None, connection=connection)
    plain = str if type(field).to_python is models.CharField.to_python else None
    return plain, field.to_python


def absent(field):
    """What an absent value of the field reads as: that, or what makes it."""
    if not field.has_default() or field.null:
        return None
    return field.default if not callable(field.default) else field.get_default
