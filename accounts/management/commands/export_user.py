import json

from django.core.management import BaseCommand

from accounts import personal_data
from accounts.lookup import by_phone
from doit_site.commands import one_line_errors


class Command(BaseCommand):
    help = """Print all data of a person as one JSON document, as GET me/export/ does.
    Example: manage.py export_user +15550100001 > ada.json"""

    def add_arguments(self, parser):
        parser.add_argument("phone", help="international number")

    @one_line_errors
    def handle(self, *, phone, **options):
        data = personal_data.export(by_phone(phone).pk)
        self.stdout.write(json.dumps(data, indent=2, ensure_ascii=False))
