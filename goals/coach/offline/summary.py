"""The words of a plan: its summary, and the title and tip of each day."""

from goals.coach.interface import PlanRequest
from goals.coach.offline.curricula import Curriculum, Step
from goals.coach.offline.selection import Selection
from goals.coach.offline.units import Unit
from goals.coach.offline.wishes import WEEKDAYS, Wishes
from goals.wording import counted

REST_TIPS = (
    "Rest is part of the plan: what you practised settles while you do something else.",
    "Do the short review and leave it at that; tomorrow counts more when you are fresh.",
    "Sleep and a walk do more for you today than another hour of work.",
)
REVIEW_TIPS = (
    "Remember first, look up second: the effort of recalling is what makes it last.",
    "Be honest about what is gone; those are the minutes best spent today.",
    "Mark what came back slowly and begin with it next time.",
)


def day_title(kind: str, units: list[Unit]) -> str:
    """What a day is about: its new steps, else the steps it practises or reviews."""
    if kind == "rest":
        return "Rest day"
    if kind == "review":
        return _titled("Review day", units)
    core = [unit for unit in units if unit.core]
    practice = [unit for unit in units if not unit.is_review]
    if core:
        return _titled("", core)
    return _titled("Practice", practice) if practice else _titled("Looking back", units)


def _titled(prefix: str, units: list[Unit]) -> str:
    titles = list(dict.fromkeys(unit.step.title for unit in units if unit.step))[:3]
    return ": ".join(part for part in (prefix, " · ".join(titles)) if part) or "A look back"


def day_tip(kind: str, day: int, steps: list[Step], seen: dict[str, int]) -> str:
    """The tip of the day's first step; later days of the step recall one of its words instead."""
    if kind == "rest" or not steps:
        return REST_TIPS[day // 7 % len(REST_TIPS)]
    if kind == "review":
        return REVIEW_TIPS[day // 7 % len(REVIEW_TIPS)]
    step = steps[0]
    times = seen.get(step.slug, 0)
    if times % 2 == 0 or not step.terms:
        return step.tip
    term = step.terms[times // 2 % len(step.terms)]
    return f"A word to keep: {term.term} – {term.meaning}."


def summarise(
    request: PlanRequest, curriculum: Curriculum, fits: bool, chosen: Selection, wishes: Wishes
) -> str:
    """Where the plan comes from, its rhythm, and honestly what it leaves out."""
    parts = [_origin(curriculum, fits), _rhythm(request, wishes), _extent(chosen)]
    return " ".join(part for part in (*parts, _honoured(curriculum, wishes)) if part)


def _origin(curriculum: Curriculum, fits: bool) -> str:
    if fits:
        return f"This plan follows DoIt's curriculum “{curriculum.title}”. {curriculum.summary}"
    return (
        "DoIt's offline coach has no curriculum for this goal, so this is a general plan for "
        "reaching a goal: it says how to go about it, and you bring the subject matter."
    )


def _rhythm(request: PlanRequest, wishes: Wishes) -> str:
    text = (
        f"It has {counted(request.total_days, 'day')} of at most {request.minutes_per_day} minutes"
    )
    if request.total_days < 7:
        return text + "."
    rest = "a day of rest"
    if wishes.rest_weekday is not None:
        rest = f"rest on {WEEKDAYS[wishes.rest_weekday].capitalize()}s"
    elif request.total_days == 7:
        return f"{text}, the last of them for review."
    return f"{text}, with a review day and {rest} in each week."


def _extent(chosen: Selection) -> str:
    """How much of what is still to learn the plan holds."""
    if chosen.started:
        return (
            f"That is only enough to begin the first step, {chosen.started.title}; with more "
            "days or more minutes a day the coach plans further."
        )
    total = len(chosen.steps) + len(chosen.left_out)
    if not total:
        return "Every step has been given before, so these days practise and review."
    if not chosen.left_out:
        quick = " The pace is quick, with little time to practise." if chosen.tight else ""
        return f"It covers {_all_steps(total)}.{quick}"
    names = [step.title for step in chosen.left_out if step is not chosen.opened]
    more = [f"{len(names) - 6} more"] if len(names) > 6 else []
    listed = "; ".join([*names[:6], *more])
    quick = "The pace is quick, and for" if chosen.tight else "For"
    opened = f" and begins {chosen.opened.title}" if chosen.opened else ""
    return (
        f"{quick} lack of time it covers {len(chosen.steps)} of {total} steps{opened}; "
        f"left out: {listed}."
    )


def _all_steps(total: int) -> str:
    return "the one step that was open" if total == 1 else f"all {total} steps that were open"


def _honoured(curriculum: Curriculum, wishes: Wishes) -> str:
    def names(slugs: frozenset[str]) -> str:
        return _listed([step.title for step in curriculum.steps if step.slug in slugs])

    focus = f"As you asked, {names(wishes.focus)} gets more practice." if wishes.focus else ""
    skip = f"As you asked, it passes over {names(wishes.skip)}." if wishes.skip else ""
    return " ".join(part for part in (focus, skip) if part)


def _listed(names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + " and " + names[-1]
