"""Transactions that retry: exact under concurrency, all or nothing, effects outside only after."""

import threading

import pymongo
import pytest
from django.db import DatabaseError, connection, transaction
from django_mongodb_backend.transaction import atomic, on_commit
from pymongo import _csot
from pymongo.errors import OperationFailure, PyMongoError

from accounts.models import User
from doit_site.mongo.client import current_session, get_db
from doit_site.mongo.transactions import in_transaction, transactional
from tests.races import together


@pytest.fixture
def counters(database):
    """A collection with one counter at 0."""
    database.counters.insert_one({"_id": 1, "n": 0})
    return database.counters


def value(counters):
    return counters.find_one({"_id": 1})["n"]


def read_modify_write():
    """An increment as nobody should write it, safe only inside a transaction."""
    counters = get_db().counters
    n = counters.find_one({"_id": 1}, session=current_session())["n"]
    counters.update_one({"_id": 1}, {"$set": {"n": n + 1}}, session=current_session())


def ten_times(act):
    for _ in range(10):
        act()


def test_forty_increments_by_four_threads_make_forty(counters):
    together(4, lambda _: ten_times(transactional(read_modify_write)))
    assert value(counters) == 40


def test_forty_increments_without_a_transaction_lose_some(counters):
    """The broken twin."""
    together(4, lambda _: ten_times(read_modify_write))
    assert value(counters) < 40


def test_djangos_own_atomic_is_no_transaction(counters):
    """Another twin: why it is not used."""

    @transaction.atomic
    def act():
        read_modify_write()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        act()
    assert value(counters) == 1


def test_what_fails_leaves_nothing(counters):
    @transactional
    def act():
        read_modify_write()
        User.objects.create_user("14155550100")
        assert value_inside() == 1
        raise RuntimeError("no")

    def value_inside():
        return counters.find_one({"_id": 1}, session=current_session())["n"]

    with pytest.raises(RuntimeError, match="no"):
        act()
    assert value(counters) == 0
    assert User.objects.count() == 0
    assert current_session() is None
    assert not connection.in_atomic_block_mongo


def test_a_value_is_returned_and_arguments_are_passed(db):
    @transactional
    def act(a, *, b):
        return a, b

    assert act(1, b=2) == (1, 2)
    assert act.__name__ == "act"


def test_the_orm_and_raw_writes_share_the_transaction(counters):
    def act():
        User.objects.create_user("14155550100")
        read_modify_write()
        assert User.objects.count() == 1
        assert get_db().users.count_documents({}) == 0  # outside nobody sees it yet

    in_transaction(act)
    assert User.objects.count() == 1
    assert value(counters) == 1


def test_a_nested_act_joins_and_falls_with_the_outer_one(counters):
    sessions = []

    @transactional
    def inner():
        sessions.append(current_session())
        read_modify_write()

    @transactional
    def outer():
        sessions.append(current_session())
        inner()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        outer()
    assert sessions[0] is sessions[1]
    assert sessions[0] is not None
    assert value(counters) == 0


def test_an_act_joins_the_backends_own_atomic(counters):

    @atomic
    def act():
        transactional(read_modify_write)()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        act()
    assert value(counters) == 0
    with atomic():
        transactional(read_modify_write)()
    assert value(counters) == 1


def test_the_backends_atomic_joins_an_act(counters):
    @transactional
    def act():
        with atomic():
            read_modify_write()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        act()
    assert value(counters) == 0


def test_what_waits_for_the_commit_runs_once_after_it(counters):
    seen = []

    @transactional
    def act():
        on_commit(lambda: seen.append(value(counters)))
        read_modify_write()
        return len(seen)

    assert act() == 0
    assert seen == [1]
    assert act() == 1
    assert seen == [1, 2]


def test_what_waits_for_a_commit_that_does_not_come_never_runs(counters):
    seen = []

    @transactional
    def act():
        on_commit(lambda: seen.append("aborted"))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        act()
    in_transaction(lambda: on_commit(lambda: seen.append("committed")))
    on_commit(lambda: seen.append("outside"))
    assert seen == ["committed", "outside"]


def test_what_waits_for_the_commit_runs_once_however_often_the_act_is_tried(counters):
    seen, tries = [], []

    @transactional
    def act():
        tries.append(1)
        on_commit(lambda: seen.append(len(tries)))
        read_modify_write()
        if len(tries) < 3:
            raise transient()

    act()
    assert seen == [3]
    assert value(counters) == 1


def transient():
    error = OperationFailure("a write conflict", 112)
    error._add_error_label("TransientTransactionError")
    return error


def test_a_transient_error_of_the_orm_is_tried_again(counters):
    """The ORM hides the driver's error in `__cause__`; a real conflict, made by another client."""
    User.objects.create_user("14155550100")
    tries = []

    @transactional
    def act():
        tries.append(1)
        user = User.objects.get()
        if len(tries) == 1:
            # Somebody else changes the row after it was read here.
            get_db().users.update_one({}, {"$set": {"name": "theirs"}})
        user.status = "suspended"
        user.save(update_fields=["status"])

    act()
    assert len(tries) == 2
    stored = get_db().users.find_one()
    assert (stored["name"], stored["status"]) == ("theirs", "suspended")


def test_without_the_retry_the_same_conflict_is_an_error(db):
    """The broken twin: the backend's atomic alone."""
    User.objects.create_user("14155550100")

    @atomic
    def act():
        user = User.objects.get()
        get_db().users.update_one({}, {"$set": {"name": "theirs"}})
        user.status = "suspended"
        user.save(update_fields=["status"])

    with pytest.raises(DatabaseError) as conflict:
        act()
    assert conflict.value.__cause__.has_error_label("TransientTransactionError")


def test_an_error_that_is_not_transient_is_not_tried_again(db):
    tries = []

    @transactional
    def act():
        tries.append(1)
        User.objects.create_user("14155550100")
        User.objects.create_user("14155550100")

    with pytest.raises(DatabaseError):
        act()
    assert tries == [1]
    assert User.objects.count() == 0


def test_retries_end_at_the_deadline_of_the_request(counters):
    """A lock that another transaction holds for ever."""
    client = get_db().client
    tries = []

    @transactional
    def act():
        tries.append(1)
        read_modify_write()

    with client.start_session() as other, other.start_transaction():
        counters.update_one({"_id": 1}, {"$set": {"n": 7}}, session=other)
        with pytest.raises(PyMongoError) as ended, pymongo.timeout(0.5):
            act()
        other.abort_transaction()
    assert len(tries) > 1
    assert ended.value.timeout
    assert value(counters) == 0
    assert current_session() is None


def until_the_deadline_passes(counters):
    """Lock the counter, and come too late with the next operation, so that the driver refuses it.

    An operation that the server itself ends in time would end its transaction as well.
    """
    counters.update_one({"_id": 1}, {"$inc": {"n": 1}}, session=current_session())
    threading.Event().wait(_csot.remaining() + 0.01)
    counters.find_one({"_id": 1}, session=current_session())


def is_locked(counters):
    """Whether a write of somebody else has to wait for the counter."""
    try:
        with pymongo.timeout(0.5):
            counters.update_one({"_id": 1}, {"$set": {"touched": True}})
    except PyMongoError:
        return True
    return False


def test_a_transaction_that_its_deadline_ends_keeps_no_lock(counters):
    with pymongo.timeout(1), pytest.raises(PyMongoError):
        in_transaction(lambda: until_the_deadline_passes(counters))
    assert not is_locked(counters)
    assert value(counters) == 0


def test_without_time_to_abort_a_transaction_keeps_its_locks(counters):
    """The broken twin: the driver's own loop, whose abort is not sent after the deadline."""

    def act(session):
        connection.session = session
        try:
            until_the_deadline_passes(counters)
        finally:
            connection.session = None

    with connection.connection.start_session() as session:
        with pymongo.timeout(1), pytest.raises(PyMongoError):
            session.with_transaction(act)
        try:
            assert is_locked(counters)
        finally:
            get_db().client.admin.command("killSessions", [session.session_id])
