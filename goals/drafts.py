"""Roadmaps that are shown before they are stored: previews, and applying exactly what was shown.

A draft is for the goal as it was, on the day that it was made on; an hour later it is gone.
"""

from datetime import timedelta
from typing import Any

from pymongo.errors import DuplicateKeyError

from accounts.holdings import plain
from accounts.models import User
from doit_site import clock
from doit_site.api.idempotency import Outdated
from doit_site.api.problems import Code, Problem
from doit_site.mongo.client import current_session
from doit_site.mongo.fields import new_id
from doit_site.mongo.shapes import as_datetime
from doit_site.mongo.transactions import transactional
from goals import carrying, roadmap, standing
from goals.models import RoadmapDraft
from goals.roadmap import Proposal
from goals.wording import counted, named_days

GOOD_FOR = timedelta(hours=1)
GUARDED = ("id", "user_id", "version", "days_passed")


def keep(proposal: Proposal) -> dict:
    """Keep the proposal as the goal's draft, in place of an earlier one, and return its preview.

    {"draft_id", "expires_at", "roadmap", "changes", "summary"}; the goal stays as it is. Raises
    Outdated when another preview of the goal was faster.
    """
    goal, now = proposal.goal, clock.now()
    draft = {
        "id": new_id(),
        "goal_id": goal["id"],
        "user_id": goal["user_id"],
        "today": proposal.today.isoformat(),
        "unchanged": {name: goal.get(name) for name in GUARDED},
        "roadmap": proposal.roadmap,
        "change": {k: v for k, v in proposal.change.items() if k != "roadmap"},
        "created_at": now,
        "expires_at": now + GOOD_FOR,
    }
    try:
        RoadmapDraft.objects.collection.replace_one(
            {"goal_id": goal["id"]}, draft, upsert=True, session=current_session()
        )
    except DuplicateKeyError as error:
        raise Outdated from error
    changes = changes_of(standing.days(goal), proposal.roadmap["days"])
    return {
        "draft_id": draft["id"],
        "expires_at": draft["expires_at"],
        "roadmap": proposal.roadmap,
        "changes": changes,
        "summary": summary_of(proposal, changes),
    }


@transactional
def apply(*, user: User, goal_id: str, draft_id: str) -> dict:
    """Store the roadmap of the draft exactly as it was shown, and return its object.

    Raises Problem `not_found` for a draft that is not there (any longer), `stale_version` when the
    goal has changed since, or the person's day is another.
    """
    drafts = RoadmapDraft.objects.collection
    draft = drafts.find_one(
        {"id": draft_id, "goal_id": goal_id, "user_id": user.pk}, session=current_session()
    )
    if draft is None or as_datetime(draft["expires_at"]) <= clock.now():
        raise Problem(Code.not_found, "There is no such draft; it is kept for an hour.")
    today = user.today()
    if draft["today"] != today.isoformat():
        raise Problem(Code.stale_version, "The draft is of another day.")
    change = draft["change"] and {**draft["change"], "roadmap": draft["roadmap"]}
    try:
        stored = roadmap.store(Proposal(draft["unchanged"], today, draft["roadmap"], change))
    except Outdated as error:
        raise Problem(Code.stale_version) from error
    drafts.delete_one({"_id": draft["_id"]}, session=current_session())
    return stored


def changes_of(before: list[dict], after: list[dict]) -> list[dict[str, Any]]:
    """What differs, a row a day: its number, date and change, titles and minutes before and after."""
    old = {int(day["day"]): day for day in before}
    new = {int(day["day"]): day for day in after}
    return [
        _change(number, old.get(number), new.get(number))
        for number in sorted(old.keys() | new.keys())
        if old.get(number) != new.get(number)
    ]


def _change(number, old, new):
    change = "added" if old is None else "removed" if new is None else "changed"
    return {
        "day": number,
        "date": (new or old).get("date"),
        "change": change,
        "title_before": old and (old.get("title") or ""),
        "title_after": new and (new.get("title") or ""),
        "minutes_before": None if old is None else carrying.minutes_on(old),
        "minutes_after": None if new is None else carrying.minutes_on(new),
    }


def summary_of(proposal: Proposal, changes: list[dict]) -> str:
    """What applying it would do, in a few sentences."""
    kinds = [row["change"] for row in changes]
    said = [
        f"{counted(kinds.count(kind), 'day')} {kind}"
        for kind in ("changed", "added", "removed")
        if kind in kinds
    ]
    text = f"{', '.join(said)}." if said else "Nothing changes."
    carries = (proposal.change.get("plan") or {}).get("carries") or ()
    passed = set(standing.days_passed(proposal.goal))
    carried = {one for numbers in carries for one in numbers} - passed
    if carried and said:
        text += f" Missed work carried into days ahead: {named_days(carried)}."
    if proposal.left:
        text += f" No room ahead for what was missed on {named_days(proposal.left)}."
    return text


def exported(user_id: str) -> list[dict]:
    """The drafts of the person's goals, as they were shown."""
    rows = RoadmapDraft.objects.collection.find({"user_id": user_id}, session=current_session())
    shown = ("goal_id", "created_at", "expires_at", "roadmap")
    return [plain({name: row[name] for name in shown}) for row in rows]
