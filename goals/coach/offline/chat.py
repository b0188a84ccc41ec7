"""Finds out what a message asks for and lets the right answer speak.

English keywords, most telling first. A message is only searched, never shown again or obeyed.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from goals.coach.interface import ChatRequest
from goals.coach.offline import advice, explain, schedule
from goals.coach.offline.voice import Voice, fitted

Answer = Callable[[ChatRequest, Voice], str | None]

LONGEST_READ = 1000
WITHOUT_ROADMAP = {advice.who, advice.thanks}


def _rule(answer: Answer, *phrases: str) -> tuple[re.Pattern[str], Answer]:
    """A message is for `answer` when one of the phrases, as whole words, stands in it."""
    return re.compile("|".join(rf"\b(?:{p})\b" for p in phrases), re.IGNORECASE), answer


RULES = (
    _rule(
        advice.who,
        r"(who|what) are you",
        r"are you (a |an )?(bot|human|real|ai|person|robot|machine|chatgpt)",
        r"what can you do|how can you help|your name",
    ),
    _rule(
        advice.motivate,
        r"giv(e|ing) up|motivat\w*|unmotivated|quit(ting)?|discourag\w*|encourage|frustrat\w*",
        r"hopeless|pointless|lost interest|can'?t do (this|it)|fail(ed|ure|ing)",
    ),
    _rule(
        schedule.missed,
        r"(miss|skip)(ed|ped)? (a |an |the |my |\w+ )?(days?|weeks?|yesterday)|missed days?",
        r"i (have )?(missed|skipped)|fell behind",
        r"(didn'?t|did not|haven'?t) (do|done|practi[sc]ed?|study|studied|train|work)\w*",
    ),
    _rule(
        schedule.pace,
        r"behind|on track|on schedule|my pace|catch(ing)? up|fast enough|(on|in) time|ahead of",
        r"(?<!when )will i (make|finish|reach)",
    ),
    _rule(
        advice.hard_day,
        r"tired|exhausted|sick|ill|unwell|fever|flu|injur\w*|dizzy|my \w+ hurts?|in pain|sleepy",
        r"no time|(not|\w+n'?t) (\w+ ){0,3}time|busy|short on time|only (have|got)",
        r"no energy|stressed|bad day",
    ),
    _rule(
        advice.prove,
        r"verif\w+|prove|proof|quiz|(take|daily|today'?s|do) (the |a |my )?test",
        r"(i'?m|i am|i'?ve|i have|i|all) (just |now |already )?(done|finished|completed|did it)",
        r"(mark|check) .{0,60}(done|complete|off)",
    ),
    _rule(
        advice.change,
        r"easier|harder|shorter|faster|slower|overwhelm\w*|re-?plan",
        r"too (hard|easy|much|long|short|fast|slow|difficult|little)",
        r"(change|adjust|adapt|edit|replace|redo|reschedule|modify) (\w+ ){0,3}"
        r"(plan|roadmap|schedule|goal|date|minutes)",
        r"(new|another|different) (plan|roadmap)|(more|less|fewer) (time|minutes)",
    ),
    _rule(
        schedule.resources,
        r"resources?|links?|websites?|videos?|books?|materials?|sources?",
        r"where can i (learn|read|find)",
    ),
    _rule(
        schedule.left,
        r"how (long|many days|much time|much|many) .{0,60}(left|remain\w*|to go|until|till)",
        r"(days|time) left|deadline|target date|end date|how long",
        r"when (do|will|am|does|is) .{0,60}(finish\w*|done|end|over|ready)",
    ),
    _rule(
        schedule.progress,
        r"streak|progress|how am i doing|how far|stat(u)?s|per ?cent\w*|statistics",
    ),
    _rule(
        explain.about,
        r"explain|why|means?|meaning|understand|confus\w*|stuck|defin(e|ition)",
        r"what('s| is| are) (a|an|the difference)|tell me (more )?about",
    ),
    _rule(schedule.numbered, r"(on|is|for|about|to|show|me) day \d+", r"day \d+(?=\W*\Z)"),
    _rule(schedule.tomorrow, r"tomorrow"),
    _rule(schedule.week, r"week|next (few|seven|7) days|coming days|upcoming"),
    _rule(explain.about, r"how|what (is|are|does)|help"),
    _rule(
        schedule.today,
        r"today|right now|what('?s)? next|next (task|step)|what is on|start|begin|to-?do|agenda",
        r"what (should|do|must|can) i (do|start|work|learn|study)",
        r"my (plan|tasks?|roadmap)|the plan",
    ),
    _rule(
        advice.thanks,
        r"thank(s| you)?|thx|cheers|great|perfect|awesome|ok(ay)?|bye|good ?night",
    ),
    _rule(advice.greet, r"hi|hello|hey|hola|good (morning|evening|afternoon|day)|greetings"),
    _rule(explain.about, r"\w+"),
)


def reply(request: ChatRequest) -> str:
    """A plain text of at most 1200 characters, another one than the coach gave before if it can."""
    request = replace(request, message=request.message[:LONGEST_READ].replace("’", "'"))
    before = {message.content for message in request.history if not message.is_user}
    first = fitted(_answer(request, Voice(request)))
    if first not in before:
        return first
    others = (fitted(_answer(request, Voice(request, turn))) for turn in (1, 2, 3))
    return next((text for text in others if text not in before), first)


def _answer(request: ChatRequest, voice: Voice) -> str:
    for pattern, answer in RULES:
        if pattern.search(request.message):
            if not request.days and answer not in WITHOUT_ROADMAP:
                return advice.no_roadmap(request, voice)
            text = answer(request, voice)
            if text:
                return text
    return advice.unknown(request, voice) if request.days else advice.no_roadmap(request, voice)
