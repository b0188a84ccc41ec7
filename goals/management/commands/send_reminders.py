import signal
import threading
from collections import Counter

from django.core.management import BaseCommand, CommandError
from rich.progress import track

from doit_site import clock
from doit_site.commands import add_format, one_line_errors, report
from doit_site.processes import STOP_SIGNALS
from goals.reminders import sending
from goals.reminders.sending import Outcome


class Command(BaseCommand):
    help = """Send the reminders and weekly summaries that are due now. To be run every few minutes, by a timer
    or with --every; several at once send no message twice. Example: manage.py send_reminders --every 5"""

    def add_arguments(self, parser):
        add_format(parser)
        parser.add_argument("--dry-run", action="store_true", help="say what would be sent")
        parser.add_argument(
            "--every", type=_minutes, metavar="MINUTES", help="go on until stopped, so often"
        )

    def handle(self, *, every, **options):
        stopped = threading.Event()
        if every is None:
            self._once(stopped=stopped, **options)
            return
        for number in STOP_SIGNALS:
            signal.signal(number, lambda *_: stopped.set())
        while not stopped.is_set():
            try:
                self._once(stopped=stopped, **options)
            except CommandError as error:
                self.stderr.write(str(error))  # the next round tries again
            self.stdout.flush()  # into a pipe it would wait for more lines
            stopped.wait(every * 60)

    @one_line_errors
    def _once(self, *, format, dry_run, stopped, **options):
        quiet = format == "json" or not self.stdout.isatty()
        turns = _until(stopped, sending.send_due(dry_run=dry_run))
        total = None if quiet else sending.count_due()
        counts = Counter(track(turns, "Reminders", total, disable=quiet))
        rows = {str(outcome): counts[outcome] for outcome in Outcome}
        told = ", ".join(
            f"{count} {name.replace('_', ' ')}" for name, count in rows.items() if count
        )
        line = f"{clock.now():%Y-%m-%d %H:%M} UTC: {told or 'nobody is to be reminded now'}."
        report(self, rows, [f"Would be: {line}" if dry_run else line], format)
        failed = rows["delayed"] + rows["lost"]
        if failed:
            raise CommandError(
                f"{failed} could not be sent, {rows['delayed']} of them are tried again; the log has why."
            )


def _until(stopped, turns):
    for turn in turns:
        yield turn
        if stopped.is_set():
            return


def _minutes(text):
    number = float(text)
    if not 0 < number <= 60:
        raise ValueError(text)
    return number
