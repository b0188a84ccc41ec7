"""Missed work on days ahead: the rules, without a database."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goals import carrying
from goals.carrying import Piece, Work

FIRST = date(2026, 2, 7)


def day(number, *minutes, title="Strings"):
    return {
        "day": number,
        "date": (FIRST + timedelta(days=number - 1)).isoformat(),
        "title": title,
        "tasks": [
            {"task": f"{number}.{place}", "duration_minutes": m, "resources": []}
            for place, m in enumerate(minutes)
        ],
        "tips": "",
    }


def on(number):
    return FIRST + timedelta(days=number - 1)


def tasks(days, number):
    found = next(each for each in days if each["day"] == number)
    return [(task["task"], task["duration_minutes"]) for task in found["tasks"]]


def carried(days, today, minutes, passed=(), pieces=(), **options):
    missed = carrying.missed(days, set(passed), on(today), pieces)
    ahead = [
        carrying.without_carried(each, pieces)
        for each in days
        if each["day"] >= today and each["day"] not in passed
    ]
    done = tuple(piece for piece in pieces if piece.on in passed)
    return carrying.carry(missed, ahead, minutes, done, **{"all_or_nothing": True, **options})


def test_missed_is_what_lies_behind_and_is_not_passed():
    days = [day(1, 10), day(2, 20), day(3, 30), {**day(4, 40), "date": None}]
    missed = carrying.missed(days, {1}, on(3), ())
    assert [(one.number, one.minutes) for one in missed] == [(2, 20)]
    assert carrying.missed(days, {1, 2}, on(3), ()) == ()


def test_missed_tasks_stand_before_the_own_ones_as_early_as_they_fit():
    days = [day(1, 20, 15), day(2, 40), day(3, 45), day(4, 30)]
    result = carried(days, 2, 60)
    assert tasks(result.days, 2) == [("1.0", 20), ("2.0", 40)]
    assert tasks(result.days, 3) == [("1.1", 15), ("3.0", 45)]
    assert result.days[2] == days[3]
    assert result.carries == ((3, (1,)),)  # the last of them: then all of it is done


def test_a_task_goes_over_several_days_in_sensible_pieces():
    result = carried([day(1, 50), day(2, 40), day(3, 40), day(4, 40)], 2, 60)
    assert [tasks(result.days, n)[0] for n in (2, 3, 4)] == [
        ("1.0 (the first 20 of 50 minutes)", 20),
        ("1.0 (the next 20 of 50 minutes)", 20),
        ("1.0 (the last 10 of 50 minutes)", 10),
    ]
    assert result.carries == ((4, (1,)),)


@pytest.mark.parametrize(
    ("left", "free", "least", "taken"),
    [
        (20, 20, 10, 20),
        (20, 19, 10, 10),  # the other half is sensible too
        (19, 18, 10, None),
        (30, 9, 10, None),
        (5, 5, 10, 5),  # a short task as a whole
        (8, 7, 5, None),
        (10, 7, 5, 5),
        (0, 0, 10, 0),
    ],
)
def test_how_much_of_a_task_goes_into_the_free_minutes(left, free, least, taken):
    assert carrying._taken(left, free, least) == taken


def test_a_day_of_rest_is_used_only_where_the_others_do_not_suffice():
    rest = day(3, 10, title="Rest day")
    enough = carried([day(1, 30), day(2, 60), rest, day(4, 30)], 2, 60)
    assert tasks(enough.days, 4) == [("1.0", 30), ("4.0", 30)]
    assert enough.days[1] == rest
    scarce = carried([day(1, 30), day(2, 60), rest, day(4, 60)], 2, 60)
    assert tasks(scarce.days, 3) == [("1.0", 30), ("3.0", 10)]
    assert scarce.days[1]["title"] == "Catch-up day"
    assert carrying.without_carried(scarce.days[1], scarce.pieces) == rest


def test_without_room_there_is_nothing_or_as_many_days_as_fit():
    days = [day(1, 40), day(2, 90), day(3, 20), day(4, 20), day(5, 50)]
    assert carried(days, 4, 60) is None
    result = carried(days, 4, 60, all_or_nothing=False)
    assert [one.number for one in result.left] == [2, 3]
    assert result.carries == ((4, (1,)),)
    assert carried([day(1, 10)], 2, 60) is None  # no day ahead
    assert carrying.minutes_more(carrying.missed(days, set(), on(4), ()), days[3:], 60) == 110


def test_carrying_again_begins_anew_and_doubles_nothing():
    days = [day(1, 30), day(2, 40), day(3, 40), day(4, 40), day(5, 40)]
    first = carried(days, 2, 60)
    after = [days[0], *first.days]
    again = carried(after, 2, 60, pieces=first.pieces)
    assert again == first
    # Day 2, which carried the first ten minutes of it, is missed too.
    later = carried(after, 3, 75, pieces=first.pieces)
    assert [tasks(later.days, n) for n in (3, 4)] == [
        [("1.0", 30), ("3.0", 40)],
        [("2.0 (the first 30 of 40 minutes)", 30), ("4.0", 40)],
    ]
    assert later.carries == ((3, (1,)), (5, (2,)))


def test_what_was_done_on_a_passed_day_is_not_carried_again():
    days = [day(1, 30), day(2, 40), day(3, 40), day(4, 40), day(5, 40)]
    first = carried(days, 2, 60)
    assert [(piece.on, piece.minutes) for piece in first.pieces] == [(2, 20), (3, 10)]
    after = [days[0], *first.days]
    later = carried(after, 4, 80, passed={2}, pieces=first.pieces)  # day 3 was missed
    assert tasks(later.days, 4) == [
        ("1.0 (the last 10 of 30 minutes)", 10),
        ("3.0 (the first 30 of 40 minutes)", 30),
        ("4.0", 40),
    ]


def test_what_a_missed_day_carried_is_not_done_when_another_passes_that_day():
    days = [day(1, 30), day(2, 30), day(3, 30), day(4, 30), day(5, 30)]
    first = carried(days, 2, 60)  # day 2 carries day 1, and is missed
    days = [days[0], *first.days]
    second = carried(days, 3, 60, pieces=first.pieces)
    assert second.carries == (
        (3, (1,)),
        (4, (2,)),
    )  # day 3 is missed, day 4 passed, which passes day 2
    days = [*days[:2], *second.days]
    kept = carrying.behind(first.pieces, {3, 4, 5}, set())
    third = carried(days, 5, 90, {4, 2}, (*kept, *second.pieces))
    assert [text for text, _ in tasks(third.days, 5)] == ["1.0", "3.0", "5.0"]
    # The broken twin: the pieces of missed days keep their minutes.
    lost = carried(days, 5, 90, {4, 2}, (*first.pieces, *second.pieces))
    assert [text for text, _ in tasks(lost.days, 5)] == ["3.0", "5.0"]


def test_a_missed_day_without_tasks_is_carried_all_the_same():
    assert carried([day(1), day(2, 60)], 2, 60).carries == ((2, (1,)),)
    result = carried([day(1, 20), day(2), day(3, 60), day(4, 40)], 3, 60)
    assert result.carries == ((4, (1, 2)),)


def test_foreign_tasks_without_minutes_or_text_are_carried():
    strange = {**day(1), "tasks": [{"note": "of another program"}, {"task": "x"}]}
    result = carried([strange, day(2, 60)], 2, 60)
    assert result.days[0]["tasks"][:2] == strange["tasks"]
    whole = {"day": 1, "date": "2026-02-07"}
    assert carried([whole, day(2, 60)], 2, 60).carries == ((2, (1,)),)


def test_a_long_text_stays_within_what_a_task_may_have():
    long = day(1, 50)
    long["tasks"][0]["task"] = "x" * 500
    for each in carried([long, day(2, 40), day(3, 10)], 2, 60).days:
        assert len(each["tasks"][0]["task"]) <= 500


# The rules over all cases


rooms = st.lists(st.integers(0, 90), max_size=20)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 120), max_size=15), rooms, st.sampled_from([5, 10]))
def test_spreading_loses_doubles_and_reorders_nothing(minutes, free, least):
    work = [Work(number, 0, size) for number, size in enumerate(minutes)]
    days = list(enumerate(free, 1))
    pieces = carrying.spread(work, days, least)
    if pieces is None:
        assert work
        return
    for number, room in days:  # within the free minutes
        assert sum(piece.minutes for piece in pieces if piece.on == number) <= room
    for item in work:  # all of it, once
        mine = [piece for piece in pieces if piece.day == item.day]
        assert sum(piece.minutes for piece in mine) == item.minutes
        assert len(mine) == 1 or all(piece.minutes >= least for piece in mine)
        assert len({piece.on for piece in mine}) == len(mine)
    for before, after in pairwise(pieces):  # in order
        assert (before.day, before.on) <= (after.day, after.on)
        assert before.on <= after.on


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_days_that_are_missed_again_and_again_lose_nothing(data):
    """Whatever is missed and passed, re-planning every morning: each day within its minutes, each
    task done exactly once on the days passed and the days ahead, or else missed without room."""
    total = data.draw(st.integers(2, 12))
    sizes = st.lists(st.integers(1, 40), min_size=1, max_size=2)
    days = [day(n, *data.draw(sizes)) for n in range(1, total + 1)]
    own = {each["day"]: [task["duration_minutes"] for task in each["tasks"]] for each in days}
    passed: set[int] = set()
    pieces: tuple[Piece, ...] = ()
    carries: dict[int, tuple[int, ...]] = {}
    for today in range(2, total + 1):
        if data.draw(st.booleans()):
            passed |= {today - 1, *carries.get(today - 1, ())}
        result = carried(days, today, 90, passed, pieces)
        if result is None:
            continue
        replaced = {each["day"]: each for each in result.days}
        days = [replaced.get(each["day"], each) for each in days]
        kept = carrying.behind(pieces, set(replaced), passed)
        pieces = (*kept, *result.pieces)
        carries = {n: c for n, c in carries.items() if n < today} | dict(result.carries)
        assert all(carrying.minutes_on(each) <= 90 for each in days)
        counting = [piece for piece in pieces if piece.on in passed or piece.on >= today]
        for number in set(range(1, today)) - passed:
            assert [number in numbers for n, numbers in carries.items() if n >= today].count(
                True
            ) == 1
            for place, minutes in enumerate(own[number]):
                mine = [piece for piece in counting if (piece.day, piece.task) == (number, place)]
                assert sum(piece.minutes for piece in mine) == minutes
                assert max(piece.on for piece in mine) <= max(
                    n for n, numbers in carries.items() if number in numbers
                )


def test_the_property_above_sees_a_doubling():
    """The broken twin: who forgets what days carry takes carried tasks for a day's own."""
    days = [day(1, 30), day(2, 10), day(3, 10)]
    first = carried(days, 2, 90)
    forgetful = carried([days[0], *first.days], 3, 90)
    texts = [text for text, _ in tasks(forgetful.days, 3)]
    assert texts.count("1.0") == 2
    remembering = carried([days[0], *first.days], 3, 90, pieces=first.pieces)
    assert [text for text, _ in tasks(remembering.days, 3)] == ["1.0", "2.0", "3.0"]


def test_stored_and_read_again():
    pieces = (Piece(1, 0, 20, 3), Piece(1, 1, 10, 4))
    assert carrying.stored({"pieces": carrying.as_stored(pieces)}) == pieces
    assert carrying.stored(None) == carrying.stored({}) == ()
