"""The commands that reach MongoDB, seen by the driver, and what MongoDB says of how it runs them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from pymongo.monitoring import CommandListener

from doit_site.mongo.client import get_db

PLANNED = ("find", "aggregate", "update", "delete", "findAndModify", "count", "distinct")
OF_THE_DRIVER = ("lsid", "txnNumber", "startTransaction", "autocommit", "writeConcern", "maxTimeMS")
OF_THE_API = ("apiVersion", "apiStrict", "apiDeprecationErrors", "retryWrites")


class Recorder(CommandListener):
    def __init__(self, commands):
        self.commands = commands

    def started(self, event):
        if event.command_name != "endSessions":  # the driver's own, on closing
            self.commands.append(plain(event.command))

    def succeeded(self, event):
        pass

    def failed(self, event):
        pass


@contextmanager
def recorded_commands() -> Iterator[list[dict[str, Any]]]:
    """Within the block, every command of Django's client, oldest first.

    It is a client of its own, and the one before is closed: a Database got earlier is of no use
    afterwards.
    """
    commands: list[dict[str, Any]] = []
    options = connection.settings_dict["OPTIONS"]
    options["event_listeners"] = [Recorder(commands)]
    connection.close_pool()
    try:
        get_db().command("ping")
        commands.clear()
        yield commands
    finally:
        del options["event_listeners"]
        connection.close_pool()


def plain(command) -> dict[str, Any]:
    """The command without what the driver adds to each."""
    hidden = (*OF_THE_DRIVER, *OF_THE_API)
    return {
        name: value
        for name, value in command.items()
        if not name.startswith("$") and name not in hidden
    }


def kind(command) -> str:
    """`find goals`"""
    name = next(iter(command))
    return f"{name} {command[name]}"


def stages(command) -> set[str]:
    """The stages of the plan that MongoDB chooses for a recorded command."""
    if next(iter(command)) not in PLANNED:
        return set()
    answer = get_db().command("explain", command, verbosity="queryPlanner")
    plan = {name: answer[name] for name in ("queryPlanner", "stages") if name in answer}
    return set(_stages(plan))


def _stages(value):
    if isinstance(value, dict):
        if isinstance(value.get("stage"), str):
            yield value["stage"]
        for name, inner in value.items():
            if name.startswith("$"):
                yield name
            if name not in ("rejectedPlans", "command", "parsedQuery"):
                yield from _stages(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _stages(inner)
