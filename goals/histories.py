"""What of a goal grows without end, and is therefore partly in the archive (product.md, "Documents")."""

from datetime import timedelta
from typing import Any

from doit_site import clock
from doit_site.mongo.history import History
from doit_site.mongo.shapes import as_date

# Of these days a goal holds the tests itself, at most three each: asking for one and submitting it
# look at those of its day, a new plan at what was failed in four weeks (goals.briefs).
HELD = timedelta(days=30)


def _is_held(date: Any) -> bool:
    day, today = as_date(date), clock.now().date()
    return day is not None and today - HELD <= day <= today + HELD


def _passed_dates(head: Any) -> dict[str, Any]:
    """The dates of passed verifications that are moved stay known to the goal: streaks need them."""
    date = "$$this.date"
    passed = {"$filter": {"input": head, "cond": {"$and": ["$$this.passed", date]}}}
    text = {"$dateToString": {"date": date, "format": "%Y-%m-%d"}}
    of_text = {"$cond": [{"$eq": [{"$type": date}, "string"]}, {"$substrCP": [date, 0, 10]}, ""]}
    dates = {"$cond": [{"$eq": [{"$type": date}, "date"]}, text, of_text]}
    known = {"$ifNull": ["$archived_passes", []]}
    moved = {"$map": {"input": passed, "in": dates}}
    union = {"$setDifference": [{"$setUnion": [known, moved]}, [""]]}
    return {"archived_passes": {"$sortArray": {"input": union, "sortBy": 1}}}


MESSAGES = History("goals", "messages")
VERIFICATIONS = History(
    "goals", "daily_verifications", mark="date", keeps=_is_held, beside=_passed_dates
)
