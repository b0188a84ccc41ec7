"""What the manage.py commands share: failures in one line, reports as text or JSON."""

import json
import signal
import threading
from contextlib import contextmanager
from functools import wraps

from django.core.management import CommandError
from django.db import DatabaseError
from pymongo.errors import PyMongoError
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from doit_site.api.problems import Problem, storage_is_gone
from doit_site.mongo.client import DatabaseUnavailable, connect_db
from doit_site.mongo.dump.layout import DumpError
from doit_site.processes import STOP_SIGNALS, Stopped


def one_line_errors(handle):
    """For `handle`: check the database first, and end with one clear line on failure."""

    @wraps(handle)
    def run(command, *args, **options):
        try:
            connect_db()
            return handle(command, *args, **options)
        except (DatabaseUnavailable, Problem, DumpError) as error:
            raise CommandError(str(error)) from error
        except (PyMongoError, DatabaseError) as error:
            if not storage_is_gone(error):
                raise
            raise CommandError("MongoDB stopped answering; nothing was half-written.") from error

    return run


def add_format(parser):
    """The `--format` option of a command that reports."""
    parser.add_argument("--format", choices=["text", "json"], default="text")


def report(command, value, lines, output_format):
    """Write `value` as JSON, or `lines` for people."""
    if output_format == "json":
        command.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str))
    else:
        command.stdout.write("\n".join(lines))


@contextmanager
def stopped_cleanly():
    """Within the block the stop signals end the command through its `finally` parts, in one line."""

    def stop(number, frame):
        raise Stopped

    in_main = threading.current_thread() is threading.main_thread()
    before = {number: signal.signal(number, stop) for number in STOP_SIGNALS if in_main}
    try:
        yield
    except Stopped as stopped:
        raise CommandError("Stopped; nothing was left behind.") from stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def byte_bar(text, total, quiet):
    """A progress bar of bytes; yields advance(count)."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TimeRemainingColumn(), disable=quiet) as progress:
        task = progress.add_task(text, total=total)
        yield lambda count: progress.advance(task, count)
