"""The `llm` coach: a hosted model, asked for typed answers that are validated before anyone sees them.

Imported only where COACH=llm: pydantic-ai takes 120 MB and some seconds.
"""

from django.conf import settings

from goals.coach.interface import (
    Allowance,
    ChatRequest,
    Classification,
    CoachFailed,
    GoalBrief,
    Plan,
    PlanRequest,
    Question,
    QuestionRequest,
    Reply,
    Tell,
)
from goals.coach.llm import conversation, loop, planning, quizzing
from goals.coach.llm.asking import Asking
from goals.coach.llm.breaker import Breaker
from goals.coach.llm.links import Links
from goals.coach.llm.model import Guarded, model_of

OPENS_AFTER, OPEN_SECONDS = 5, 30.0  # failures in a row, and how long nobody waits then
CALL_SECONDS = 120.0  # of one call to the model; the act's allowance ends it earlier
GRACE = 5.0  # seconds after the allowance until a call is left to itself


class LlmCoach:
    """An `AskingCoach`: each method answers whole within the allowance or raises CoachFailed."""

    name = "llm"

    def __init__(self, *, links: Links | None = None, breaker: Breaker | None = None) -> None:
        self.breaker = breaker or Breaker(OPENS_AFTER, OPEN_SECONDS)
        self._model = model_of(
            settings.COACH_MODEL,
            settings.COACH_BASE_URL,
            settings.COACH_API_KEY,
            seconds=CALL_SECONDS,
        )
        self._asking = Asking(
            Guarded(self._model, self.breaker, pause=settings.COACH_RETRY_SECONDS), self.breaker
        )
        self._links = links or Links()

    @property
    def is_up(self) -> bool:
        """False while the circuit breaker is open: asking would fail at once."""
        return self.breaker.state != "open"

    def classify(self, goal: GoalBrief, allowance: Allowance) -> Classification:
        return self._run(conversation.category(self._asking, goal, allowance), allowance)

    def plan(self, request: PlanRequest, allowance: Allowance) -> Plan:
        return self._run(planning.plan(self._asking, self._links, request, allowance), allowance)

    def reply(self, request: ChatRequest, allowance: Allowance, tell: Tell | None = None) -> Reply:
        answer = conversation.answer(self._asking, request, allowance, tell)
        return self._run(answer, allowance)

    def questions(self, request: QuestionRequest, allowance: Allowance) -> tuple[Question, ...]:
        return self._run(quizzing.ask(self._asking, request, allowance), allowance)

    def close(self) -> None:
        """Close the connections to the endpoint."""
        loop.run(self._model.client.close())

    def _run(self, call, allowance):
        try:
            return loop.run(
                self._asking.within(allowance, call), seconds=allowance.seconds_left + GRACE
            )
        except TimeoutError as error:
            raise CoachFailed("slow") from error
