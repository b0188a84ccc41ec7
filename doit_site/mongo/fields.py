"""Model fields that keep the documented BSON types and read the other shape too."""

import uuid

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from doit_site.mongo import shapes

UUID4_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"


def new_id() -> str:
    """A UUIDv4 as the canonical lower-case text: the only id that leaves the database."""
    return str(uuid.uuid4())


class IdField(models.CharField):
    """The primary key `id`: a UUIDv4 text beside MongoDB's own `_id`."""

    def __init__(self, **kwargs):
        super().__init__(
            **{
                "primary_key": True,
                "max_length": 36,
                "default": new_id,
                "editable": False,
                "validators": [RegexValidator(UUID4_PATTERN, "Not a UUID.")],
                **kwargs,
            }
        )

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        for option in ("max_length", "default", "editable", "validators"):
            kwargs.pop(option, None)
        return name, path, args, kwargs


class DateTimeField(models.DateTimeField):
    """A BSON date; a text in its place is read as the time it says."""

    def get_internal_type(self):
        return "DateTimeField"

    def to_python(self, value):
        if value is None:
            return None
        moment = shapes.as_datetime(value)
        if moment is None:
            raise ValidationError("Enter a date and time like 2026-03-09T00:00:00Z.", "invalid")
        return moment


class DateTimeTextField(models.CharField):
    """A "datetime string" of seed 1-doit.md; a BSON date in its place is read as that text."""

    def __init__(self, **kwargs):
        super().__init__(**{"max_length": 40, **kwargs})

    def to_python(self, value):
        return super().to_python(shapes.datetime_text(value))

    def from_db_value(self, value, expression, connection):
        return shapes.datetime_text(value)


class DateTextField(models.CharField):
    """A YYYY-MM-DD string; a BSON date in its place is read as that text."""

    def __init__(self, **kwargs):
        super().__init__(**{"max_length": 10, **kwargs})

    def to_python(self, value):
        return super().to_python(shapes.date_text(value))

    def from_db_value(self, value, expression, connection):
        return shapes.date_text(value)


class OptionalTextField(models.CharField):
    """A text that is absent from the document when unset, so that a sparse index leaves it out."""

    absent_when_none = True

    def __init__(self, **kwargs):
        super().__init__(**{"null": True, "blank": True, "default": None, **kwargs})

    def get_prep_value(self, value):
        return super().get_prep_value(value) or None


class OptionalDateTimeField(DateTimeField):
    """A BSON date that is absent from the document when unset, so that a sparse index leaves it out."""

    absent_when_none = True

    def __init__(self, **kwargs):
        super().__init__(**{"null": True, "blank": True, "default": None, **kwargs})
