"""What the goal acts ask of a coach and what they get back.

Plain frozen values, so that a coach can be tried without a database and the acts
never see how an answer was made.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

CATEGORIES = (
    "programming",
    "data",
    "design",
    "writing",
    "language",
    "music",
    "art",
    "fitness",
    "nutrition",
    "mindfulness",
    "academics",
    "career",
    "business",
    "finance",
    "productivity",
    "home",
    "other",
)


# Gets a text in pieces, in order, from whichever thread makes it; returns at once.
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class GoalBrief:
    """What the person wrote about the goal; category and subcategory may be unknown."""

    title: str
    description: str
    category: str | None = None
    subcategory: str | None = None


@dataclass(frozen=True, slots=True)
class Classification:
    """`category` is one of CATEGORIES, `subcategory` a slug or None."""

    category: str
    subcategory: str | None


@dataclass(frozen=True, slots=True)
class PlannedTask:
    task: str
    duration_minutes: int
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedDay:
    """One roadmap day. `topics` are the curriculum steps it carries, as `curriculum/step` slugs."""

    day: int
    date: date
    title: str
    tasks: tuple[PlannedTask, ...]
    tips: str
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """Plan `total_days` consecutive days, the first numbered `first_day` on `first_date`.

    `minutes_per_day` is 10 to 240. `kept` are the earlier days of the same roadmap, which
    stay as they are: what they gave is not given again, except as a named review. `failed` are
    the topics of kept days whose test was failed: they come back soon, and at growing distances.
    """

    goal: GoalBrief
    first_day: int
    first_date: date
    total_days: int
    minutes_per_day: int
    instructions: str = ""
    kept: tuple[PlannedDay, ...] = ()
    failed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Plan:
    """`curriculum` is the slug the days come from, None when none fits the goal."""

    summary: str
    days: tuple[PlannedDay, ...]
    curriculum: str | None = None


@dataclass(frozen=True, slots=True)
class ChatMessage:
    content: str
    is_user: bool


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A message and the plan and progress it is about.

    `days` is the whole roadmap (empty when there is none yet), `passed` the numbers of the
    days proved, `history` the newest messages, oldest first, without `message`. `summary` stands
    for what was said before them; `older` is the beginning of that which no summary holds yet.
    """

    goal: GoalBrief
    message: str
    today: date
    target_date: date
    days: tuple[PlannedDay, ...] = ()
    passed: frozenset[int] = frozenset()
    streak: int = 0
    progress: float = 0.0
    history: tuple[ChatMessage, ...] = ()
    summary: str = ""
    older: tuple[ChatMessage, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """`summary` is the new one, which takes in the request's `older`, where one was made."""

    text: str
    summary: str | None = None


@dataclass(frozen=True, slots=True)
class QuestionRequest:
    """Ask `count` questions on what `days` carry.

    `earlier` are the days before them, for review questions when the days carry too little;
    `later` the days after, whose material serves only as plausible wrong choices.
    `asked` are the prompts of former tests of the same day: they are not asked again
    while there are others. `seed` makes the choice repeatable.
    """

    goal: GoalBrief
    days: tuple[PlannedDay, ...]
    count: int
    seed: str
    earlier: tuple[PlannedDay, ...] = ()
    later: tuple[PlannedDay, ...] = ()
    asked: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Question:
    """Four different `choices`; `answer` is the index of the right one."""

    prompt: str
    choices: tuple[str, ...]
    answer: int
    explanation: str


class Coach(Protocol):
    """Every method returns a whole answer or raises; none writes to the database."""

    name: str

    def classify(self, goal: GoalBrief) -> Classification: ...

    def plan(self, request: PlanRequest) -> Plan: ...

    def reply(self, request: ChatRequest) -> str: ...

    def questions(self, request: QuestionRequest) -> tuple[Question, ...]: ...


class CoachFailed(Exception):
    """The coach gives no answer; `reason` is a word of a fixed list (docs/coach.md)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class Allowance:
    """What one act may take of a coach that has to ask elsewhere: so many seconds, so many tokens.

    `spent` counts the tokens taken, whether or not an answer came of them.
    """

    seconds: float
    tokens: int
    spent: int = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def tokens_left(self) -> int:
        return max(0, self.tokens - self.spent)

    @property
    def seconds_left(self) -> float:
        return max(0.0, self.began + self.seconds - time.monotonic())


class AskingCoach(Protocol):
    """A coach that asks elsewhere, and may fail: every method takes an Allowance, or raises CoachFailed."""

    name: str

    @property
    def is_up(self) -> bool: ...

    def classify(self, goal: GoalBrief, allowance: Allowance) -> Classification: ...

    def plan(self, request: PlanRequest, allowance: Allowance) -> Plan: ...

    def reply(self, request: ChatRequest, allowance: Allowance, tell: Tell | None = None) -> Reply:
        """With `tell` the text is told while it is made, as far as it is known not to change."""
        ...

    def questions(self, request: QuestionRequest, allowance: Allowance) -> tuple[Question, ...]: ...
