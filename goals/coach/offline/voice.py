"""How the offline coach says things: variants in turn, dates, lists, and never too long."""

from collections.abc import Iterable
from datetime import date
from zlib import crc32

from goals.coach.interface import ChatRequest, PlannedDay

LONGEST = 1200
TASKS = 6


class Voice:
    """Chooses among phrasings by message, date and length of the conversation.

    The same request is answered the same way; the same message later in a conversation is not.
    """

    def __init__(self, request: ChatRequest, turn: int = 0):
        seed = crc32(f"{request.message}|{request.today.isoformat()}".encode())
        self._turn = seed + len(request.history) // 2 + turn

    def pick(self, *phrasings: str) -> str:
        return phrasings[self._turn % len(phrasings)]


def day_text(day: PlannedDay, lead: str) -> str:
    """A day with its tasks, one a line."""
    total = sum(task.duration_minutes for task in day.tasks)
    lines = [f"{lead} day {day.day}, {clip(day.title, 90)} ({total} minutes):"]
    lines += [f"- {t.duration_minutes} min: {clip(t.task, 120)}" for t in day.tasks[:TASKS]]
    more = len(day.tasks) - TASKS
    return "\n".join([*lines, f"- and {more} more"] if more > 0 else lines)


def day_names(days: Iterable[PlannedDay], most: int = 5) -> str:
    """ "day 3, day 5 and day 9", at most so many of them by number."""
    names = [f"day {day.day}" for day in days]
    if len(names) > most:
        names = [*names[:most], f"{len(names) - most} more"]
    return joined(names)


def joined(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def on(day: date) -> str:
    """ "Saturday, 7 February 2026"."""
    return f"{day:%A}, {day.day} {day:%B} {day.year}"


def clip(text: str, longest: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def fitted(text: str) -> str:
    """A reply within the limit, cut at the end of a line or a word."""
    text = text.strip()
    if len(text) <= LONGEST:
        return text
    head = text[: LONGEST - 1]
    return head[: max(head.rfind("\n"), head.rfind(" "), LONGEST // 2)].rstrip() + "…"
