"""The questions of a test. The model says which choice is right and which are wrong; where each stands is ours."""

from random import Random

from goals.coach.interface import Allowance, Question, QuestionRequest
from goals.coach.llm import outputs
from goals.coach.llm.asking import Act, Asking, Unfit
from goals.coach.llm.data import day_data, goal_data
from goals.coach.llm.texts import line, same, without_links

CHOICES = 4
EARLIER, ASKED = 20, 40
LONGEST_PROMPT, LONGEST_CHOICE, LONGEST_EXPLANATION = 500, 300, 600

QUESTIONS = Act("questions", outputs.Questions, 4000)


async def ask(
    asking: Asking, request: QuestionRequest, allowance: Allowance
) -> tuple[Question, ...]:
    """Exactly `request.count` questions, none of `request.asked`, the right answers in no order."""
    values = {
        "goal": goal_data(request.goal),
        "days": [day_data(day) for day in request.days],
        "earlier": [day.title for day in request.earlier[-EARLIER:]],
        "count": request.count,
        "asked": sorted(request.asked)[:ASKED],
    }
    made = await asking.ask(QUESTIONS, values, allowance, lambda made: _fit(made, request))
    return _placed(made, Random(request.seed))


def _fit(made: outputs.Questions, request: QuestionRequest) -> list[outputs.Question]:
    questions = [_cut(question) for question in made.questions][: request.count]
    if len(questions) < request.count:
        raise Unfit(f"There are {len(questions)} questions; give exactly {request.count}.")
    prompts = {same(question.prompt) for question in questions}
    if len(prompts) < len(questions):
        raise Unfit("Two questions are the same.")
    if again := prompts & {same(prompt) for prompt in request.asked}:
        raise Unfit(f"Asked before, ask something else: {'; '.join(sorted(again))[:500]}")
    for question in questions:
        _check(question)
    return questions


def _check(question: outputs.Question) -> None:
    choices = [question.right, *question.wrong]
    if not question.prompt or not all(choices):
        raise Unfit("A question or a choice has no text.")
    if len({" ".join(choice.casefold().split()) for choice in choices}) < CHOICES:
        raise Unfit(f"Two choices are the same: {question.prompt[:100]!r}")


def _cut(question: outputs.Question) -> outputs.Question:
    def clean(text, longest):
        return line(without_links(text), longest)

    return outputs.Question.model_construct(
        prompt=clean(question.prompt, LONGEST_PROMPT),
        right=clean(question.right, LONGEST_CHOICE),
        wrong=[clean(text, LONGEST_CHOICE) for text in question.wrong],
        explanation=clean(question.explanation, LONGEST_EXPLANATION),
    )


def _placed(made: list[outputs.Question], rng: Random) -> tuple[Question, ...]:
    """Each of the four places about equally often, in no order."""
    places: list[int] = []
    while len(places) < len(made):
        places += rng.sample(range(CHOICES), CHOICES)
    placed = []
    for question, place in zip(made, places, strict=False):
        choices = rng.sample(question.wrong, CHOICES - 1)
        choices.insert(place, question.right)
        placed.append(Question(question.prompt, tuple(choices), place, question.explanation))
    return tuple(placed)
