"""Every route under /api/v1/, read from the URL configuration."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import get_resolver

PREFIX = "api/v1/"
WRITES = ("post", "put", "patch", "delete")


@dataclass(frozen=True)
class Route:
    """`path` as api.md writes it, `goals/{id}/`; `actions` maps methods to names of handlers."""

    path: str
    view: type
    actions: dict[str, str]

    def handler(self, method: str):
        return getattr(self.view, self.actions[method])


def routes() -> list[Route]:
    return sorted(_routes(get_resolver("doit_site.urls"), ""), key=lambda route: route.path)


def _routes(resolver, prefix) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _routes(pattern, path)
        elif path.startswith(PREFIX) and hasattr(pattern.callback, "actions"):
            named = re.sub(r"<\w+:(\w+)>", r"{\1}", path.removeprefix(PREFIX))
            yield Route(named, pattern.callback.cls, pattern.callback.actions)
