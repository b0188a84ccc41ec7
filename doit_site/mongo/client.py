"""The life of the connection (seed 1-doit.md): connect_db(), get_db(), close_db().

There is one MongoClient a process, Django's own. These three are how everything that
does not go through the ORM reaches it.
"""

from typing import Any, cast

from django.conf import settings
from django.db import connection as current_connection
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import ConfigurationError, InvalidURI, PyMongoError

from doit_site.mongo.engine.base import DatabaseWrapper

# Django's proxy of the thread's connection, of the one engine there is.
connection = cast(DatabaseWrapper, current_connection)


class DatabaseUnavailable(Exception):
    """The database cannot be used; the message is one line for an operator."""


class StandaloneServer(DatabaseUnavailable):
    """The server can do neither transactions nor change streams."""


def get_db() -> Database[dict[str, Any]]:
    """The pymongo Database; no operation is sent. Thread-safe."""
    return connection.database


def get_collection(name: str) -> Collection[dict[str, Any]]:
    """The pymongo Collection; no operation is sent. Pass `session=current_session()` to each."""
    return connection.collection(name)


def current_session() -> ClientSession | None:
    """The ClientSession of the running transaction, or None: raw operations pass it on."""
    return connection.session


def connect_db() -> Database[dict[str, Any]]:
    """Connect, check that the deployment can do transactions, and return the Database.

    Raises DatabaseUnavailable when it cannot be reached, StandaloneServer when it is one.
    """
    try:
        hello = get_db().command("hello")
    except (ConfigurationError, InvalidURI) as error:
        raise DatabaseUnavailable(f"MONGODB_URI cannot be used: {_first_line(error)}") from error
    except PyMongoError as error:
        where = settings.MONGODB_URI or "the embedded database"
        raise DatabaseUnavailable(
            f"MongoDB does not answer at {redact(where)}: {_first_line(error)}"
        ) from error
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise StandaloneServer(
            "MONGODB_URI names a standalone server; DoIt needs a replica set, "
            "because transactions and change streams do (start mongod with --replSet)."
        )
    return get_db()


def close_db() -> None:
    """Close the client and its pool; the next use connects anew."""
    connection.close_pool()


def redact(uri: str) -> str:
    """The URI without its user and password."""
    scheme, separator, rest = uri.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}" if separator else uri


def _first_line(error):
    return (str(error).splitlines() or [type(error).__name__])[0].split(", Timeout:")[0][:300]
