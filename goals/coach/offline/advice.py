"""Answers that steady: motivation, hard days, changing the plan, proving a day, who is speaking."""

import re

from goals.coach.interface import ChatRequest, PlannedTask
from goals.coach.offline import schedule
from goals.coach.offline.standing import is_rest, standing
from goals.coach.offline.voice import Voice, clip
from goals.wording import counted

PAIN = re.compile(
    r"\b(ill|sick|fever|flu|pain|hurts?|injur\w*|dizzy|faint\w*|unwell)\b", re.IGNORECASE
)
MINUTES = re.compile(r"\b(\d{1,3})\s*(?:-\s*)?min", re.IGNORECASE)
WHO = (
    "I am DoIt's offline coach: I work without the internet and without a language model, from a "
    "set of curricula and from your own plan and progress."
)
CAN = (
    "Ask me what is on today, tomorrow or this week, whether you are on track, what a task or a "
    "word means, for links, or how to change the plan."
)


def who(request: ChatRequest, voice: Voice) -> str:
    limit = voice.pick(
        "I do not chat about everything, but I know your plan.",
        "What is not in them, I do not know, and I say so.",
    )
    return f"{WHO} {limit} {CAN}"


def no_roadmap(request: ChatRequest, voice: Voice) -> str:
    lead = voice.pick("This goal has no roadmap yet", "There is no roadmap for this goal so far")
    return (
        f"{lead}, so there is nothing I could go by. Make one first: say how many minutes a day "
        "you have, and you get a plan from today up to your target date. Then I can take you "
        "through it day by day."
    )


def motivate(request: ChatRequest, voice: Voice) -> str:
    """What has been reached, and the smallest next step."""
    now = standing(request)
    lead = voice.pick(
        "Wanting to stop is part of every long plan; it passes, and what you did stays.",
        "Motivation comes and goes. What carries you is the next small step.",
        "Hard moments are no sign that you cannot do it.",
    )
    return f"{lead} {_achieved(request, voice)} {_small_step(request)}".strip() + (
        "" if now.left else " You have proved every day of your plan!"
    )


def _achieved(request: ChatRequest, voice: Voice) -> str:
    proved = len([day for day in request.days if day.day in request.passed])
    if request.streak > 1:
        return f"You hold a streak of {request.streak} days and stand at {request.progress:.2f} %."
    if proved:
        return f"You have proved {counted(proved, 'day')} already, {request.progress:.2f} % of it."
    return voice.pick("The first proved day changes the picture.", "Day one is the hardest of all.")


def _small_step(request: ChatRequest) -> str:
    task = smallest(request)
    if not task:
        return ""
    return f"Only this for now, {task.duration_minutes} minutes: {clip(task.task, 160)}"


def smallest(request: ChatRequest, most: int | None = None) -> PlannedTask | None:
    """The shortest task of today, or of the next open day; with `most`, the longest that fits it."""
    now = standing(request)
    day = now.today if now.today and not now.done_today else now.ahead
    day = day or (now.open[0] if now.open else None)
    if not day or not day.tasks:
        return None
    fitting = [task for task in day.tasks if most and task.duration_minutes <= most]
    if fitting:
        return max(fitting, key=lambda task: task.duration_minutes)
    return min(day.tasks, key=lambda task: task.duration_minutes)


def hard_day(request: ChatRequest, voice: Voice) -> str:
    """For the tired, the ill and the busy: one useful piece, and no more than that."""
    now = standing(request)
    if now.done_today:
        return "You have proved today already, so you can rest with a clear conscience."
    if PAIN.search(request.message):
        return _unwell(request, voice)
    if now.today and is_rest(now.today):
        return "Today is a rest day anyway. " + _small_step(request)
    found = MINUTES.search(request.message)
    task = smallest(request, int(found.group(1)) if found else None)
    lead = voice.pick(
        "Then make it small.", "A small piece still counts.", "Keep the thread, no more."
    )
    if not task:
        return f"{lead} Nothing is open right now, so rest."
    return (
        f"{lead} The most useful piece: {clip(task.task, 160)} ({task.duration_minutes} minutes). "
        + voice.pick(
            "Stop after it if you need to.",
            "The rest can wait; an open day can still be proved after the target date.",
        )
    )


def _unwell(request: ChatRequest, voice: Voice) -> str:
    wish = voice.pick("Get well soon.", "I am sorry to hear that.", "Take care of yourself.")
    return (
        f"{wish} Your health comes first: rest, and leave out everything that strains you. With "
        "strong or lasting symptoms ask a doctor; I cannot judge them. Missed days stay open and "
        "can be proved after the target date. If you feel up to something light, have a look at "
        "today's plan again later."
    )


def change(request: ChatRequest, voice: Voice) -> str:
    """How to get another plan: this coach does not change a roadmap from the chat."""
    said = request.message.casefold()
    lead = voice.pick(
        "I cannot change the plan from here, but you can", "You can change it yourself"
    )
    how = "make a new roadmap, with the minutes a day and the wishes that fit you now"
    if re.search(
        r"easier|too (hard|much|fast|long|difficult)|less|slow|shorter day|overwhelm", said
    ):
        how = "make a new roadmap with fewer minutes a day"
    elif re.search(r"harder|too (easy|slow|little)|more|faster|challeng", said):
        how = "make a new roadmap with more minutes a day"
    elif re.search(r"shorter|longer|sooner|later|deadline|date", said):
        how = "change the target date of the goal, then make a new roadmap"
    return (
        f"{lead}: {how}. In the instructions you may name a step to focus on, a step to skip, or "
        "a weekday on which you rest. The days you have proved stay as they are."
    )


def prove(request: ChatRequest, voice: Voice) -> str:
    """How a day is proved, and whether today is."""
    now = standing(request)
    if now.done_today and now.today:
        after = f" Next is day {now.ahead.day}, {clip(now.ahead.title, 90)}." if now.ahead else ""
        return f"Day {now.today.day} is already proved. Well done!{after}"
    praise = voice.pick("Nice work!", "Good.", "Well done so far!")
    day = now.today or (now.open[0] if now.open else None)
    which = f" of day {day.day}, {clip(day.title, 90)}" if day else " of the day"
    return (
        f"{praise} To prove it, take the short test{which}: questions on what the day carries, "
        "and at least 70 % right passes it. You may try up to three times a day."
    )


def greet(request: ChatRequest, voice: Voice) -> str:
    lead = voice.pick("Hello!", "Hi, good to see you.", "Welcome back!")
    return f"{lead} {schedule.today(request, voice)}"


def thanks(request: ChatRequest, voice: Voice) -> str:
    lead = voice.pick("You are welcome!", "Gladly.", "Any time.")
    return f"{lead} {_small_step(request)}".strip()


def unknown(request: ChatRequest, voice: Voice) -> str:
    """An honest answer to what is not understood, with today's plan all the same."""
    lead = voice.pick(
        "That is beyond me.", "I have no good answer to that.", "I did not understand that one."
    )
    return f"{lead} {WHO} {CAN}\n\n{schedule.today(request, voice)}"
