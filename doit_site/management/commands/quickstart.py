import contextlib
import os
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser, call_command
from django.db import connection

from doit_site.mongo.client import DatabaseUnavailable, close_db, connect_db, get_db
from doit_site.mongo.local_server import LocalServer, LocalServerError
from doit_site.processes import Stopped, StopSignals, port_is_free
from doit_site.serving import serve
from goals.demo import demo_facts


class Command(BaseCommand):
    help = """Start everything on this machine: the embedded database (unless MONGODB_URI is set),
    its migrations, demo data where it is empty, and the server. Ctrl-C stops all of it.
    Example: manage.py quickstart --port 8080"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.PORT, help="default: PORT")
        parser.add_argument("--address", default="127.0.0.1", help="default: 127.0.0.1")

    def handle(self, *, address: str, port: int, **options: Any) -> None:
        check_port(address, port)
        signals = StopSignals()
        try:
            with self.database():
                signals.check()
                self.fill()
                text = guide(f"http://{address}:{port}")
                self.say("Server: starting")
                signals.check()
                serve(address, port, lambda: self.say(text))
        except Stopped:
            pass
        except (LocalServerError, DatabaseUnavailable) as error:
            raise CommandError(str(error)) from error
        self.say("\nStopped.")

    @contextlib.contextmanager
    def database(self) -> Iterator[None]:
        """The database named by MONGODB_URI, else the embedded one for as long as this runs."""
        if settings.MONGODB_URI:
            connect_db()
            yield
            return
        self.say(f"Database: starting in {settings.DATA_DIR}")
        with LocalServer(settings.DATA_DIR) as server:
            os.environ["MONGODB_URI"] = server.uri  # for programs that are started from here
            close_db()  # a system check may have used the address there was before
            connection.settings_dict["HOST"] = server.uri
            try:
                connect_db()
                yield
            finally:
                close_db()  # first: the driver's threads complain of a server that goes

    def fill(self) -> None:
        self.say("Database: migrating")
        call_command("migrate", verbosity=0, interactive=False)
        if settings.DEBUG and get_db().users.find_one({}, {"_id": 1}) is None:
            self.say("Database: empty, adding demo data")
            call_command("seed_demo", verbosity=0)

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def check_port(address: str, port: int) -> None:
    try:
        free = port_is_free(address, port)
    except (OSError, OverflowError) as error:
        raise CommandError(f"Cannot listen at {address}:{port}: {error}.") from error
    if not free:
        raise CommandError(
            f"Port {port} is in use: stop what listens there, or choose another with PORT in .env."
        )


def guide(url: str) -> str:
    lines = [
        "",
        f"DoIt runs at {url}",
        "",
        f"  API documentation  {url}/api/docs/",
        f"  Admin              {url}/admin/",
        "",
        *demo_lines(f"{url}/api/v1"),
        "Ctrl-C stops everything.",
    ]
    return "\n".join(lines)


def demo_lines(api: str) -> list[str]:
    facts = demo_facts()
    if facts is None:  # the data are not ours
        return []
    post = "curl -H 'Content-Type: application/json' -d"
    phone = f'"phone_number": "{facts.person_phone}"'
    return [
        f"Admin sign-in: phone {facts.admin_phone}, password {facts.admin_password}",
        "",
        "Sign in as a person: ask for a code, which is printed here, and hand it in.",
        f"  {post} '{{{phone}}}' {api}/auth/otp/",
        f'  {post} \'{{{phone}, "code": "CODE"}}\' {api}/auth/otp/verify/',
        "",
        "Or use a token that works already:",
        f"  curl -H 'Authorization: Bearer {facts.token}' {api}/goals/",
        "",
    ]
