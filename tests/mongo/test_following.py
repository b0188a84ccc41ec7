"""What a Follower tells, and that it is not live while it does not tell everything."""

import threading
import time

import pytest
from bson import Timestamp

from doit_site.mongo.following import LIVE_SECONDS, Follower, time_of
from tests.faults.conftest import until

SECONDS = 10


@pytest.fixture
def following(database):
    """following(on_change=..., kind=Follower) -> one of `followed`, live; stopped in the end."""
    begun = []

    def begin(on_change=lambda *change: None, kind=Follower):
        gaps = []
        follower = kind(["followed"], on_change, lambda: gaps.append(time.monotonic()))
        follower.gaps = gaps
        follower.start()
        begun.append(follower)
        until(follower.is_live, SECONDS, "it is live")
        return follower

    yield begin
    for follower in begun:
        follower.stop()


def test_changes_and_deletions_are_told_inserts_and_other_collections_are_not(database, following):
    told = []
    following(lambda *change: told.append(change))
    one, other = database.followed.insert_many([{"n": 1}, {"n": 2}]).inserted_ids
    database.goals.update_one({"id": "x"}, {"$set": {"n": 1}})
    database.followed.update_one({"_id": one}, {"$set": {"n": 3}})
    database.followed.delete_one({"_id": other})
    until(lambda: len(told) == 2, SECONDS, "both are told")
    assert told == [("followed", one), ("followed", other)]


def test_it_stays_live_where_nothing_happens_and_while_others_write(database, following):
    follower = following()
    ages = []
    for n in range(40):
        database.goals.update_one({"n": n}, {"$set": {"m": 1}})
        threading.Event().wait(0.01)
        ages.append(follower.is_live())
    assert sum(ages) > 20  # all of them on an idle machine


def test_a_dropped_collection_is_a_gap(database, following):
    follower = following()
    begun = len(follower.gaps)
    database.followed.insert_one({"n": 1})
    database.followed.rename("followed_once")
    until(lambda: len(follower.gaps) > begun, SECONDS, "the gap is told")
    database.followed_once.rename("followed")
    until(follower.is_live, SECONDS, "it is live again")


def test_once_stopped_it_is_not_live(following):
    follower = following()
    follower.stop()
    until(lambda: not follower.is_live(), LIVE_SECONDS * 2, "it is no more live")


class Credulous(Follower):
    """The broken twin: takes a recent answer for one that tells everything."""

    def _learn(self, token, told_all):
        super()._learn(token, told_all)
        self._known = time.monotonic()


def missed(database, following, kind):
    """How many of 20 changes, all older than LIVE_SECONDS, were untold while it was live."""
    all_old, while_live = threading.Event(), []

    def tell(_, key):
        if all_old.is_set():
            while_live.append(follower.is_live())  # asked while `key` is not told yet
        else:
            all_old.wait(SECONDS)  # in the first change, the others pile up

    keys = database.followed.insert_many([{"n": n} for n in range(20)]).inserted_ids
    follower = following(tell, kind)
    for key in keys:
        database.followed.update_one({"_id": key}, {"$set": {"m": 1}})
    threading.Event().wait(LIVE_SECONDS * 1.2)
    all_old.set()
    until(lambda: len(while_live) == len(keys) - 1, SECONDS, "all are told")
    return sum(while_live)


def test_in_a_flood_it_is_not_live_before_it_has_told_all(database, following):
    assert missed(database, following, Follower) == 0


def test_who_believes_a_recent_answer_misses_changes(database, following):
    assert missed(database, following, Credulous) > 0


@pytest.mark.parametrize(
    ("token", "time"),
    [
        ({"_data": "82" + "65c37a90" + "00000003" + "2b0229"}, Timestamp(0x65C37A90, 3)),
        ({"_data": "9965c37a9000000003"}, Timestamp(0, 0)),
        ({"_data": b"\x82"}, Timestamp(0, 0)),
        ({}, Timestamp(0, 0)),
        (None, Timestamp(0, 0)),
    ],
)
def test_the_time_of_a_resume_token(token, time):
    assert time_of(token) == time
