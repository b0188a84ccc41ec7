from django.core.management import BaseCommand, CommandError

from accounts import sessions
from accounts.lookup import by_phone
from doit_site.commands import one_line_errors


class Command(BaseCommand):
    help = """Print a new bearer token of a person, for scripts and support.
    Example: manage.py create_token +15550100001"""

    def add_arguments(self, parser):
        parser.add_argument("phone", help="international number")

    @one_line_errors
    def handle(self, *, phone, **options):
        user = by_phone(phone)
        if not user.is_active:
            raise CommandError("The account is suspended.")
        token, _ = sessions.open_session(user_id=user.pk, device="manage.py create_token")
        self.stdout.write(token)
