#!/usr/bin/env python
import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "doit_site.settings")
    try:
        from django.core.management import execute_from_command_line
        from pymongo.errors import ConnectionFailure
    except ImportError as error:
        raise SystemExit("Django is not installed here: run `make run`, or see README.") from error
    try:
        execute_from_command_line(sys.argv)
    except ConnectionFailure as error:
        reason = str(error).partition(",")[0].partition(" (configured")[0]
        raise SystemExit(
            f"MongoDB does not answer ({reason}). Set MONGODB_URI, or start the embedded "
            "database with `make run`."
        ) from error


if __name__ == "__main__":
    main()
