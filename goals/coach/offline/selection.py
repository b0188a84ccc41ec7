"""Which steps of a curriculum a plan of so many days and minutes holds."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count

from goals.coach.offline.curricula import Curriculum, Step
from goals.coach.offline.units import (
    LONGEST,
    REVIEW,
    START,
    Kept,
    Unit,
    core_units,
    cut,
    task_units,
)
from goals.coach.offline.wishes import Wishes

CORE_SHARE = 0.75
TIGHT = 0.9


@dataclass(frozen=True, slots=True)
class Selection:
    """`steps` are given whole, in order; of `started`, without any, and `opened`, after them, what fits.

    `days` is how many the core tasks need; `poured` says that they run on over the ends of days.
    """

    steps: tuple[Step, ...]
    left_out: tuple[Step, ...]
    core: tuple[Unit, ...]
    days: int
    work_days: int
    started: Step | None = None
    poured: bool = False
    opened: Step | None = None

    @property
    def tight(self) -> bool:
        return self.days > self.work_days * TIGHT


def choose(
    curriculum: Curriculum, kept: Kept, work_days: int, budget: int, wishes: Wishes
) -> Selection:
    """Essential steps first, in order, while they fit; others while they leave room to practise."""
    cap = min(LONGEST, budget)
    units = {step.slug: core_units(step, kept, cap) for step in curriculum.steps}
    steps = [step for step in curriculum.steps if units[step.slug] and step.slug not in wishes.skip]
    first = [step for step in steps if step.essential or step.slug in wishes.focus]
    poured = _days([units[step.slug] for step in first], budget) > work_days
    taken = _while_fitting([], first, units, work_days, budget, poured)
    if taken == first:
        others = [step for step in steps if step not in first]
        room = work_days if poured else int(work_days * CORE_SHARE)
        taken = _while_fitting(taken, others, units, room, budget, poured)
    ordered = tuple(step for step in steps if step in taken)
    left_out = tuple(step for step in steps if step not in taken)
    core = [unit for step in ordered for unit in units[step.slug]]
    started = (first or steps)[0] if steps and not ordered else None
    opened = next((step for step in first if step not in taken), None) if ordered else None
    if started:
        core = _beginning(started, kept, work_days, budget)
    elif opened:
        more = _fitting(opened, kept, work_days, budget, core, poured)
        core += more
        opened = opened if more else None
    days = _days([core], budget, poured)
    return Selection(ordered, left_out, tuple(core), days, work_days, started, poured, opened)


def _days(groups: list[list[Unit]], budget: int, poured: bool = False) -> int:
    """Days that the units fill one after the other, each day within `budget` minutes."""
    days, left = 0, 0
    waiting = deque(unit for units in groups for unit in units)
    while waiting:
        unit = waiting.popleft()
        parts = cut(unit, left) if poured and unit.minutes > left else None
        if parts:
            waiting.appendleft(parts[1])
            unit = parts[0]
        elif unit.minutes > left:
            days, left = days + 1, budget
        left -= unit.minutes
    return days


def _while_fitting(
    taken: list[Step],
    steps: list[Step],
    units: dict[str, list[Unit]],
    days: int,
    budget: int,
    poured: bool,
) -> list[Step]:
    for step in steps:
        if _days([units[one.slug] for one in (*taken, step)], budget, poured) > days:
            break
        taken = [*taken, step]
    return taken


def _beginning(step: Step, kept: Kept, days: int, budget: int) -> list[Unit]:
    """The whole tasks of a first step that so few days can hold, or a start on the first one."""
    fitting = _fitting(step, kept, days, budget)
    if fitting or not days:
        return fitting
    task = next(task for task in step.tasks if kept.remaining(task))
    minutes = min(LONGEST, budget, kept.remaining(task))
    texts = chain([START + task.task, f"{task.task} (rest)"], _rests(task.task))
    text = next(text for text in texts if not kept.told(text))
    return [Unit(text, minutes, step, task.resources, core=True)]


def _rests(text: str) -> Iterator[str]:
    return (f"{text} (rest {number})" for number in count(2))


def _fitting(
    step: Step,
    kept: Kept,
    days: int,
    budget: int,
    before: list[Unit] | None = None,
    poured: bool = False,
) -> list[Unit]:
    """The first whole tasks of a step that the days hold after the units `before` them.

    With something before them a last review still fits.
    """
    fitting: list[Unit] = []
    review = [Unit(REVIEW, min(10, budget // 2), None)] if before else []
    for task in step.tasks:
        parts = task_units(step, task, kept, min(LONGEST, budget))
        if _days([before or [], fitting, parts, review], budget, poured) > days:
            break
        fitting += parts
    return fitting
