"""Transactions that retry. `django.db.transaction.atomic` does nothing on MongoDB."""

from contextlib import nullcontext
from contextvars import Context, copy_context
from functools import wraps

import pymongo
from django.db import DatabaseError
from pymongo import _csot
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError

from doit_site.mongo.client import connection
from doit_site.mongo.engine.measured import timed

# Kept back of the request's deadline for aborting. What is not aborted keeps its locks for a
# minute, and whoever wants the same documents fails that long.
ABORT_SECONDS = 0.4


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
    request = copy_context()
    with connection.connection.start_session() as session, _time_to_abort():
        value = timed(session.with_transaction, "transaction")(
            lambda session: _attempt(act, session, request)
        )
    connection.run_and_clear_commit_hooks()
    return value


def _time_to_abort():
    """The running deadline, if there is one, less the time that an abort takes."""
    remaining = _csot.remaining()
    if remaining is None:
        return nullcontext()
    return pymongo.timeout(max(0.01, remaining - ABORT_SECONDS))


def _attempt(act, session: ClientSession, request: Context):
    connection.session = session
    connection.in_atomic_block_mongo = True
    connection.run_on_commit = []
    try:
        return act()
    except BaseException as error:
        # In the request's own context, whose deadline has not passed yet: the driver would
        # abort within the shorter one, and send nothing once that is over.
        request.run(session.abort_transaction)
        _raise_what_is_retried(error)
        raise
    finally:
        connection.session = None
        connection.in_atomic_block_mongo = False


def _raise_what_is_retried(error):
    """The ORM wraps the transient errors that the driver's retry loop has to see."""
    cause = error.__cause__ if isinstance(error, DatabaseError) else None
    if isinstance(cause, PyMongoError) and cause.has_error_label("TransientTransactionError"):
        raise cause from error
