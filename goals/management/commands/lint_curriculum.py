import sys
from datetime import date
from pathlib import Path

from django.core.management import BaseCommand, CommandError

from doit_site.commands import add_format, report
from goals.coach.interface import GoalBrief, Plan, PlanRequest
from goals.coach.offline import lint, planner
from goals.wording import counted

FIRST_DATE = date(2026, 1, 5)  # a Monday; what is shown has day numbers


class Command(BaseCommand):
    help = """Say what is wrong with curriculum files, line by line, and show the plan that each makes.
    Exit code 1 while anything is wrong. docs/curricula.md says how to write one.
    Example: manage.py lint_curriculum juggling.toml --days 30 --minutes 45"""

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="+", metavar="FILE", help="a .toml file")
        parser.add_argument("--days", type=int, default=30, metavar="N", help="days of the plan")
        parser.add_argument("--minutes", type=int, default=45, metavar="N", help="minutes a day")
        parser.add_argument("--no-plan", action="store_true", help="leave the plan out")
        add_format(parser)

    def handle(self, *, files, days, minutes, no_plan, format, **options):
        if not 1 <= days <= 365:
            raise CommandError("--days is 1 to 365.")
        if not 10 <= minutes <= 240:
            raise CommandError("--minutes is 10 to 240.")
        rows = [_examined(name, 0 if no_plan else days, minutes) for name in files]
        report(self, rows, [line for row in rows for line in _lines(row)], format)
        if any(row["problems"] for row in rows):
            sys.exit(1)


def _examined(name, days, minutes):
    """Problems, figures and plan of one file, as they are printed as JSON."""
    try:
        found = lint.examine(Path(name))
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}.") from error
    curriculum = found.curriculum
    problems = [{"line": f.line, "problem": f.problem} for f in found.findings]
    row = {"file": name, "problems": problems, "counts": None, "guessers": None, "plan": None}
    if curriculum:
        row["counts"] = _counts(curriculum)
        row["guessers"] = {key: round(value, 3) for key, value in lint.shares(curriculum).items()}
    if curriculum and curriculum.steps and days:
        row["plan"] = _shown(_plan(curriculum, days, minutes))
    return row


def _counts(curriculum):
    parts = ("tasks", "practice", "checks", "terms")
    return {"steps": len(curriculum.steps)} | {
        part: sum(len(getattr(step, part)) for step in curriculum.steps) for part in parts
    }


def _plan(curriculum, days, minutes) -> Plan:
    goal = GoalBrief(curriculum.title, "")
    return planner.plan(PlanRequest(goal, 1, FIRST_DATE, days, minutes), curriculum, fits=True)


def _shown(plan):
    return {
        "summary": plan.summary,
        "days": [
            {
                "day": day.day,
                "title": day.title,
                "minutes": sum(task.duration_minutes for task in day.tasks),
                "tasks": [
                    {"task": t.task, "minutes": t.duration_minutes, "resources": list(t.resources)}
                    for t in day.tasks
                ],
            }
            for day in plan.days
        ],
    }


def _lines(row):
    count = len(row["problems"])
    verdict = counted(count, "problem") if count else "nothing is wrong"
    yield f"{row['file']}: {verdict}."
    for problem in row["problems"]:
        yield "  " + str(lint.Finding(problem["line"], problem["problem"]))
    if row["counts"]:
        yield "  " + ", ".join(f"{number} {part}" for part, number in row["counts"].items()) + "."
        said = (f"{lint.GUESSERS[name]} {share:.0%}" for name, share in row["guessers"].items())
        yield "  Guessing is right in (25% is fair): " + ", ".join(said) + "."
    if row["plan"]:
        yield from _plan_lines(row["plan"])


def _plan_lines(plan):
    yield f"\n  {plan['summary']}\n"
    yield "  day  min  tasks"
    for day in plan["days"]:
        yield f"  {day['day']:>3}  {day['minutes']:>3}  {day['title']}"
        for task in day["tasks"]:
            link = " (link)" if task["resources"] else ""
            yield f"       {task['minutes']:>3}    {task['task']}{link}"
