"""Indexes with MongoDB's own options, for `Meta.indexes`."""

from typing import Any

from django.db import models
from pymongo import IndexModel


class Index(models.Index):
    """A named index, optionally unique, sparse or a TTL.

    `fields` are model field names, "-" first for descending. With `expire_after_seconds`
    MongoDB deletes a document that long after the date in the (only) field. Names are
    unique per collection, not per database, so models.E030 is silenced in the settings.
    """

    def __init__(self, *fields, name, unique=False, sparse=False, expire_after_seconds=None):
        super().__init__(fields=list(fields), name=name)
        self.unique = unique
        self.sparse = sparse
        self.expire_after_seconds = expire_after_seconds

    def deconstruct(self):
        path = f"{self.__class__.__module__}.{self.__class__.__name__}"
        options: dict[str, Any] = {"name": self.name}
        if self.unique:
            options["unique"] = True
        if self.sparse:
            options["sparse"] = True
        if self.expire_after_seconds is not None:
            options["expire_after_seconds"] = self.expire_after_seconds
        return path, tuple(self.fields), options

    def clone(self):
        _, fields, options = self.deconstruct()
        return self.__class__(*fields, **options)

    def keys(self, model):
        """[(column, 1 or -1), ...] as MongoDB knows them."""
        return [
            (model._meta.get_field(name).column, -1 if order else 1)
            for name, order in self.fields_orders
        ]

    def options(self):
        options = {}
        if self.unique:
            options["unique"] = True
        if self.sparse:
            options["sparse"] = True
        if self.expire_after_seconds is not None:
            options["expireAfterSeconds"] = self.expire_after_seconds
        return options

    def get_pymongo_index_model(self, model, schema_editor, **kwargs):
        return IndexModel(self.keys(model), name=self.name, **self.options())
