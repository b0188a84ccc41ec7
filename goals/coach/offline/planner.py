"""Plans a roadmap from one curriculum: which steps, on which days, with how much practice between.

Pure and repeatable: the same request gives the same plan.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

from goals.coach.interface import Plan, PlannedDay, PlanRequest
from goals.coach.offline import wishes as wishing
from goals.coach.offline.curricula import Curriculum, Step
from goals.coach.offline.material import Material
from goals.coach.offline.mending import Mending
from goals.coach.offline.selection import choose
from goals.coach.offline.summary import day_tip, day_title, summarise
from goals.coach.offline.units import LONGEST, SHORTEST, Kept, Unit
from goals.coach.offline.wishes import Wishes

WEEK = 7
RHYTHM = {6: "review", 0: "rest"}
GOOD, ENOUGH = 0.6, 0.8
PER_STEP = 2
LONG = 180
ORIENTATION = (
    "read through the plan for the coming days and choose a time and a place for each",
    "look over what lies behind you and note one thing to do differently",
)


@dataclass(frozen=True, slots=True)
class Slot:
    """One day to fill. `kind` is work, review or rest."""

    day: int
    date: date
    kind: str


@dataclass(slots=True)
class Page:
    """The tasks of a day while it is being filled."""

    budget: int
    units: list[Unit] = field(default_factory=list)

    @property
    def left(self) -> int:
        return self.budget - sum(unit.minutes for unit in self.units)

    def add(self, unit: Unit | None) -> bool:
        if unit:
            self.units.append(unit)
        return unit is not None

    def holds(self, share: float) -> bool:
        """Whether at least this share of the day is filled."""
        return self.budget - self.left >= share * self.budget

    def crowded(self) -> set[str]:
        """Steps practised often enough for one day."""
        slugs = [unit.step.slug for unit in self.units if unit.step]
        return {slug for slug in slugs if slugs.count(slug) >= PER_STEP}


def plan(request: PlanRequest, curriculum: Curriculum, fits: bool) -> Plan:
    """The days asked for; `fits` is false when the general curriculum stands in for a missing one.

    Core tasks are spread over the days first; where that leaves some over, they come earlier.
    """
    wishes = wishing.read(request.instructions, curriculum)
    slots = calendar(request, wishes)
    kept = Kept(request.kept, curriculum)
    work_days = sum(slot.kind == "work" for slot in slots)
    again = Mending(request, curriculum).work_days()
    free = max(work_days - again, work_days // 2)
    chosen = choose(curriculum, kept, free, request.minutes_per_day, wishes)
    cap = min(LONGEST, request.minutes_per_day)
    for pace in (_pace(chosen.core, work_days * request.minutes_per_day), 0.95, 0.0):
        material = Material(curriculum, list(chosen.core), kept, cap, wishes.focus)
        material.lengthen(request.minutes_per_day, work_days)
        days = _Filler(request, curriculum, material, pace, chosen.poured).fill(slots)
        if not material.core:
            break
    summary = summarise(request, curriculum, fits, chosen, wishes)
    return Plan(summary, tuple(days), curriculum.slug if fits else None)


def calendar(request: PlanRequest, wishes: Wishes) -> list[Slot]:
    """More than a week has a weekly rhythm: the sixth day reviews, the seventh rests.

    A single week ends with the review. With a weekday of rest wished for, that day rests and the
    one before it reviews; the very first day never reviews.
    """
    rhythm = RHYTHM
    if request.total_days <= WEEK and wishes.rest_weekday is None:
        rhythm = {(request.first_day - 1) % WEEK: "review"}
    slots = []
    for number in range(request.total_days):
        day, day_date = request.first_day + number, request.first_date + timedelta(days=number)
        place = day % WEEK
        if wishes.rest_weekday is not None:
            place = (day_date.weekday() - wishes.rest_weekday) % WEEK
        kind = rhythm.get(place, "work") if request.total_days >= WEEK else "work"
        if kind == "review" and day == 1:
            kind = "work"
        slots.append(Slot(day, day_date, kind))
    return slots


def _pace(core: tuple[Unit, ...], room: int) -> float:
    """The share of the working days that core tasks are spread over: more with less room."""
    return min(0.9, 0.6 + sum(unit.minutes for unit in core) / max(1, room))


class _Filler:
    """Fills the days of one plan from its material.

    `pace` is the share of the working days over which core tasks are spread; 0 gives them as
    early as they fit.
    """

    def __init__(
        self,
        request: PlanRequest,
        curriculum: Curriculum,
        material: Material,
        pace: float,
        pour: bool,
    ):
        self.budget = request.minutes_per_day
        self.short = request.total_days < WEEK
        self.behind = [f"look back at day {day.day}: {day.title}" for day in request.kept[-7:]]
        self.curriculum = curriculum
        self.mending = Mending(request, curriculum)
        self.material = material
        self.pace = pace
        self.pour = pour
        self.seen: dict[str, int] = {}
        self.week: list[Step] = []
        self.core_given = self.practice_given = 0

    def fill(self, slots: list[Slot]) -> list[PlannedDay]:
        work = sum(slot.kind == "work" for slot in slots)
        core = sum(unit.minutes for unit in self.material.core)
        practice = self.material.practice_minutes()
        scarce = practice < work * self.budget * ENOUGH - core
        days, worked = [], 0
        for slot in slots:
            worked += slot.kind == "work"
            spread = self.pace * work
            self.core_due = core * worked / spread if spread else float("inf")
            self.practice_due = practice * worked / work if scarce else float("inf")
            days.append(self._day(slot, last=slot is slots[-1]))
        return days

    def _day(self, slot: Slot, last: bool) -> PlannedDay:
        page = Page(self.budget)
        {"work": self._work, "review": self._review, "rest": self._rest}[slot.kind](
            page, slot, last
        )
        if not page.units:
            page.add(self._look_back(min(10, self.budget)))
        steps = list({unit.step.slug: unit.step for unit in page.units if unit.step}.values())
        planned = PlannedDay(
            day=slot.day,
            date=slot.date,
            title=day_title(slot.kind, page.units),
            tasks=tuple(unit.planned() for unit in page.units),
            tips=day_tip(slot.kind, slot.day, steps, self.seen),
            topics=tuple(self.curriculum.topic(step) for step in steps),
        )
        for step in steps:
            self.seen[step.slug] = self.seen.get(step.slug, 0) + 1
        return planned

    def _work(self, page: Page, slot: Slot, last: bool) -> None:
        """What failed, core tasks that are due, practice, then what fills a poor day."""
        for step in self.mending.for_work(slot.day):
            page.add(self.material.recall(step, self.mending.minutes, slot.day))
        if self.pace and self.material.pending:
            self._practise(page, slot, 0, once=True)
        while self.core_given < self.core_due and (self._core(page) or self._pour(page)):
            pass
        self._practise(page, slot, 10 if last and self.short else 0)
        while not page.holds(GOOD) and self._fill_up(page, slot):
            pass
        if last and self.short and page.left >= SHORTEST and self.material.begun:
            page.add(self._recall(page, slot))
        self.week += [u.step for u in page.units if u.step and u.step not in self.week]

    def _core(self, page: Page) -> bool:
        unit = self.material.take_core(page.left)
        self.core_given += unit.minutes if unit else 0
        return page.add(unit)

    def _pour(self, page: Page) -> bool:
        """In a tight plan tasks run on from one day into the next, as the selection reckoned."""
        return self.pour and not self.pace and self._cut(page)

    def _cut(self, page: Page) -> bool:
        unit = self.material.cut_core(page.left)
        self.core_given += unit.minutes if unit else 0
        return page.add(unit)

    def _practise(self, page: Page, slot: Slot, reserve: int, once: bool = False) -> None:
        while not page.holds(ENOUGH) and self.practice_given < self.practice_due:
            unit = self.material.take_practice(slot.day, page.left - reserve, page.crowded())
            if unit is None:
                return
            page.add(unit)
            self.practice_given += unit.minutes
            if once:
                return

    def _fill_up(self, page: Page, slot: Slot) -> bool:
        """One more task for a day that is not filled well; False when there is nothing sensible."""
        reviews = sum(unit.is_review for unit in page.units)
        if self.budget >= LONG and self.material.begun and not reviews and page.left >= 60:
            return page.add(self._recall(page, slot))
        if page.add(self.material.redo(slot.day, page.left)):
            return True
        if self._core(page):
            self._practise(page, slot, 0)
            return True
        older = any(step.slug in self.seen for step in self.material.begun)
        if older and not reviews and page.left >= SHORTEST:
            return page.add(self._recall(page, slot))
        if self._cut(page):
            return True
        if self.material.begun and reviews < 3 and page.left >= SHORTEST:
            return page.add(self._recall(page, slot))
        return False

    def _recall(self, page: Page, slot: Slot) -> Unit:
        """A short review of the step met longest ago; a longer one where the day is long."""
        here = {unit.step.slug for unit in page.units if unit.step}
        step = self.material.stalest(without=here) or self.material.begun[0]
        if page.left >= 60:
            return self.material.recap(step, 30 if self.budget >= LONG else 20, slot.day)
        return self.material.recall(step, min(10, page.left), slot.day)

    def _review(self, page: Page, slot: Slot, last: bool) -> None:
        """What failed, the newest steps of the week and one older, remembered without looking."""
        room = min(6, self.budget // SHORTEST)
        failed = self.mending.take(slot.day, room)
        newest = [step for step in reversed(self.material.begun) if step in self.week]
        newest = [step for step in newest if step not in failed]
        older = self.material.stalest(without={step.slug for step in (*newest, *failed)})
        room -= len(failed) + (older is not None)
        steps = failed + newest[: max(0, room)][::-1] + ([older] if older and room >= 0 else [])
        self.week = []
        for step in steps:
            even = int(self.budget * GOOD / len(steps)) // 5 * 5
            minutes = min(30, max(SHORTEST, even))
            page.add(self.material.recap(step, minutes, slot.day))
        while not page.holds(GOOD) and page.add(self.material.redo(slot.day, page.left)):
            pass

    def _rest(self, page: Page, slot: Slot, last: bool) -> None:
        step = next(iter(self.mending.take(slot.day, 1)), None) or self.material.stalest()
        minutes = SHORTEST if self.budget < 30 else 10
        if step:
            page.add(self.material.recall(step, minutes, slot.day))
        else:
            page.add(self._look_back(minutes))

    def _look_back(self, minutes: int) -> Unit:
        """A named review for a day before any step was begun."""
        return Unit(self.material.fresh([*self.behind, *ORIENTATION]), minutes, None)
