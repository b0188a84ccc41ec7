"""JSON in and out: orjson, with the limits of trust.md ("Limits") on what comes in."""

import orjson
from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from doit_site.api.problems import Code, Problem, escape

MAX_DEPTH = 20
MAX_INTEGER = 2**53 - 1
OPTIONS = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z


def dumps(value) -> bytes:
    """UTF-8 JSON; a datetime, naive ones being UTC, as RFC 3339 ending in Z."""
    return orjson.dumps(value, default=str, option=OPTIONS)


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return b"" if data is None else dumps(data)


class OneRenderer(BaseContentNegotiation):
    """There is one format, so what a client accepts is not asked."""

    def select_parser(self, request, parsers):
        media_type = request.content_type.partition(";")[0].strip().lower()
        return parsers[0] if media_type == "application/json" else None

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


class JSONParser(BaseParser):
    """Refuses what MongoDB or a client's own JSON could not carry: see `check`."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        raw = stream.read(settings.MAX_BODY_BYTES + 1)
        if len(raw) > settings.MAX_BODY_BYTES:
            raise Problem(Code.body_too_large)
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not JSON: {error}.") from error
        check(value)
        return value


def check(value):
    """Raise a Problem for nesting over 20, integers beyond 2^53, infinite numbers and NUL in names."""
    level = [("", value)]
    for _ in range(MAX_DEPTH):
        if not level:
            return
        level = _below(level)
    for pointer, item in level:
        if isinstance(item, dict | list):
            raise _malformed(pointer, "too_deep", f"Nesting is at most {MAX_DEPTH} deep.")
    _below(level)


def _below(level):
    return [child for pointer, item in level for child in _children(pointer, item)]


def _children(pointer, value):
    if isinstance(value, dict):
        for name, child in value.items():
            if "\x00" in name:
                raise _malformed(pointer, "null_character", "A name must not have a NUL character.")
            yield f"{pointer}/{escape(name)}", child
    elif isinstance(value, list):
        yield from ((f"{pointer}/{index}", child) for index, child in enumerate(value))
    elif isinstance(value, float):
        # orjson reads an integer beyond 64 bits as a float.
        if abs(value) > MAX_INTEGER:
            raise _malformed(pointer, "out_of_range", "A number is at most 2^53 - 1.")
    elif isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise _malformed(pointer, "out_of_range", "A number is at most 2^53 - 1.")


def _malformed(pointer, code, detail):
    return Problem(
        Code.malformed, detail, errors=[{"pointer": pointer, "code": code, "detail": detail}]
    )
