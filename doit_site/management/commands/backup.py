from pathlib import Path

from django.core.management import BaseCommand, CommandError

from doit_site import clock
from doit_site.commands import add_format, byte_bar, one_line_errors, report, stopped_cleanly
from doit_site.mongo.client import get_db
from doit_site.mongo.dump import retention, writing


class Command(BaseCommand):
    help = """Back up the database as it is at one moment, however much is written meanwhile: raw BSON
    in mongodump's layout and a manifest with hashes. It appears whole or not at all.
    Example: manage.py backup --keep 7 /var/backups/doit"""

    def add_arguments(self, parser):
        parser.add_argument("directory", type=Path, help="new or empty; with --keep, of backups")
        parser.add_argument(
            "--keep",
            type=int,
            metavar="N",
            help="make the backup in a folder of DIRECTORY named by the time, and keep the newest N",
        )
        parser.add_argument("--no-gzip", action="store_true", help="larger files, faster")
        add_format(parser)

    @one_line_errors
    def handle(self, *, directory, keep, no_gzip, format, **options):
        if keep is not None and keep < 1:
            raise CommandError("--keep is at least 1.")
        folder = directory if keep is None else directory / retention.stamp(clock.now())
        database = get_db()
        quiet = format == "json" or not self.stdout.isatty()
        with stopped_cleanly(), byte_bar("Backup", writing.size(database), quiet) as advance:
            manifest = writing.write(database, folder, zipped=not no_gzip, advance=advance)
        removed = retention.keep_newest(directory, keep) if keep else []
        facts = {"directory": str(folder), **summary(manifest), "removed": removed}
        lines = [
            "{directory}: {documents} documents of {collections} collections of {database},"
            " as of {moment}.".format(**facts),
            *(f"Removed {name}." for name in removed),
        ]
        report(self, facts, lines, format)


def summary(manifest):
    """The figures of a backup that both commands report."""
    rows = manifest["collections"].values()
    return {
        "database": manifest["database"],
        "moment": manifest["moment"],
        "collections": len(rows),
        "documents": sum(row["documents"] for row in rows),
        "bytes": sum(row["bytes"] for row in rows),
        "dbHash": manifest["dbHash"],
    }
