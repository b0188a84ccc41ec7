from django.core.management import BaseCommand, CommandError
from rich.progress import track

from doit_site.commands import one_line_errors
from goals import demo


class Command(BaseCommand):
    help = """Add demo data: a few people with goals, roadmaps, messages and verifications at different
    stages, and an admin. Example: manage.py seed_demo"""

    @one_line_errors
    def handle(self, *, verbosity, **options):
        if demo.is_seeded():
            raise CommandError("The demo people are already there.")
        quiet = not (verbosity and self.stdout.isatty())
        for _ in track(demo.seed(), "Demo people", len(demo.PEOPLE) + 1, disable=quiet):
            pass
        if verbosity:
            self.stdout.write(
                f"Admin: phone {demo.ADMIN_PHONE}, password {demo.admin_password()}\n"
                f"A person: phone {demo.PERSON_PHONE}"
            )
