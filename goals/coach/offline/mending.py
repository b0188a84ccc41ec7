"""Steps whose test was failed: they come back at once, and then after pauses that grow."""

from goals.coach.interface import PlanRequest
from goals.coach.offline.curricula import Curriculum, Step

# Days after the first day of the plan on which a failed step is due.
DUE = (0, 3, 13, 39, 99)


class Mending:
    """Hands out the failed steps that a day reviews; what finds no room is due on the next day."""

    def __init__(self, request: PlanRequest, curriculum: Curriculum):
        self._first, self._total = request.first_day, request.total_days
        self._budget = request.minutes_per_day
        self._turns = {
            step.slug: 0 for step in curriculum.steps if curriculum.topic(step) in request.failed
        }
        self._steps = [step for step in curriculum.steps if step.slug in self._turns]
        self._last = 0
        # Of one review. A very short day is given to it whole: nothing fits beside it.
        self.minutes = 10 if self._budget >= 60 or self._budget < 20 else 5

    def work_days(self) -> int:
        """How many whole working days the reviews of the plan take."""
        turns = sum(due < self._total for due in DUE)
        return -(-len(self._steps) * turns * self.minutes // self._budget)

    def for_work(self, day: int) -> list[Step]:
        """What a working day reviews: a third of its minutes, or every other very short day."""
        if self._budget < 20 and day - self._last < 2:
            return []
        return self.take(day, max(1, self._budget // 3 // self.minutes))

    def take(self, day: int, most: int) -> list[Step]:
        """So many of the steps due on a day, those that wait longest first."""
        waiting = [step for step in self._steps if self._due_on(step) <= day]
        taken = sorted(waiting, key=self._due_on)[:most]
        for step in taken:
            self._turns[step.slug] += 1
            self._last = day
        return taken

    def _due_on(self, step: Step) -> float:
        turn = self._turns[step.slug]
        return self._first + DUE[turn] if turn < len(DUE) else float("inf")
