"""The offline coach: plans, answers and asks from curricula and the person's own plan.

No network, no key, no model, and the same request gets the same answer.
"""

from goals.coach.interface import (
    ChatRequest,
    Classification,
    GoalBrief,
    Plan,
    PlanRequest,
    Question,
    QuestionRequest,
)
from goals.coach.offline import chat, classify, planner, questions
from goals.coach.offline.curricula import general


class OfflineCoach:
    """The `Coach` that is always there."""

    name = "offline"

    def classify(self, goal: GoalBrief) -> Classification:
        return classify.classify(goal)

    def plan(self, request: PlanRequest) -> Plan:
        curriculum = classify.choose(request.goal)
        return planner.plan(
            request, curriculum or general(request.goal.title), fits=curriculum is not None
        )

    def reply(self, request: ChatRequest) -> str:
        return chat.reply(request)

    def questions(self, request: QuestionRequest) -> tuple[Question, ...]:
        return questions.ask(request)
