"""Serializers that refuse what they do not know, and that read documents without models."""

from datetime import datetime
from functools import cache

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from doit_site.mongo import shapes
from doit_site.mongo.documents import Document, absent


class StrictSerializer(serializers.Serializer):
    """Refuses an unknown field (`unknown_field`) and one only the server sets (`read_only_field`)."""

    def to_internal_value(self, data):
        errors = self._refused(data) if isinstance(data, dict) else {}
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError(
                error.detail | errors if isinstance(error.detail, dict) else error.detail
            ) from error
        if errors:
            raise ValidationError(errors)
        return value

    def _refused(self, data):
        errors = {}
        for name in data:
            field = self.fields.get(name)
            if field is None:
                errors[name] = [ErrorDetail(f"There is no field {name[:100]!r}.", "unknown_field")]
            elif field.read_only:
                errors[name] = [ErrorDetail("Only the server sets this field.", "read_only_field")]
        return errors


class UTCDateTimeField(serializers.DateTimeField):
    """RFC 3339 in UTC ending in Z, from a BSON date, an aware datetime or a text."""

    def to_representation(self, value):
        moment = shapes.as_datetime(value)
        return value if moment is None else moment.isoformat().replace("+00:00", "Z")

    def enforce_timezone(self, value):
        try:
            return super().enforce_timezone(value)
        except OverflowError:
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ssZ")


class DocumentSerializer(StrictSerializer):
    """Declares fields as ever, and reads raw documents at the speed of the driver.

    `projection()` names what to read; `represent(document)` turns what was read into
    what DRF would print of the model instance, to be printed by the renderer. Nested
    serializers are for input and OpenAPI: in what is read they pass as they are.
    `model` gives the defaults of absent fields, `reads` names columns that the
    representation needs and does not show, `computed` fields that the view adds.
    """

    model: type[Document] | None = None
    computed: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()

    @classmethod
    @cache
    def _compiled(cls):
        fields = {
            name: field
            for name, field in cls().fields.items()
            if not field.write_only and name not in cls.computed
        }
        times = [
            name for name, field in fields.items() if isinstance(field, serializers.DateTimeField)
        ]
        defaults = {name: _default(cls.model, name) for name in fields}
        filled = [name for name, default in defaults.items() if default is not None]
        projection = {"_id": 0, **dict.fromkeys(fields, 1), **dict.fromkeys(cls.reads, 1)}
        return projection, times, filled, defaults

    @classmethod
    def projection(cls) -> dict:
        """The projection for find(); a fresh dict."""
        return dict(cls._compiled()[0])

    @classmethod
    def represent(cls, document: dict) -> dict:
        """The document, made presentable in place."""
        _, times, filled, defaults = cls._compiled()
        for name in defaults.keys() - document.keys():
            document[name] = None
        for name in filled:
            if document[name] is None:
                default = defaults[name]
                document[name] = default() if callable(default) else default
        for name in times:
            if not isinstance(document[name], datetime):
                document[name] = shapes.as_datetime(document[name]) or document[name]
        return document


def _default(model, name):
    if model is None:
        return None
    return absent(model._meta.get_field(name))
