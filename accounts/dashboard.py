"""The admin's first page: panels and what waits for somebody. Apps register theirs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString


@dataclass(frozen=True, slots=True)
class Panel:
    """`context()` gives what `template` shows to whoever holds the `permission`."""

    name: str
    permission: str
    template: str
    context: Callable[[], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Waiting:
    """`count()` of what waits, by an index; `view` is the name of the page where it is done."""

    title: str
    permission: str
    view: str
    count: Callable[[], int]


_panels: dict[str, Panel] = {}
_waiting: dict[str, Waiting] = {}


def register_panel(name: str, *, permission: str, template: str, context) -> None:
    """Called from AppConfig.ready(); shown in the order of registration."""
    _panels[name] = Panel(name, permission, template, context)


def register_waiting(title: str, *, permission: str, view: str, count) -> None:
    """Called from AppConfig.ready(): a queue of work, as reports of messages are."""
    _waiting[title] = Waiting(title, permission, view, count)


def panels(user) -> list[SafeString]:
    """The rendered panels that the person may see."""
    return [
        render_to_string(panel.template, panel.context())
        for panel in _panels.values()
        if user.has_perm(panel.permission)
    ]


def waiting(user) -> list[dict[str, Any]]:
    """[{"title", "url", "count"}] of the queues that the person may work on."""
    return [
        {"title": queue.title, "url": reverse(queue.view), "count": queue.count()}
        for queue in _waiting.values()
        if user.has_perm(queue.permission)
    ]
