"""What the goal acts ask of a coach and what they get back.

Plain frozen values, so that a coach can be tried without a database and the acts
never see how an answer was made.
"""

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
    stay as they are: what they gave is not given again, except as a named review.
    """

    goal: GoalBrief
    first_day: int
    first_date: date
    total_days: int
    minutes_per_day: int
    instructions: str = ""
    kept: tuple[PlannedDay, ...] = ()


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
    days proved, `history` the newest messages, oldest first, without `message`.
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
