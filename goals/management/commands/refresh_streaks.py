from django.core.management import BaseCommand
from rich.progress import track

from doit_site.commands import add_format, one_line_errors, report
from goals import upkeep
from goals.models import Goal


class Command(BaseCommand):
    help = """Store every goal's streak as of now, for readers of the database; the API and the admin
    compute it anyway. Once a day is enough. Example: manage.py refresh_streaks"""

    def add_arguments(self, parser):
        add_format(parser)

    @one_line_errors
    def handle(self, *, format, **options):
        total = Goal.objects.collection.estimated_document_count()
        quiet = format == "json" or not self.stdout.isatty()
        changed = list(track(upkeep.refresh_streaks(), "Goals", total, disable=quiet))
        counts = {"goals": len(changed), "changed": sum(changed)}
        report(self, counts, ["{goals} goals, {changed} changed.".format(**counts)], format)
