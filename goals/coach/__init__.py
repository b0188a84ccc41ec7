"""The coach: plans roadmaps, answers in chat, asks the questions of a test."""

from functools import cache

from goals.coach.interface import Coach


@cache
def the_coach() -> Coach:
    """The coach of this process (setting COACH)."""
    from goals.coach.offline import OfflineCoach

    return OfflineCoach()
