"""The documentation lists what there is: every setting, index, command and endpoint, and no others."""

import re
from pathlib import Path

from django.apps import apps
from django.core.management import get_commands
from django.urls import get_resolver

from doit_site.mongo.indexes import Index

ROOT = Path(__file__).parents[2]
OURS = ("doit_site", "accounts", "goals", "groups")


def rows(page, heading=None):
    """The first cell of every table row of a page, or of one of its sections."""
    text = (ROOT / "docs" / page).read_text()
    if heading:
        text = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", text, re.M | re.S).group(1)
    return [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| `")]


def names(cells):
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_settings():
    example = (ROOT / ".env.example").read_text()
    read = set()
    for path in ("doit_site/settings.py", "doit_site/environment.py"):
        source = (ROOT / path).read_text()
        read |= set(re.findall(r'(?:env\.\w+|needed)\(\s*"([A-Z_]+)"', source))
    assert len(read) > 20
    assert set(re.findall(r"^([A-Z_]+)=", example, re.M)) == read
    assert names(rows("operations.md", "Settings")) >= read
    assert {name for name in names(rows("operations.md", "Settings")) if name.isupper()} == read


def test_commands():
    ours = {name for name, app in get_commands().items() if app in OURS}
    assert {name.split()[0] for name in names(rows("operations.md", "Commands"))} == ours


def test_indexes():
    for model in apps.get_models():
        named = {index.name for index in model._meta.indexes if isinstance(index, Index)}
        if named:
            assert names(rows("data-model.md", model._meta.db_table)) == named


def test_shard_keys():
    """Every collection, Django's own too, has its row in the table of shard keys."""
    models = [
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    ]
    listed = names(rows("scale.md", "Shard keys"))
    assert listed == {*models, "django_migrations"}


def test_endpoints():
    listed = names(rows("api.md"))
    assert listed == set(endpoints())


def endpoints(patterns=None, prefix=""):
    for pattern in patterns or get_resolver().url_patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from endpoints(pattern.url_patterns, route)
        elif route.startswith("api/v1/") and not route.endswith("^"):
            yield re.sub(r"<\w+:(\w+)>", r"{\1}", route.removeprefix("api/v1/"))
