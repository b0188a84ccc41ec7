from pathlib import Path

from django.core.management import BaseCommand

from doit_site.commands import add_format, byte_bar, one_line_errors, report, stopped_cleanly
from doit_site.management.commands.backup import summary
from doit_site.mongo.client import get_db
from doit_site.mongo.dump import restoring


class Command(BaseCommand):
    help = """Restore a backup into the database DATABASE_NAME, which has to be empty. Every file is checked
    before anything is written; what fails later is dropped again.
    Example: manage.py restore /var/backups/doit/20260207T030000Z"""

    def add_arguments(self, parser):
        parser.add_argument("directory", type=Path, help="what `backup` made")
        add_format(parser)

    @one_line_errors
    def handle(self, *, directory, format, **options):
        database = get_db()
        quiet = format == "json" or not self.stdout.isatty()
        with stopped_cleanly(), byte_bar("Restore", restoring.size(directory), quiet) as advance:
            manifest = restoring.restore(database, directory, advance=advance)
        facts = {**summary(manifest), "database": database.name, "verified": True}
        line = (
            "{database}: {documents} documents of {collections} collections as of {moment};"
            " dbHash and indexes are those of the backup.".format(**facts)
        )
        report(self, facts, [line], format)
