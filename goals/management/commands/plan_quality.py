from dataclasses import asdict
from pathlib import Path

from django.core.management import BaseCommand, CommandError
from rich.progress import track

from doit_site.commands import add_format, report
from goals.coach.quality import page, plans, questions
from goals.coach.quality.goals import BUDGETS, GOALS, LENGTHS


class Command(BaseCommand):
    help = """Measure the offline coach: its plans over 30 goals, 4 lengths and 3 daily budgets, and what
    guessers who know nothing score in its tests. docs/plan-quality.md says what the columns mean.
    Example: manage.py plan_quality --write docs/plan-quality.md"""

    def add_arguments(self, parser):
        parser.add_argument(
            "--write", metavar="FILE", help="put the tables between the markers of a page"
        )
        parser.add_argument(
            "--tests", type=int, default=questions.TESTS, metavar="N", help="tests to draw"
        )
        parser.add_argument(
            "--goals", type=int, default=len(GOALS), metavar="N", help="only the first N goals"
        )
        add_format(parser)

    def handle(self, *, write, tests, goals, format, **options):
        if min(tests, goals) < 1:
            raise CommandError("--tests and --goals are 1 or more.")
        before = _page(Path(write)) if write else ""
        quiet = format == "json" or not self.stdout.isatty()
        total = min(goals, len(GOALS)) * len(LENGTHS) * len(BUDGETS)
        made = list(track(plans.every(goals), "Plans", total, disable=quiet))
        asked = questions.measured(questions.drawn(tests))
        if write:
            Path(write).write_text(page.placed(before, page.render(made, asked)), "utf-8")
            self.stdout.write(f"{write} is written.")
            return
        value = {
            "plans": [asdict(one) for one in made],
            "questions": [asdict(row) for row in asked],
            "weak": page.weak(made, asked),
        }
        report(self, value, [page.render(made, asked)], format)


def _page(path):
    """The text of the page to write into, before the long work, so that a wrong path is told at once."""
    try:
        text = path.read_text("utf-8")
        page.placed(text, "")
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.") from error
    except ValueError as error:
        raise CommandError(f"{path}: {error}.") from error
    return text
