"""The coach: plans roadmaps, answers in chat, asks the questions of a test.

The acts reach it through `goals.consulting`, which knows what to do when it fails.
"""

import threading
from functools import cache

from django.conf import settings

from doit_site.mongo.deadline import not_counted
from goals.coach.interface import AskingCoach, Coach

_making = threading.Lock()


@cache
def offline_coach() -> Coach:
    """The coach that is always there."""
    from goals.coach.offline import OfflineCoach

    return OfflineCoach()


def llm_coach() -> AskingCoach | None:
    """The coach that COACH=llm adds; None without one, or in development without its model."""
    if settings.COACH != "llm" or not settings.COACH_MODEL:
        return None
    if not _llm_coach.cache_info().currsize:
        # Some seconds of imports, where no worker made it at its start; and one breaker a process.
        with _making, not_counted():
            return _llm_coach()
    return _llm_coach()


@cache
def _llm_coach() -> AskingCoach:
    from goals.coach.llm import LlmCoach

    return LlmCoach()
