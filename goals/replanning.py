"""The act of re-planning: what was missed is carried into the days ahead (product.md, "Missed days")."""

from collections.abc import Callable
from datetime import date

from accounts.models import User
from doit_site.api.problems import Code, Problem
from doit_site.mongo.shapes import as_date
from goals import carrying, roadmap, standing
from goals.models import Goal
from goals.roadmap import Proposal


def prepare(*, user: User, goal_id: str, minutes_per_day: int | None = None) -> Callable[[], dict]:
    """Carry the tasks of missed days into the days ahead; the function returned stores that.

    It returns the roadmap's object, or raises Outdated when the goal changed meanwhile. Only it may
    run in a transaction: the coach may take its time.

    The missed days stay as they are; whatever days ahead carried before is placed anew. The days
    ahead keep their own tasks, unless the roadmap is outdated or `minutes_per_day` is less than
    before: then the coach makes them anew. More minutes a day make more room. Raises Problem
    `not_found`, `no_roadmap` (409), `target_date_passed`, or `no_room` with figures.
    """
    proposal = propose(user=user, goal_id=goal_id, minutes_per_day=minutes_per_day)
    return lambda: roadmap.store(proposal)


def propose(*, user: User, goal_id: str, minutes_per_day: int | None = None) -> Proposal:
    """The roadmap as `prepare` says, not stored. Not to be called in a transaction."""
    goal = Goal.objects.own(user, goal_id, {"messages": 0})
    if not standing.days(goal):
        raise Problem(Code.no_roadmap, status=409)
    minutes = minutes_per_day or roadmap.minutes_of(goal)
    if _asks_coach(goal, minutes_per_day):
        return roadmap.anew(user, goal, minutes, whole=True)
    return _carried(user, goal, minutes)


def asks_coach(*, user: User, goal_id: str, minutes_per_day: int | None = None) -> bool:
    """Whether re-planning has the coach make the days ahead anew. Raises Problem `not_found`."""
    needed = {"_id": 0, "roadmap_outdated": 1, "plan.minutes_per_day": 1, "roadmap.total_days": 1}
    goal = Goal.objects.own(user, goal_id, needed)
    return bool(goal.get("roadmap")) and _asks_coach(goal, minutes_per_day)


def _asks_coach(goal, minutes_per_day):
    shorter = minutes_per_day is not None and minutes_per_day < roadmap.minutes_of(goal)
    return bool(goal.get("roadmap_outdated")) or shorter


def _carried(user, goal, minutes):
    """The days ahead as they are, with what was missed."""
    today, days = user.today(), standing.days(goal)
    missed, done = roadmap.missed_of(goal, today)
    ahead = _open(goal, today)
    if missed and not ahead:
        roadmap.check(goal, today)
    carried = carrying.carry(missed, ahead, minutes, done, all_or_nothing=True)
    if carried is None:
        raise roadmap.no_room(missed, ahead, minutes, goal)
    replaced = {int(day["day"]): day for day in carried.days}
    plan = goal.get("plan") or {}
    proposal = roadmap.proposal(
        goal,
        today,
        days=[replaced.get(int(day["day"]), day) for day in days],
        topics=[list(topics) for topics in plan.get("topics") or ()],
        summary=goal["roadmap"].get("summary") or "",
        curriculum=plan.get("curriculum"),
        minutes=minutes,
        carried=carried,
    )
    return _unless_same(goal, proposal)


def _open(goal, today):
    """The days from today on that are not passed, without what they carry."""
    passed, pieces = set(standing.days_passed(goal)), carrying.stored(goal.get("plan"))
    return [
        carrying.without_carried(day, pieces)
        for day in standing.days(goal)
        if (as_date(day.get("date")) or date.min) >= today and int(day["day"]) not in passed
    ]


def _unless_same(goal, proposal):
    """Where nothing moves, nothing is to be written: re-planning twice is as good as once."""
    plan, planned = goal.get("plan") or {}, proposal.change["plan"]
    same = (
        proposal.roadmap["days"] == standing.days(goal)
        and planned["pieces"] == carrying.as_stored(carrying.stored(plan))
        and all(
            carried == standing.carries(goal, number)
            for number, carried in enumerate(planned["carries"], 1)
        )
    )
    return Proposal(goal, proposal.today, goal["roadmap"], {}) if same else proposal
