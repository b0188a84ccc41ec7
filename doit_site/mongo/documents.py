"""What every model of a documented collection shares."""

from functools import cache
from typing import ClassVar

from django.db import connection, models
from django_mongodb_backend.managers import MongoManager
from django_mongodb_backend.models import EmbeddedModel

from doit_site.mongo.client import get_db


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
        return get_db()[self.model._meta.db_table]


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
        fields = cls._meta.concrete_fields
        values = [_loaded(field, document.get(field.column)) for field in fields]
        return cls.from_db("default", [field.attname for field in fields], values)


@cache
def _absent_defaults(model):
    return {
        field.attname: field.get_default
        for field in model._meta.concrete_fields
        if field.has_default() and not field.null
    }


def _loaded(field, value):
    if value is None:
        return None
    if hasattr(field, "from_db_value"):
        return field.from_db_value(value, None, connection)
    return field.to_python(value)
