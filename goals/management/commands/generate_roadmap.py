from django.core.management import BaseCommand, CommandError

from accounts.models import User
from doit_site.commands import add_format, one_line_errors, report
from goals import consulting, roadmap
from goals.models import Goal

PATIENCE = 900  # seconds for the llm coach: no client waits, and a year has 54 calls


class Command(BaseCommand):
    help = """Make the roadmap of a goal, or make it anew from today on, as its owner would.
    Example: manage.py generate_roadmap 660e8400-e29b-41d4-a716-446655440001 --minutes 45"""

    def add_arguments(self, parser):
        parser.add_argument("goal", help="the goal's id")
        parser.add_argument("--minutes", type=int, metavar="N", help="minutes a day, 10 to 240")
        add_format(parser)

    @one_line_errors
    def handle(self, *, goal, minutes, format, **options):
        if minutes is not None and not 10 <= minutes <= 240:
            raise CommandError("--minutes is 10 to 240.")
        document = Goal.objects.collection.find_one({"id": goal}, {"user_id": 1})
        owner = document and User.objects.collection.find_one({"id": document["user_id"]})
        if not owner:
            raise CommandError(f"There is no goal {goal} with an owner.")
        user = User.from_document(owner)
        with consulting.patience(PATIENCE):
            made = roadmap.make(user=user, goal_id=goal, minutes_per_day=minutes)
        lines = [
            made["summary"],
            *(f"{d['day']:>4}  {d['date']}  {d['title']}" for d in made["days"]),
        ]
        report(self, made, lines, format)
