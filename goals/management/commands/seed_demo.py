import time

from django.core.management import BaseCommand, CommandError
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    track,
)

from doit_site.commands import one_line_errors
from goals import demo, demo_bulk


class Command(BaseCommand):
    help = f"""Add demo data: a few people with goals, roadmaps, messages and verifications at different
    stages, and an admin. With --people N instead so many people for trials at scale, with ten goals each on
    average (one person in 100 has 109, the others 9; one goal in 100 has a roadmap of 30 days and 50 messages,
    the rest 3 days) and in groups of up to 50: --people 100000 makes a million goals. Again adds further people.
    Their phone numbers begin with {demo_bulk.CODE}, which is no country's; create_token signs them in.
    Example: manage.py seed_demo --people 1000"""

    def add_arguments(self, parser):
        parser.add_argument("--people", type=int, metavar="N", help="so many people, in bulk")
        parser.add_argument(
            "--seed", default="doit", help="with --people: another text makes other people"
        )

    @one_line_errors
    def handle(self, *, people, seed, verbosity, **options):
        quiet = not (verbosity and self.stdout.isatty())
        lines = _few(quiet) if people is None else _many(people, seed, quiet)
        if verbosity:
            self.stdout.write("\n".join(lines))


def _few(quiet):
    if demo.is_seeded():
        raise CommandError("The demo people are already there.")
    for _ in track(demo.seed(), "Demo people", len(demo.PEOPLE) + 1, disable=quiet):
        pass
    return [
        f"Admin: phone {demo.ADMIN_PHONE}, password {demo.admin_password()}",
        f"A person: phone {demo.PERSON_PHONE}",
    ]


def _many(people, seed, quiet):
    first = demo_bulk.next_number()
    if not 1 <= people <= demo_bulk.MOST - first:
        raise CommandError(f"--people is 1 to {demo_bulk.MOST - first}.")
    began = time.monotonic()
    try:
        written = _written(people, first, seed, quiet)
    except KeyboardInterrupt:
        raise CommandError("Stopped; the people so far stay, run it again for more.") from None
    seconds = time.monotonic() - began
    return [
        f"{people} people, {written} documents in {seconds:.1f} s ({written / seconds:.0f} a second).",
        f"Phones {demo_bulk.phone(first)} to {demo_bulk.phone(first + people - 1)}.",
    ]


def _written(people, first, seed, quiet) -> int:
    """How many documents they made."""
    written = 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), disable=quiet) as progress:
        task = progress.add_task("Demo people", total=people)
        for count, documents in demo_bulk.add(people, first=first, seed=seed):
            written += documents
            progress.advance(task, count)
    return written
