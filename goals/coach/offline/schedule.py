"""Answers on the plan and the progress: what is on, how far, how much is left, what was missed."""

import re
from datetime import timedelta

from goals.coach.interface import ChatRequest
from goals.coach.offline.standing import Standing, is_rest, minutes, standing
from goals.coach.offline.voice import Voice, clip, day_names, day_text, on
from goals.wording import counted


def today(request: ChatRequest, voice: Voice) -> str:
    """What is due today; before the first day, after the last and on a rest day it says so."""
    now = standing(request)
    if now.today is None:
        return _outside(request, now)
    if now.done_today:
        after = now.ahead
        done = voice.pick(
            "Today is already proved", "You have proved today's work", "Today is done"
        )
        coming = f" Next is day {after.day}, {clip(after.title, 90)}." if after else ""
        return f"{done}: day {now.today.day}, {clip(now.today.title, 90)}. Well done!{coming}"
    if is_rest(now.today):
        rest = voice.pick("Today is a rest day.", "Today you rest.", "A rest day today.")
        return f"{rest} One short review and nothing else:\n" + day_text(now.today, "It is")
    lead = voice.pick("Today is", "For today you have", "This is for today:")
    close = voice.pick(
        "Begin with the first; the rest is easier after that.",
        "Take them in this order.",
        "Start small and start soon.",
    )
    return day_text(now.today, lead) + "\n" + close + _tip(now)


def _tip(now: Standing) -> str:
    tip = now.today.tips if now.today else ""
    return f"\nTip: {clip(tip, 200)}" if tip.strip() else ""


def _outside(request: ChatRequest, now: Standing) -> str:
    """A date on which the roadmap has no day."""
    if not now.due and now.ahead:
        wait = counted((now.ahead.date - request.today).days, "day")
        return f"Your plan begins on {on(now.ahead.date)}, in {wait}. " + day_text(
            now.ahead, "It opens with"
        )
    if now.ahead:
        return (
            f"There is no day in your plan for today. Next, on {on(now.ahead.date)}:\n"
            + day_text(now.ahead, "It is")
        )
    if not now.open:
        return "Your plan is over, and every day of it is proved. Congratulations!"
    return (
        f"The last day of your plan lies behind you, with {counted(len(now.open), 'day')} still "
        f"open ({day_names(now.open)}). You can still prove them, one test a day. "
        + day_text(now.open[0], "Begin with")
    )


def tomorrow(request: ChatRequest, voice: Voice) -> str:
    date = request.today + timedelta(days=1)
    day = next((day for day in request.days if day.date == date), None)
    if day:
        lead = voice.pick("Tomorrow is", "Tomorrow brings", "For tomorrow you have")
        rest = "\nIt is a rest day, so keep it light." if is_rest(day) else ""
        return day_text(day, lead) + rest
    if standing(request).ahead is None:
        return "Nothing is planned for tomorrow: your plan has ended by then."
    return "Nothing is planned for tomorrow. " + today(request, voice)


def week(request: ChatRequest, voice: Voice) -> str:
    """The next seven days, one line each."""
    end = request.today + timedelta(days=7)
    days = [day for day in request.days if request.today <= day.date < end]
    if not days:
        return "Nothing is planned for the next seven days. " + today(request, voice)
    lead = voice.pick("The next seven days:", "This is the week ahead:", "Coming up:")
    lines = [f"- {d.date:%a}, day {d.day}: {clip(d.title, 80)} ({minutes(d)} min)" for d in days]
    return "\n".join([lead, *lines])


def numbered(request: ChatRequest, voice: Voice) -> str:
    """The day that the message names by its number."""
    found = re.search(r"\bday\s+(\d{1,3})\b", request.message, re.IGNORECASE)
    day = next((d for d in request.days if found and d.day == int(found.group(1))), None)
    if not day:
        return f"Your plan has no day of that number; it has {counted(len(request.days), 'day')}."
    proved = "\nYou have proved it." if day.day in request.passed else ""
    return day_text(day, f"On {on(day.date)} it is") + proved


def pace(request: ChatRequest, voice: Voice) -> str:
    """Whether the person is on track: days due and proved, and where the pace leads."""
    now = standing(request)
    if not now.due:
        return "Your plan has only begun or has yet to begin, so nothing is behind. " + today(
            request, voice
        )
    proved = len(now.due) - len(now.open)
    if not now.open:
        praise = voice.pick(
            "You are on track", "Right on schedule", "Nothing is open, you are on track"
        )
        return f"{praise}: every day up to yesterday ({len(now.due)} of them) is proved. " + _next(
            now
        )
    lead = voice.pick("You are behind a little", "Honestly: you are behind", "Somewhat behind")
    lead = lead if len(now.open) < 4 else "You are behind"
    text = (
        f"{lead}: {counted(len(now.due), 'day')} lie before today, {proved} of them proved and "
        f"{len(now.open)} open ({day_names(now.open)}). "
    )
    return text + projection(request, now) + " " + catching_up(voice)


def projection(request: ChatRequest, now: Standing) -> str:
    """When the plan would be finished at the pace so far."""
    if now.projected_end is None:
        return "There is no proved day yet to reckon a pace from."
    late = (now.projected_end - request.target_date).days
    against = (
        f"{counted(late, 'day')} after your target date" if late > 0 else "within your target date"
    )
    return (
        f"At your pace so far you would finish around {on(now.projected_end)}, {against}, "
        f"with {counted(now.left, 'day')} to prove."
    )


def catching_up(voice: Voice) -> str:
    """What to do about open days: re-planning carries them, and none is lost."""
    return voice.pick(
        "Take today's day, and re-plan: open days are spread over those ahead where there is room; the "
        "rest can be proved after the target date.",
        "Start with today's day; re-planning carries open days into those ahead. What finds no room can "
        "be proved after the target date, one a day.",
        "Just go on with today. Re-planning carries open days along; or move the target date.",
    )


def missed(request: ChatRequest, voice: Voice) -> str:
    """What the record shows after missed days, and how to come back."""
    now = standing(request)
    if not now.open:
        kind = voice.pick("No harm done", "Good news", "Nothing is lost")
        return f"{kind}: no day before today is open in your plan. " + _next(now)
    kind = voice.pick(
        "It happens, and it can be mended.",
        "A gap is no failure; the next day counts most.",
        "Thank you for saying so. Coming back is the hard part, and you just did.",
    )
    shown = f"Open before today: {day_names(now.open)}. "
    return f"{kind} {shown}{catching_up(voice)} {_next(now)}"


def progress(request: ChatRequest, voice: Voice) -> str:
    now = standing(request)
    total = len(request.days)
    lead = voice.pick("Here is where you are", "Your progress", "So far")
    text = (
        f"{lead}: {total - now.left} of {counted(total, 'day')} proved, progress "
        f"{request.progress:.2f} %, streak {counted(request.streak, 'day')}. "
    )
    return text + _next(now)


def left(request: ChatRequest, voice: Voice) -> str:
    """Days up to the target date and days to prove; after the target date it says so."""
    now = standing(request)
    until = (request.target_date - request.today).days
    if until > 0:
        dated = f"{counted(until, 'day')} until your target date, {on(request.target_date)}"
    elif until == 0:
        dated = "your target date is today"
    else:
        dated = f"your target date was {counted(-until, 'day')} ago, on {on(request.target_date)}"
    lead = voice.pick("Time left:", "The calendar says:", "On time:")
    ends = f" {projection(request, now)}" if now.due and now.left else ""
    return f"{lead} {dated}. Of your plan {counted(now.left, 'day')} are still to prove.{ends}"


def resources(request: ChatRequest, voice: Voice) -> str:
    """Links of today's tasks, else of the days nearest to today; none is invented."""
    near = sorted(request.days, key=lambda day: abs((day.date - request.today).days))[:15]
    links = {link: task.task for day in near for task in day.tasks for link in task.resources}
    if not links:
        return "The tasks around today carry no links, and I do not invent any." + _library(voice)
    lead = voice.pick("From your plan, nearest first:", "These belong to tasks around today:")
    return "\n".join(
        [lead, *(f"- {link} ({clip(task, 70)})" for link, task in list(links.items())[:5])]
    )


def _library(voice: Voice) -> str:
    return voice.pick(
        " A library or the official documentation of your subject is a good place to look.",
        " A standard book from a library is a safe start.",
    )


def _next(now: Standing) -> str:
    day = now.ahead or (now.open[0] if now.open else None)
    if not day:
        return "Nothing is left to do; enjoy it."
    if not day.tasks:
        return f"Next is day {day.day}, {clip(day.title, 90)}."
    first = day.tasks[0]
    return f"Next is day {day.day}: {clip(first.task, 140)} ({first.duration_minutes} min)."
