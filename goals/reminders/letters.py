"""The words of a reminder: plain text, a short one for SMS. What people wrote is only in the mail."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings

from goals.reminders.contents import Contents, Due, Week
from goals.wording import counted


@dataclass(frozen=True, slots=True)
class Letter:
    """One message in its two forms. `stop` is the link that ends them."""

    subject: str
    text: str
    short: str
    stop: str


def written(contents: Contents, *, name: str, stop: str) -> Letter:
    """The letter to a person who is called `name`, or by nothing."""
    parts = [f"Hello {_line(name)}," if name else "Hello,"]
    if contents.weeks:
        parts.append("\n\n".join(["Last week:", *map(_week, contents.weeks)]))
    if contents.due:
        parts.append("\n".join(["Due today:", *map(_due, contents.due)]))
    parts.append(settings.PUBLIC_URL)
    parts.append(f"You asked for these reminders. To get no more, without signing in:\n{stop}")
    return Letter(_subject(contents), "\n\n".join(parts) + "\n", _short(contents, stop), stop)


def _subject(contents) -> str:
    if contents.weeks:
        return "Your week with DoIt"
    count = len(contents.due)
    return "Today's test is due" if count == 1 else f"{count} tests are due today"


def _due(due: Due) -> str:
    what = f"day {due.day} of {due.total_days}" + (f', "{_line(due.title)}"' if due.title else "")
    time = f", {due.minutes} minutes" if due.minutes else ""
    streak = f"; it keeps a streak of {counted(due.streak, 'day')} going" if due.streak else ""
    return f"- {_line(due.goal)}: {what}{time}{streak}"


def _week(week: Week) -> str:
    return "\n".join([_line(week.goal), *(f"  {line}" for line in _facts(week))])


def _facts(week: Week) -> Iterator[str]:
    streak = f", a streak of {counted(week.streak, 'day')}" if week.streak else ""
    yield f"{counted(week.passed, 'day')} passed{streak}"
    if week.completed:
        yield "completed. Well done!"
        return
    behind = f", {counted(week.behind, 'day')} behind" if week.behind else ""
    yield f"{week.progress:g} % done{behind}"
    yield f"{counted(week.ahead, 'day')} this week" if week.ahead else "nothing planned this week"


def _short(contents, stop) -> str:
    """No titles: a text message is read by whoever looks at the screen."""
    parts = []
    if contents.weeks:
        passed = sum(week.passed for week in contents.weeks)
        parts.append(f"{counted(passed, 'day')} passed last week.")
    if contents.due:
        count = len(contents.due)
        parts.append("A test is due today." if count == 1 else f"{count} tests are due today.")
        streak = max(due.streak for due in contents.due)
        parts += [f"Keep your streak of {counted(streak, 'day')} going!"] if streak else []
    return f"DoIt: {' '.join(parts)} {settings.PUBLIC_URL} Stop: {stop}"


def _line(text: str) -> str:
    """On one line, so that a title cannot look like a line of ours."""
    return " ".join(text.split())
