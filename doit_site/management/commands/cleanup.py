from django.apps import apps
from django.core.management import BaseCommand

from doit_site import clock
from doit_site.commands import add_format, one_line_errors, report
from doit_site.mongo.client import get_db
from doit_site.mongo.indexes import Index


class Command(BaseCommand):
    help = """Delete what has expired: sessions, codes, resets, tests, kept answers. MongoDB's TTL does it
    within a minute anyway; this does it now, and where TTL is switched off.
    Example: manage.py cleanup"""

    def add_arguments(self, parser):
        add_format(parser)

    @one_line_errors
    def handle(self, *, format, **options):
        now = clock.now()
        deleted = {
            model._meta.db_table: get_db()[model._meta.db_table]
            .delete_many({index.keys(model)[0][0]: {"$lte": now}})
            .deleted_count
            for model in apps.get_models()
            for index in model._meta.indexes
            if isinstance(index, Index) and index.expire_after_seconds == 0
        }
        report(self, deleted, [f"{name}: {count}" for name, count in deleted.items()], format)
