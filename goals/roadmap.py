"""The act of making a roadmap, the first or anew."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from accounts.models import User
from doit_site.api.idempotency import Outdated
from doit_site.api.problems import Code, Problem
from doit_site.mongo.client import current_session
from doit_site.mongo.shapes import as_datetime
from goals import briefs, carrying, consulting, standing
from goals.coach.interface import Plan, PlannedDay, PlanRequest
from goals.editing import target_day
from goals.models import Goal
from goals.wording import counted, named_days

DEFAULT_MINUTES = 60
LEAST_MINUTES = 10
TRIES = 5
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A roadmap that is not stored: the goal as it was read, the person's day, what is to be set.

    `change` is empty where the roadmap is right as it is. `left` are the missed days that nothing
    carries, because there was no room.
    """

    goal: dict
    today: date
    roadmap: dict
    change: dict
    left: tuple[int, ...] = ()


def make(
    *, user: User, goal_id: str, minutes_per_day: int | None = None, instructions: str = ""
) -> dict:
    """Make the roadmap, keep what is past and passed of an earlier one, and return its object.

    `minutes_per_day` (10 to 240) is the last one used, 60 at first. Missed days are carried by days
    ahead as far as there is room; the summary names the others. Whatever fails leaves the old
    roadmap whole. Raises Problem `not_found`, `target_date_passed`, or `stale_version` when the
    goal keeps changing meanwhile.
    """
    for _ in range(TRIES):
        with suppress(Outdated):
            return prepare(
                user=user,
                goal_id=goal_id,
                minutes_per_day=minutes_per_day,
                instructions=instructions,
            )()
    raise Problem(Code.stale_version)


def prepare(
    *, user: User, goal_id: str, minutes_per_day: int | None = None, instructions: str = ""
) -> Callable[[], dict]:
    """Plan as `make` says; the function returned stores it, or raises Outdated when the goal changed.

    Only the function may run in a transaction: the coach may take its time.
    """
    proposal = propose(
        user=user, goal_id=goal_id, minutes_per_day=minutes_per_day, instructions=instructions
    )
    return lambda: store(proposal)


def propose(
    *, user: User, goal_id: str, minutes_per_day: int | None = None, instructions: str = ""
) -> Proposal:
    """The roadmap as `make` says, not stored. Not to be called in a transaction."""
    goal = Goal.objects.own(user, goal_id, {"messages": 0})
    return anew(user, goal, minutes_per_day or minutes_of(goal), instructions)


def anew(
    user: User, goal: dict, minutes: int, instructions: str = "", *, whole: bool = False
) -> Proposal:
    """The days ahead by the coach, and what was missed carried by them.

    `whole`: all that was missed, or Problem `no_room`. Raises Problem `target_date_passed`.
    """
    today = user.today()
    first, total, kept = _frame(goal, today)
    missed, done = missed_of(goal, today)
    asked = _asked(missed, total - len(kept), minutes)
    plan = _plan(user, goal, first, total, kept, asked, instructions)
    ahead = [briefs.day_document(day) for day in plan.days]
    carried = carrying.carry(missed, ahead, minutes, done, all_or_nothing=whole)
    if carried is None:
        raise no_room(missed, ahead, minutes, goal)
    return proposal(
        goal,
        today,
        days=[*_as_stored(goal, kept), *carried.days],
        topics=[list(day.topics) for day in (*kept, *plan.days)],
        summary=plan.summary + _said_of(carried.left),
        curriculum=plan.curriculum,
        minutes=minutes,
        carried=carried,
    )


def check(goal: dict, today: date) -> None:
    """Refuse what needs no coach to be refused. Raises Problem `target_date_passed`."""
    if target_day(as_datetime(goal["target_date"])) <= today:
        raise Problem(Code.target_date_passed, "Choose a target date in the future first.")


def of(*, user: User, goal_id: str) -> dict:
    """The roadmap's object. Raises Problem `not_found`, `no_roadmap`."""
    goal = Goal.objects.own(user, goal_id, {"_id": 0, "roadmap": 1})
    if not goal.get("roadmap"):
        raise Problem(Code.no_roadmap)
    return goal["roadmap"]


def minutes_of(goal: dict) -> int:
    """The minutes a day that the goal's roadmap was made for."""
    return int((goal.get("plan") or {}).get("minutes_per_day") or 0) or DEFAULT_MINUTES


def missed_of(
    goal: dict, today: date
) -> tuple[tuple[carrying.Missed, ...], tuple[carrying.Piece, ...]]:
    """(the missed days, what of them was done on days that are passed)."""
    passed, pieces = set(standing.days_passed(goal)), carrying.stored(goal.get("plan"))
    missed = carrying.missed(standing.days(goal), passed, today, pieces)
    return missed, tuple(piece for piece in pieces if piece.on in passed)


def no_room(missed, ahead, minutes: int, goal: dict) -> Problem:
    """The refusal, with figures and with what would help."""
    needed = sum(day.minutes for day in missed)
    free = sum(free for _, free in carrying.room(ahead, minutes))
    told = (
        f"{counted(len(missed), 'missed day')} of {needed} minutes in all, and {free} minutes free "
        f"in {counted(len(ahead), 'day')} ahead of {minutes} minutes each."
    )
    later = target_day(as_datetime(goal["target_date"])) + ONE_DAY * carrying.days_more(
        needed - free, minutes
    )
    more = carrying.minutes_more(missed, ahead, minutes)
    helps = [f"minutes_per_day {more}"] if more else []
    helps.append(f"a target date about {later}")
    return Problem(Code.no_room, f"{told} What would help: {', or '.join(helps)}.")


def proposal(goal, today, *, days, topics, summary, curriculum, minutes, carried) -> Proposal:
    """The whole change that makes `days` the goal's roadmap."""
    roadmap = {
        **(goal.get("roadmap") or {}),
        "total_days": len(days),
        "summary": summary,
        "days": days,
    }
    passed = standing.days_passed(goal)
    progress = standing.progress(len(passed), len(days))
    change = {
        "roadmap": roadmap,
        "roadmap_outdated": False,
        "plan": {
            "curriculum": curriculum,
            "minutes_per_day": minutes,
            "topics": topics,
            **_carried(goal, days, carried),
        },
        "days_passed": passed,
        "progress": progress,
        "version": int(goal.get("version") or 1) + 1,
    }
    if goal.get("status") == Goal.COMPLETED and progress < 100:
        change |= {"status": Goal.ACTIVE, "completed_at": None}
    return Proposal(goal, today, roadmap, change, tuple(day.number for day in carried.left))


def store(proposal: Proposal) -> dict:
    """Write the roadmap; raise Outdated when the goal has changed since it was read."""
    goal = proposal.goal
    unchanged = {
        "id": goal["id"],
        "user_id": goal["user_id"],
        "version": goal.get("version"),
        "days_passed": goal.get("days_passed"),
    }
    goals, session = Goal.objects.collection, current_session()
    if proposal.change:
        done = goals.update_one(unchanged, {"$set": proposal.change}, session=session).matched_count
    else:
        done = goals.find_one(unchanged, {"_id": 1}, session=session) is not None
    if not done:
        raise Outdated
    return proposal.roadmap


def _frame(goal, today: date) -> tuple[date, int, tuple[PlannedDay, ...]]:
    """(first date, total days, days that stay): days before today stay, and today when passed."""
    check(goal, today)
    target = target_day(as_datetime(goal["target_date"]))
    earlier = briefs.planned_days(goal)
    first = earlier[0].date if earlier else today
    passed = set(standing.days_passed(goal))
    kept = tuple(
        day for day in earlier if day.date < today or (day.date == today and day.day in passed)
    )
    return first, max(1, (target - first).days), kept


def _asked(missed, days: int, minutes: int) -> int:
    """The minutes a day that the coach is asked for: the rest, half at most, is for what was missed."""
    if not missed or days < 1:
        return minutes
    reserve = -(-sum(day.minutes for day in missed) // days)
    return max(LEAST_MINUTES, minutes - min(reserve, minutes // 2))


def _plan(user, goal, first, total, kept, minutes, instructions) -> Plan:
    if len(kept) >= total:
        return Plan(goal["roadmap"]["summary"], (), (goal.get("plan") or {}).get("curriculum"))
    request = PlanRequest(
        goal=briefs.brief(goal),
        first_day=len(kept) + 1,
        first_date=first + ONE_DAY * len(kept),
        total_days=total - len(kept),
        minutes_per_day=minutes,
        instructions=instructions,
        kept=kept,
        failed=briefs.failed_topics(goal, kept),
    )
    return consulting.plan(user=user, request=request)


def _carried(goal, days, carried) -> dict:
    """`carries` and `pieces` of a plan: of the days behind as they were, of those ahead as carried."""
    ahead = {int(day["day"]) for day in carried.days}
    carries = dict(carried.carries)
    passed = set(standing.days_passed(goal))
    kept = carrying.behind(carrying.stored(goal.get("plan")), ahead, passed)
    return {
        "carries": [
            list(
                carries.get(int(day["day"]), ())
                if int(day["day"]) in ahead
                else standing.carries(goal, int(day["day"]))
            )
            for day in days
        ],
        "pieces": carrying.as_stored((*kept, *carried.pieces)),
    }


def _said_of(left) -> str:
    if not left:
        return ""
    missed = named_days([day.number for day in left])
    return (
        f" No room was left ahead for what was missed on {missed}: it can be proved after the "
        "target date."
    )


def _as_stored(goal, kept):
    """The documents of the days that stay, with whatever another program added to them."""
    numbers = {day.day for day in kept}
    return [day for day in standing.days(goal) if int(day["day"]) in numbers]
