import sys

from django.core.management import BaseCommand
from rich.console import Console

from doit_site.commands import add_format, one_line_errors, report
from doit_site.mongo import checkup


class Command(BaseCommand):
    help = """Find missing indexes and validators, orphaned references, wrong types and wrong statistics.
    Exit code 1 while anything is left wrong. Example: manage.py check_database --fix"""

    def add_arguments(self, parser):
        parser.add_argument("--fix", action="store_true", help="put right what loses no data")
        add_format(parser)

    @one_line_errors
    def handle(self, *, fix, format, **options):
        with Console(stderr=True, quiet=not self.stderr.isatty()).status("Checking ..."):
            findings = list(checkup.run(fix))
        rows = [
            {
                "collection": finding.collection,
                "id": finding.id,
                "problem": finding.problem,
                "fixed": finding.fixed,
            }
            for finding in findings
        ]
        lines = [_line(row) for row in rows] or ["Nothing is wrong."]
        report(self, rows, lines, format)
        if any(not finding.fixed for finding in findings):
            sys.exit(1)


def _line(row):
    mark = "fixed" if row["fixed"] else "WRONG"
    return " ".join(filter(None, (mark, row["collection"], row["id"], row["problem"])))
