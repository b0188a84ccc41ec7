"""Finds out what a message asks for and lets the right answer speak.

English keywords, most telling first. A message is only searched, never shown again or obeyed.
"""

import re
from collections.abc import Callable

from goals.coach.interface import ChatRequest
from goals.coach.offline import advice, explain, schedule
from goals.coach.offline.voice import Voice, fitted

Answer = Callable[[ChatRequest, Voice], str | None]

LONGEST_READ = 2000
WITHOUT_ROADMAP = {advice.who, advice.thanks}


def _rule(pattern: str, answer: Answer) -> tuple[re.Pattern[str], Answer]:
    return re.compile(pattern, re.IGNORECASE), answer


RULES = (
    _rule(r"\b(who|what) are you\b|\bare you (a |an )?(bot|human|real|ai|person|robot|machine|chatgpt)", advice.who),
    _rule(r"\bwhat can you do\b|\bhow can you help\b|\byour name\b", advice.who),
    _rule(r"\bgiv(e|ing) up\b|\bmotivat\w*|\bquit(ting)?\b|\bdiscourag\w*|\bhopeless\b|\bpointless\b|"
          r"\bencourage\b|\blost interest\b|\bcan'?t do (this|it)\b|\bfrustrat\w*|\bfail(ed|ure|ing)\b", advice.motivate),
    _rule(r"\b(miss|skip)(ed|t)? (a |an |the |my |\w+ )?(days?|weeks?|yesterday)\b|\bi missed\b|\bmissed days?\b|"
          r"\b(didn'?t|did not|haven'?t) (do|done|practi[sc]e|study|train|work)\w*|\bfell behind\b", schedule.missed),
    _rule(r"\bbehind\b|\bon track\b|\bon schedule\b|\bmy pace\b|\bcatch(ing)? up\b|\bfast enough\b|"
          r"\bwill i (make|finish|reach)\b|\bon time\b|\bahead of\b", schedule.pace),
    _rule(r"\btired\b|\bexhausted\b|\bsick\b|\bill\b|\bunwell\b|\bfever\b|\bflu\b|\binjur\w*|\bdizzy\b|\bmy \w+ hurts?\b|"
          r"\bin pain\b|\bno time\b|\b(not|n'?t) (\w+ ){0,3}time\b|\bbusy\b|\bshort on time\b|\bonly (have|got)\b|"
          r"\bno energy\b|\bstressed\b|\bsleepy\b|\bbad day\b", advice.hard_day),
    _rule(r"\bverif\w+|\bprove\b|\bproof\b|\b(take|daily|today'?s|do) (the |a |my )?(test|quiz)\b|\bquiz\b|"
          r"\b(i'?m|i am|i'?ve|i have|i|all) (just |now |already )?(done|finished|completed|did it)\b|"
          r"\b(mark|check)\b.*\b(done|complete|off)\b", advice.prove),
    _rule(r"\b(easier|harder|shorter|faster|slower)\b|\btoo (hard|easy|much|long|short|fast|slow|difficult|little)\b|"
          r"\b(change|adjust|adapt|edit|replace|redo|reschedule|modify) (\w+ ){0,3}(plan|roadmap|schedule|goal|date|minutes)\b|"
          r"\bre-?plan\b|\b(new|another|different) (plan|roadmap)\b|\b(more|less|fewer) (time|minutes)\b|\boverwhelm\w*", advice.change),
    _rule(r"\bresources?\b|\blinks?\b|\bwebsites?\b|\bvideos?\b|\bbooks?\b|\bwhere can i (learn|read|find)\b|"
          r"\bmaterials?\b|\bsources?\b", schedule.resources),
    _rule(r"\bhow (long|many days|much time|much|many)\b.*\b(left|remain\w*|to go|until|till)\b|\b(days|time) left\b|\bdeadline\b|"
          r"\btarget date\b|\bend date\b|\bwhen (do|will|am|does|is)\b.*\b(finish\w*|done|end|over|ready)\b", schedule.left),
    _rule(r"\bstreak\b|\bprogress\b|\bhow am i doing\b|\bhow far\b|\bstat(u)?s\b|\bper ?cent\w*|\bstatistics\b", schedule.progress),
    _rule(r"\bexplain\b|\bwhy\b|\bmean(s|ing)?\b|\bunderstand\b|\bconfus\w*|\bstuck\b|\bwhat('s| is| are) (a|an|the difference)\b|"
          r"\btell me (more )?about\b|\bdefin(e|ition)\b", explain.about),
    _rule(r"\b(on|is|for|about|to) day \d+\b|^\W*day \d+\W*$|\bshow (me )?day \d+\b", schedule.numbered),
    _rule(r"\btomorrow\b", schedule.tomorrow),
    _rule(r"\bweek\b|\bnext (few|seven|7) days\b|\bcoming days\b|\bupcoming\b", schedule.week),
    _rule(r"\bhow (do|can|should|would|to)\b|\bwhat (is|are|does)\b|\bhelp\b|\bhow\b", explain.about),
    _rule(r"\btoday\b|\bright now\b|\bwhat('?s)? next\b|\bwhat (should|do|must|can) i (do|start|work|learn|study)\b|"
          r"\bnext (task|step)\b|\bmy (plan|tasks?|roadmap)\b|\bthe plan\b|\bstart\b|\bbegin\b|\bto-?do\b|\bagenda\b|\bwhat is on\b", schedule.today),
    _rule(r"\bthank(s| you)?\b|\bthx\b|\bcheers\b|\bgreat\b|\bperfect\b|\bawesome\b|\bok(ay)?\b|\bbye\b|\bgood ?night\b", advice.thanks),
    _rule(r"^\W*(hi|hello|hey|hola|good (morning|evening|afternoon|day)|greetings|yo)\b", advice.greet),
    _rule(r"\w", explain.about),
)  # fmt: skip


def reply(request: ChatRequest) -> str:
    """A plain text of at most 1200 characters, another one than the coach gave before if it can."""
    before = {message.content for message in request.history if not message.is_user}
    texts = [fitted(_answer(request, Voice(request, turn))) for turn in range(4)]
    return next((text for text in texts if text not in before), texts[0])


def _answer(request: ChatRequest, voice: Voice) -> str:
    message = request.message[:LONGEST_READ].replace("’", "'")
    for pattern, answer in RULES:
        if pattern.search(message):
            if not request.days and answer not in WITHOUT_ROADMAP:
                return advice.no_roadmap(request, voice)
            text = answer(request, voice)
            if text:
                return text
    return advice.unknown(request, voice) if request.days else advice.no_roadmap(request, voice)
