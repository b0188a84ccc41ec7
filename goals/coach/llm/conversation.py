"""Replies in chat, the summary of older messages, and the category of a goal."""

import asyncio
import re

from goals.coach.interface import Allowance, ChatRequest, Classification, GoalBrief, Reply, Tell
from goals.coach.llm import outputs
from goals.coach.llm.asking import Act, Asking, Unfit
from goals.coach.llm.data import chat_data, goal_data, message_data
from goals.coach.llm.links import is_known
from goals.coach.llm.live import Live
from goals.coach.llm.texts import paragraphs, without_links

LONGEST_REPLY = 4000
LONGEST_SUMMARY = 2500
SLUG = re.compile(r"(?=.{1,50}\Z)[a-z0-9]+(-[a-z0-9]+)*")

REPLY = Act("chat", outputs.Reply, 1200)
SUMMARY = Act("summary", outputs.Summary, 800)
CATEGORY = Act("category", outputs.Category, 200)


async def answer(
    asking: Asking, request: ChatRequest, allowance: Allowance, tell: Tell | None = None
) -> Reply:
    """The reply, and the summary of `request.older`: both at once, so that it costs no wait of its own.

    `tell` gets the reply while it comes. A summary that fails costs nothing: the messages stay, and
    the next reply tries again.
    """
    if not request.older:
        return Reply(await _reply(asking, request, allowance, tell))
    summing = asyncio.ensure_future(_summary(asking, request, allowance))
    try:
        text = await _reply(asking, request, allowance, tell)
        return Reply(text, await _or_none(summing, asking, allowance))
    finally:
        summing.cancel()


async def _or_none(summing, asking, allowance):
    """The summary, if it is there within the time; the reply does not wait longer than that for it."""
    try:
        return await asyncio.wait_for(summing, max(0.0, allowance.seconds_left - MARGIN))
    except Exception as error:
        asking.note(error)
        return None


MARGIN = 0.5  # seconds kept back, so that a late summary does not cost the reply


async def _reply(asking, request, allowance, tell) -> str:
    """Plain text with the links that stand in the plan or lie under known roots."""
    in_plan = {link for day in request.days for task in day.tasks for link in task.resources}

    def clean(text: str) -> str:
        return without_links(text, lambda link: link in in_plan or is_known(link))

    def shape(text: str) -> str:
        return paragraphs(text, LONGEST_REPLY)

    def fit(made: outputs.Reply) -> str:
        if text := shape(clean(made.reply)):
            return text
        raise Unfit("The reply has no text.")

    live = Live(tell, clean, shape) if tell else None
    return await asking.ask(REPLY, chat_data(request), allowance, fit, live)


async def _summary(asking, request, allowance) -> str:
    values = {
        "goal": goal_data(request.goal),
        "earlier": request.summary,
        "messages": message_data(request.older),
    }

    def fit(made: outputs.Summary) -> str:
        if text := paragraphs(without_links(made.summary), LONGEST_SUMMARY):
            return text
        raise Unfit("The summary has no text.")

    return await asking.ask(SUMMARY, values, allowance, fit)


async def category(asking: Asking, goal: GoalBrief, allowance: Allowance) -> Classification:
    """One of the fixed list, and a slug or none."""

    def fit(made: outputs.Category) -> Classification:
        slug = "-".join((made.subcategory or "").lower().split())
        return Classification(made.category, slug if SLUG.fullmatch(slug) else None)

    values = {"goal": {"title": goal.title, "description": goal.description}}
    return await asking.ask(CATEGORY, values, allowance, fit)
