"""What OpenAPI says of all operations alike: names, problems, Idempotency-Key."""

import inspect

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from doit_site.api.problems import CONTENT_TYPE

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details. `code` is what a client branches on.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": ["string", "null"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON Pointer (RFC 6901)."},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="1 to 255 visible characters. A retry with the same key and body within 24 hours "
    "gets the first answer again, marked `Idempotent-Replayed: true`.",
)


class Schema(AutoSchema):
    """Operations are named after the view's action; lists are those that the view says are paged."""

    def _is_list_view(self, serializer=None):
        paged = getattr(self.view, "paged", None)
        if paged is not None:
            return getattr(self.view, "action", None) in paged and self.method == "GET"
        return super()._is_list_view(serializer)

    def get_summary(self):
        return self._docstring()[0]

    def get_description(self):  # type: ignore[override]  # as drf-spectacular has it
        return self._docstring()[2].strip()

    def _docstring(self):
        handler = getattr(self.view, getattr(self.view, "action", "") or "", None)
        return inspect.cleandoc(getattr(handler, "__doc__", None) or "").partition("\n")

    def get_override_parameters(self):
        handler = getattr(self.view, getattr(self.view, "action", "") or "", None)
        return [KEY] if getattr(handler, "idempotent", False) and self.method == "POST" else []


def finish(result, generator, request, public):
    """Every operation may answer a problem; one default response says so."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    answer = {
        "description": "A problem",
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"]["default"] = answer
    return result
