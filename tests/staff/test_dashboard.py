"""The dashboard: figures reckoned once a minute, by one viewer, beside the request."""

import threading
from datetime import timedelta

import pytest

from accounts import dashboard
from doit_site import clock, figures
from doit_site.mongo.client import get_db
from goals import demo
from goals.figures import reckon
from goals.models import Goal
from tests.foreign import COMPLETE_GOAL, MINIMAL_GOAL, TEXT_DATED_GOAL, insert
from tests.test_admin import COMPLETE_PERSON, MINIMAL_PERSON, TEXT_DATED_PERSON


@pytest.fixture
def counted(db, monkeypatch):
    """Registers figures "test" that count how often they are reckoned, slowly."""
    calls, gate = [], threading.Event()

    def slow(database):
        calls.append(database.name)
        gate.wait(5)
        return {"calls": len(calls)}

    monkeypatch.setitem(figures._reckoners, "test", slow)
    return calls, gate


def test_the_figures_of_the_demo(db):
    list(demo.seed())
    found = reckon(get_db())
    assert found["people"] == 5
    assert (sum(found["joined"]), sum(found["started"])) == (5, 5)
    assert sum(found["messages"]) == 6
    assert (found["tests"], found["passed"]) == (30, 28)
    assert sum(row["finished"] for row in found["categories"]) == 1
    assert sum(row["active"] for row in found["categories"]) == 3  # and one is paused
    assert sum(row["count"] for row in found["streaks"]) == 4
    assert len(found["days"]) == 30


def test_documents_of_every_kind_are_counted(database, alice):
    for document in (COMPLETE_PERSON, MINIMAL_PERSON, TEXT_DATED_PERSON):
        insert(database.users, document)
    for document in (COMPLETE_GOAL, MINIMAL_GOAL, TEXT_DATED_GOAL):
        insert(database.goals, document, user_id=alice.pk)
    odd = [{"content": "é", "is_user": True, "timestamp": "ééééééééééééé"}, {"is_user": True}]
    insert(database.goals, COMPLETE_GOAL, user_id=alice.pk, messages=odd)
    found = reckon(database)
    assert found["people"] == 4
    assert sum(row["active"] for row in found["categories"]) >= 3


def test_figures_are_kept_for_a_minute(counted, database):
    calls, gate = counted
    gate.set()
    first = figures.read("test")
    assert first.values == {"calls": 1}
    assert figures.read("test") == first
    later = {"$set": {"fresh_until": clock.now() - timedelta(seconds=1)}}
    database.figures.update_one({"_id": "test"}, later)
    assert figures.read("test").values == {"calls": 2}
    assert len(calls) == 2


def test_two_viewers_have_them_reckoned_once(counted):
    calls, gate = counted
    viewers(gate, 8)
    assert len(calls) == 1
    assert figures.read("test").values == {"calls": 1}


def test_without_the_claim_each_viewer_would_reckon(counted, monkeypatch):
    """The twin of the test above."""
    calls, gate = counted
    monkeypatch.setattr(figures, "_claim", lambda database, name, now: "mine")
    viewers(gate, 8)
    assert len(calls) > 1


def viewers(gate, number):
    """So many threads that look at once."""
    start = threading.Barrier(number)
    threads = [threading.Thread(target=_look, args=(start,)) for _ in range(number)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()


def _look(start):
    start.wait()
    figures.read("test")


def test_who_comes_while_they_are_reckoned_sees_the_ones_before(counted, database, monkeypatch):
    calls, gate = counted
    monkeypatch.setattr(figures, "WAITED_FOR", 0.05)
    past = clock.now() - timedelta(hours=1)
    row = {"_id": "test", "values": {"calls": 0}, "at": past, "fresh_until": past}
    database.figures.insert_one({**row, "claimed_until": past, "claim": ""})
    assert figures.read("test").values == {"calls": 0}
    assert figures.read("test").values == {"calls": 0}
    assert len(calls) == 1
    gate.set()


def test_what_takes_long_is_reckoned_less_often(counted, database, monkeypatch):
    _, gate = counted
    ticks = iter([0.0, 30.0])
    monkeypatch.setattr(figures, "monotonic", lambda: next(ticks))
    gate.set()
    figures.read("test")
    row = database.figures.find_one({"_id": "test"})
    assert row["fresh_until"] - row["at"] == timedelta(minutes=10)


def test_a_claim_of_a_process_that_is_gone_ends(counted, database):
    _, gate = counted
    gate.set()
    past = clock.now() - timedelta(seconds=1)
    row = {"_id": "test", "fresh_until": past, "claim": "gone", "claimed_until": past}
    database.figures.insert_one(row)
    assert figures.read("test").values == {"calls": 1}


def test_the_page_shows_the_figures(boss):
    list(demo.seed())
    page = boss.page("/admin/")
    for text in ("93% of 30", "People joining", "Goals finished", "Streaks", "<svg"):
        assert text in page


def test_the_page_of_an_empty_place(boss):
    assert "none yet" in boss.page("/admin/")


def test_the_page_before_the_first_figures(boss, monkeypatch):
    monkeypatch.setattr(figures, "read", lambda name: figures.Figures(None, None))
    assert "being reckoned" in boss.page("/admin/")


def test_what_waits_is_for_those_who_may_work_on_it(browser_of, monkeypatch):
    monkeypatch.setattr(dashboard, "_waiting", {})
    dashboard.register_waiting(
        "goals to look at",
        permission="goals.view_goal",
        view="admin:goals_goal_changelist",
        count=lambda: Goal.objects.count() + 7,
    )
    assert "goals to look at" in browser_of("support").page("/admin/")
    assert "goals to look at" not in browser_of("analyst").page("/admin/")
