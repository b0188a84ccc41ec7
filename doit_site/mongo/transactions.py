"""Transactions that retry. `django.db.transaction.atomic` does nothing on MongoDB."""

from functools import wraps

from django.db import DatabaseError
from pymongo.errors import PyMongoError

from doit_site.mongo.client import connection


def transactional(act):
    """Run the act in a transaction, again from its first line after a transient error.

    Inside a running transaction it joins that one. The act must therefore have no effect
    outside the database; `django_mongodb_backend.transaction.on_commit` is for those.
    Retries stop at the request's deadline (`pymongo.timeout`), else after 120 s.
    """

    @wraps(act)
    def run(*args, **kwargs):
        return in_transaction(lambda: act(*args, **kwargs))

    return run


def in_transaction(act):
    """The value of `act()`, run as `transactional` says."""
    if connection.session is not None:
        return act()
    connection.ensure_connection()
    with connection.connection.start_session() as session:
        value = session.with_transaction(lambda session: _attempt(act, session))
    connection.run_and_clear_commit_hooks()
    return value


def _attempt(act, session):
    connection.session = session
    connection.in_atomic_block_mongo = True
    connection.run_on_commit = []
    try:
        return act()
    except DatabaseError as error:
        # The ORM wraps what the driver's retry loop has to see.
        if isinstance(error.__cause__, PyMongoError) and error.__cause__.has_error_label(
            "TransientTransactionError"
        ):
            raise error.__cause__ from error
        raise
    finally:
        connection.session = None
        connection.in_atomic_block_mongo = False
