"""What the manage.py commands share: failures in one line, reports as text or JSON."""

import json
from functools import wraps

from django.core.management import CommandError
from django.db import DatabaseError
from pymongo.errors import PyMongoError

from doit_site.api.problems import Problem, storage_is_gone
from doit_site.mongo.client import DatabaseUnavailable, connect_db


def one_line_errors(handle):
    """For `handle`: check the database first, and end with one clear line on failure."""

    @wraps(handle)
    def run(command, *args, **options):
        try:
            connect_db()
            return handle(command, *args, **options)
        except (DatabaseUnavailable, Problem) as error:
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
