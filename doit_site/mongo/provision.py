"""A replica set with authentication made ready for DoIt: members, roles and users.

    python -m doit_site.mongo.provision

Started again it changes what differs: new members join, roles are those of roles.json, passwords
are those of the environment. docs/operations.md names the variables.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

ROLES = Path(__file__).with_name("roles.json")
USERS = ("doit_web", "doit_migrate", "doit_backup")
WAIT_SECONDS = 60.0
POLL_SECONDS = 0.1
UNAUTHORIZED, EXISTS = 13, frozenset({51002, 51003})
# "Not now": an earlier change of the members is under way, or the new one does not answer yet.
NOT_NOW = frozenset({74, 109, 308})

Client = MongoClient[dict[str, Any]]


class ProvisionError(Exception):
    """The replica set cannot be made ready; the message is one line."""


@dataclass(frozen=True)
class Plan:
    """What there is to be: `members` as host:port, the first of them reached as `first`.

    `first` is on this machine: mongod lets the first user be made from there only.
    """

    members: tuple[str, ...]
    first: str
    replica_set: str
    election_timeout_ms: int
    database: str
    root_password: str
    passwords: Mapping[str, str]

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> "Plan":
        """Raises ProvisionError naming the variable that is missing."""

        def needed(name: str) -> str:
            if value := environment.get(name, "").strip():
                return value
            raise ProvisionError(f'{name} is not set. See docs/operations.md, "Database roles".')

        members = tuple(filter(None, map(str.strip, needed("MONGO_MEMBERS").split(","))))
        port = members[0].rpartition(":")[2]
        return cls(
            members=members,
            first=f"127.0.0.1:{port}",
            replica_set=environment.get("MONGO_REPLICA_SET") or "rs0",
            election_timeout_ms=int(environment.get("MONGO_ELECTION_TIMEOUT_MS") or 2000),
            database=environment.get("DATABASE_NAME") or "doit_db",
            root_password=needed("MONGO_ROOT_PASSWORD"),
            passwords={name: needed(f"MONGO_{name[5:].upper()}_PASSWORD") for name in USERS},
        )

    def client(self) -> Client:
        """Of the whole set, as root."""
        return MongoClient(
            list(self.members),
            replicaSet=self.replica_set,
            username="root",
            password=self.root_password,
            authSource="admin",
        )


def provision(plan: Plan) -> None:
    """Make it so. Raises ProvisionError, or a PyMongoError that waiting does not mend."""
    if not _knows_root(plan):
        with MongoClient[dict[str, Any]](plan.first, directConnection=True) as first:
            _start_set(first, plan)
            _create_root(first, plan)
    with plan.client() as client:
        _add_members(client, plan)
        _set_roles(client, plan)
        _set_users(client, plan)


def roles(database: str) -> list[dict[str, Any]]:
    """The createRole commands of roles.json for a database of that name."""
    commands = json.loads(ROLES.read_text())
    for command in commands:
        for privilege in command["privileges"]:
            if "db" in privilege["resource"]:
                privilege["resource"]["db"] = database
    return commands


def _knows_root(plan: Plan) -> bool:
    """Whether the first member has a user root with this password."""
    try:
        with MongoClient[dict[str, Any]](
            plan.first,
            directConnection=True,
            username="root",
            password=plan.root_password,
            authSource="admin",
        ) as first:
            first.admin.command("ping")
    except OperationFailure:
        return False
    return True


def _start_set(first: Client, plan: Plan) -> None:
    """A set of the first member alone: the first user can be made only where this one is primary."""
    if "setName" not in first.admin.command("hello"):
        config = {
            "_id": plan.replica_set,
            "members": [{"_id": 0, "host": plan.members[0]}],
            "settings": {"electionTimeoutMillis": plan.election_timeout_ms},
        }
        first.admin.command("replSetInitiate", config)
    _until(lambda: first.admin.command("hello")["isWritablePrimary"], "the first member is primary")


def _create_root(first: Client, plan: Plan) -> None:
    try:
        first.admin.command("createUser", "root", pwd=plan.root_password, roles=["root"])
    except OperationFailure as error:
        if error.code != UNAUTHORIZED:
            raise
        # mongod takes no second "first" user.
        raise ProvisionError("There are users, and MONGO_ROOT_PASSWORD is not root's.") from error


def _add_members(client: Client, plan: Plan) -> None:
    """One at a time, as MongoDB wants it; a member that is already there is left as it is."""
    for host in plan.members:
        _until(lambda host=host: _added(client, host), f"{host} joins the replica set")  # type: ignore[misc]
    _until(lambda: _all_serve(client), "every member has the data")


def _added(client: Client, host: str) -> bool:
    config = client.admin.command("replSetGetConfig")["config"]
    if host in {member["host"] for member in config["members"]}:
        return True
    config["version"] += 1
    last = max(member["_id"] for member in config["members"])
    config["members"].append({"_id": last + 1, "host": host})
    try:
        client.admin.command("replSetReconfig", config)
    except OperationFailure as error:
        if error.code not in NOT_NOW:
            raise
        return False
    return True


def _all_serve(client: Client) -> bool:
    members = client.admin.command("replSetGetStatus")["members"]
    return all(member["stateStr"] in ("PRIMARY", "SECONDARY") for member in members)


def _set_roles(client: Client, plan: Plan) -> None:
    for command in roles(plan.database):
        name = command.pop("createRole")
        _create_or_update(client, "Role", name, command)


def _set_users(client: Client, plan: Plan) -> None:
    for name, password in plan.passwords.items():
        _create_or_update(client, "User", name, {"pwd": password, "roles": [name]})


def _create_or_update(client: Client, what: str, name: str, fields: dict[str, Any]) -> None:
    try:
        client.admin.command(f"create{what}", name, **fields)
    except OperationFailure as error:
        if error.code not in EXISTS:
            raise
        client.admin.command(f"update{what}", name, **fields)


def _until(reached: Callable[[], bool], what: str) -> None:
    deadline, pause = time.monotonic() + WAIT_SECONDS, threading.Event()
    while not reached():
        if time.monotonic() > deadline:
            raise ProvisionError(f"Not within {WAIT_SECONDS:.0f} s: {what}.")
        pause.wait(POLL_SECONDS)


def main(environment: Mapping[str, str]) -> Iterable[str]:
    """Provision as the environment says; what is to be told. Raises SystemExit with one line."""
    try:
        plan = Plan.of_environment(environment)
        provision(plan)
    except (ProvisionError, PyMongoError, ValueError) as error:
        raise SystemExit(f"The database is not ready: {str(error).splitlines()[0]}") from error
    yield f"Replica set {plan.replica_set}: {', '.join(plan.members)}"
    yield f"Users of {plan.database}: {', '.join(plan.passwords)}"


if __name__ == "__main__":
    for line in main(os.environ):
        sys.stdout.write(f"{line}\n")
