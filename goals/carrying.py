"""Missed work on days ahead: which task goes where. Pure rules over a roadmap's day objects.

product.md, "Missed days". A missed day stays where it is, with its tasks. The days ahead keep what
they have and take the missed tasks before it, earliest first, in the minutes that are free.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from doit_site.mongo.shapes import as_date

# A task goes over several days only in pieces that are worth sitting down for.
LEAST, LEAST_OF_SHORT_DAYS, SHORT_DAY = 10, 5, 30
LONGEST_TEXT = 440
MOST_MINUTES = 240
SOON = 14  # days in which what was missed is to be caught up with, else rest days are used too
# A rest day has one light task; one that takes missed work is no rest day, and says so.
RETITLED = (
    ("Rest day", "Catch-up day"),
    ("rest day", "catch-up day"),
    ("Rest Day", "Catch-up Day"),
)


@dataclass(frozen=True, slots=True)
class Work:
    """`minutes` of a task of the missed day `day`, which has it at place `task` of its own tasks."""

    day: int
    task: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Piece(Work):
    """Work that roadmap day `on` carries."""

    on: int


@dataclass(frozen=True, slots=True)
class Missed:
    """A missed day: its own tasks, and of each what was not done on a day that is passed."""

    number: int
    tasks: tuple[dict, ...]
    work: tuple[Work, ...]

    @property
    def minutes(self) -> int:
        return sum(work.minutes for work in self.work)


@dataclass(frozen=True, slots=True)
class Carried:
    """The days ahead with what they carry. `carries`: (day ahead, the missed days it carries)."""

    days: tuple[dict, ...]
    pieces: tuple[Piece, ...]
    carries: tuple[tuple[int, tuple[int, ...]], ...]
    left: tuple[Missed, ...] = ()


def missed(
    days: Iterable[dict], passed: set[int], today: date, pieces: Sequence[Piece]
) -> tuple[Missed, ...]:
    """The days dated before `today` that are not passed, whether or not a day ahead carries them."""
    return tuple(
        _missed(day, pieces, passed)
        for day in days
        if (as_date(day.get("date")) or date.max) < today and int(day["day"]) not in passed
    )


def _missed(day, pieces, passed):
    number, tasks = int(day["day"]), tuple(own_tasks(day, pieces))
    left = [minutes_of(task) for task in tasks]
    for piece in pieces:
        if piece.day == number and piece.on in passed and piece.task < len(left):
            left[piece.task] -= piece.minutes
    work = (
        Work(number, place, minutes)
        for place, minutes in enumerate(left)
        if minutes > 0 or minutes_of(tasks[place]) == 0
    )
    return Missed(number, tasks, tuple(work))


def behind(pieces: Iterable[Piece], ahead: set[int], passed: set[int]) -> list[Piece]:
    """The pieces that stay when the days `ahead` are planned anew.

    Those on missed days are of 0 minutes from then on: they tell the carried tasks of such a day
    from its own, and are not done when it is passed later by a day that carries its own.
    """
    return [
        piece if piece.on in passed else replace(piece, minutes=0)
        for piece in pieces
        if piece.on not in ahead
    ]


def own_tasks(day: dict, pieces: Iterable[Piece]) -> list[dict]:
    """The tasks of a day without those that it carries, which stand before them."""
    carried = sum(piece.on == int(day["day"]) for piece in pieces)
    return list(day.get("tasks") or ())[carried:]


def without_carried(day: dict, pieces: Sequence[Piece]) -> dict:
    """The day as it was before it carried anything."""
    if not any(piece.on == int(day["day"]) for piece in pieces):
        return day
    return {**day, "title": _title(day, 1, 0), "tasks": own_tasks(day, pieces)}


def minutes_of(task: dict) -> int:
    return max(0, int(task.get("duration_minutes") or 0))


def minutes_on(day: dict) -> int:
    return sum(map(minutes_of, day.get("tasks") or ()))


def is_rest(day: dict) -> bool:
    return any(rest in (day.get("title") or "") for rest, _ in RETITLED)


def carry(
    what: Sequence[Missed],
    ahead: Sequence[dict],
    minutes: int,
    done: Sequence[Piece] = (),
    *,
    all_or_nothing: bool,
) -> Carried | None:
    """Put what is missed on the days ahead (which carry nothing yet), within `minutes` a day.

    `done` are the pieces on days that are passed. Rest days are used where the others of the
    next two weeks do not suffice. What finds no room: None, or, without `all_or_nothing`, as many missed days as fit, the
    earliest first, and the rest in `left`.
    """
    taken, pieces = list(what), fitted(what, ahead, minutes)
    if pieces is None and all_or_nothing:
        return None
    if pieces is None:
        taken, pieces = _as_many_as_fit(what, ahead, minutes)
    tasks = {one.number: one.tasks for one in taken}
    return Carried(
        days=tuple(_with_carried(day, [*done, *pieces], tasks) for day in ahead),
        pieces=tuple(pieces),
        carries=_carries(taken, ahead, pieces),
        left=tuple(one for one in what if one.number not in tasks),
    )


def fitted(what: Sequence[Missed], ahead: Sequence[dict], minutes: int) -> list[Piece] | None:
    """The pieces, on days of rest only where the others of the next two weeks do not suffice; or None."""
    work = [work for one in what for work in one.work]
    if what and not ahead:
        return None
    least = LEAST if minutes >= SHORT_DAY else LEAST_OF_SHORT_DAYS
    rooms = [room(ahead[:SOON], minutes, lambda day: not is_rest(day)), room(ahead, minutes)]
    found = (spread(work, rooms_of_days, least) for rooms_of_days in rooms)
    return next((pieces for pieces in found if pieces is not None), None)


def room(
    ahead: Iterable[dict], minutes: int, usable: Callable[[dict], bool] = lambda day: True
) -> list[tuple[int, int]]:
    """(number, free minutes) of the days."""
    return [(int(day["day"]), max(0, minutes - minutes_on(day))) for day in ahead if usable(day)]


def spread(
    work: Iterable[Work], rooms: Sequence[tuple[int, int]], least: int
) -> list[Piece] | None:
    """The work in its order, each as early as it fits after the one before; None where it does not.

    A task is broken only into pieces of `least` minutes or more.
    """
    pieces: list[Piece] = []
    days = iter(rooms)
    on, free = next(days, (0, -1))
    for item in work:
        left: int | None = item.minutes
        while left is not None:
            taken = _taken(left, free, least)
            if taken is None:
                on, free = next(days, (0, -1))
                if free < 0:
                    return None
                continue
            pieces.append(Piece(item.day, item.task, taken, on))
            free -= taken
            left = left - taken if left > taken else None
    return pieces


def _taken(left: int, free: int, least: int) -> int | None:
    """How much of a task goes into the free minutes: all, a sensible piece, or None."""
    if left <= free:
        return left
    piece = min(free, left - least)
    return piece if piece >= least else None


def _as_many_as_fit(what, ahead, minutes):
    taken: list[Missed] = []
    pieces: list[Piece] = []
    for one in what:
        more = fitted([*taken, one], ahead, minutes)
        if more is not None:
            taken, pieces = [*taken, one], more
    return taken, pieces


def _carries(taken, ahead, pieces):
    """Which day carries which: the last that has a piece of it, so that it is done when that is."""
    last = {piece.day: piece.on for piece in pieces}
    carries: dict[int, list[int]] = {}
    place = int(ahead[0]["day"]) if ahead else 0
    for one in taken:
        place = last.get(one.number, place)  # a day without tasks goes with the one before
        carries.setdefault(place, []).append(one.number)
    return tuple((number, tuple(numbers)) for number, numbers in sorted(carries.items()))


def _with_carried(day, pieces, tasks):
    """The day's object with the pieces that it carries before its own tasks."""
    here = [piece for piece in pieces if piece.on == int(day["day"])]
    if not here:
        return day
    carried = [_task(piece, tasks[piece.day][piece.task], pieces) for piece in here]
    return {**day, "title": _title(day, 0, 1), "tasks": [*carried, *(day.get("tasks") or ())]}


def _task(piece, task, pieces):
    """The task, or the part of it; with whatever another program added to it."""
    whole = minutes_of(task)
    if piece.minutes >= whole:
        return task
    same = [one for one in pieces if (one.day, one.task) == (piece.day, piece.task)]
    before = sum(one.minutes for one in same[: same.index(piece)])
    part = "first" if not before else "last" if before + piece.minutes >= whole else "next"
    text = (
        f"{(task.get('task') or '')[:LONGEST_TEXT]} (the {part} {piece.minutes} of {whole} minutes)"
    )
    return {**task, "task": text, "duration_minutes": piece.minutes}


def _title(day, old, new):
    title = day.get("title") or ""
    for pair in RETITLED:
        if pair[old] in title:
            return title.replace(pair[old], pair[new])
    return title


def minutes_more(what: Sequence[Missed], ahead: Sequence[dict], minutes: int) -> int | None:
    """The least minutes a day, in fives, with which all fits the days as they are; None over 240."""
    more = range(minutes // 5 * 5 + 5, MOST_MINUTES + 1, 5)
    return next((m for m in more if fitted(what, ahead, m) is not None), None)


def days_more(lacking: int, minutes: int) -> int:
    """About how many more days would have room for the minutes lacking: a quarter of each is free."""
    return max(1, -(-lacking // max(LEAST_OF_SHORT_DAYS, minutes // 4)))


def as_stored(pieces: Iterable[Piece]) -> list[dict]:
    return [{"on": p.on, "day": p.day, "task": p.task, "minutes": p.minutes} for p in pieces]


def stored(plan: dict | None) -> tuple[Piece, ...]:
    """The pieces of a goal's `plan`."""
    return tuple(
        Piece(**{name: int(row[name]) for name in ("day", "task", "minutes", "on")})
        for row in (plan or {}).get("pieces") or ()
    )
