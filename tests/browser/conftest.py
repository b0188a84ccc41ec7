"""The admin in a real browser: Debian's Chromium against the server that people run."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.hashers import make_password
from playwright.sync_api import sync_playwright

from doit_site import clock
from doit_site.mongo.fields import new_id
from goals import demo
from tests.faults.conftest import ROOT, environment, running

CHROMIUM = shutil.which("chromium")
PASSWORD = "a long pass phrase"
SCREENSHOTS = ROOT / "screenshots"
WIDTHS = {"wide": (1280, 900), "narrow": (390, 844)}


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(
                pytest.mark.skipif(
                    CHROMIUM is None, reason="Chromium is missing: make test-packages installs it"
                )
            )


@dataclass
class Site:
    """The running site with demo data; `phones` of its staff by role, all with PASSWORD."""

    url: str
    phones: dict[str, str]
    place: object


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    with running(tmp_path_factory.mktemp("browser") / "data", DEBUG="true") as place:
        command = [sys.executable, "manage.py", "seed_demo", "-v0"]
        subprocess.run(command, cwd=ROOT, env=environment(place.mongod.uri), check=True)
        yield Site(place.url, _staff(place), place)


def _staff(place):
    phones = {"superuser": demo.ADMIN_PHONE}
    with place.database() as database:
        hashed = make_password(PASSWORD, hasher="pbkdf2_sha256")
        database.users.update_one(
            {"phone_number": demo.ADMIN_PHONE}, {"$set": {"password": hashed}}
        )
        for number, role in enumerate(("support", "moderator", "analyst", "admin")):
            phones[role] = f"1555050{number:04}"
            user = {
                "id": new_id(),
                "phone_number": phones[role],
                "name": role.capitalize(),
                "created_at": clock.now(),
                "is_staff": True,
                "is_superuser": False,
                "status": "active",
                "password": hashed,
            }
            database.users.insert_one(user)
            group = database.auth_group.find_one({"name": role})
            database.users_groups.insert_one({"user_id": user["id"], "group_id": group["_id"]})
    return phones


@pytest.fixture
def chromium():
    """A browser a test: Playwright runs an event loop in this thread as long as it is open, in which
    Django's ORM refuses to work for the tests that come next."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield browser
        browser.close()


class Tab:
    """A page of a fresh browser, with what a person does there; its errors fail the test."""

    def __init__(self, page, site):
        self.page, self.site, self.errors = page, site, []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("requestfailed", lambda request: self._failed(request))

    def _console(self, message):
        if message.type == "error" and "403" not in message.text:
            self.errors.append(message.text)

    def _failed(self, request):
        if request.failure != "net::ERR_ABORTED":  # a navigation or a download took over
            self.errors.append(f"{request.url}: {request.failure}")

    def open(self, path):
        return self.page.goto(self.site.url + path)

    def sign_in(self, role="superuser"):
        self.open("/admin/")
        self.page.fill("#id_username", self.site.phones[role])
        self.page.fill("#id_password", PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(self.site.url + "/admin/")
        return self

    def text(self):
        return self.page.inner_text("body")

    def shoot(self, name):
        """With SCREENSHOTS=1: to be looked at, not compared."""
        if not os.environ.get("SCREENSHOTS"):
            return
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    def serious(self):
        """What axe finds that keeps somebody from using the page."""
        found = Axe().run(self.page).response["violations"]
        return [
            (row["id"], row["help"], [node["html"][:120] for node in row["nodes"]][:3])
            for row in found
            if row["impact"] in ("serious", "critical")
        ]

    def overflows(self):
        """What makes the page wider than the window."""
        return self.page.evaluate(
            """() => {
                const room = document.documentElement.clientWidth + 1;
                if (document.documentElement.scrollWidth <= room) return [];
                const wide = [...document.querySelectorAll("body *")].filter(
                    one => one.getBoundingClientRect().right > room);
                return wide.slice(0, 5).map(one => one.outerHTML.slice(0, 150));
            }"""
        )


@pytest.fixture
def tab(chromium, site):
    """tab(width="wide") -> a Tab."""
    contexts, tabs = [], []

    def make(width="wide"):
        across, down = WIDTHS[width]
        context = chromium.new_context(viewport={"width": across, "height": down})
        contexts.append(context)
        tabs.append(Tab(context.new_page(), site))
        return tabs[-1]

    yield make
    for context in contexts:
        context.close()
    for one in tabs:
        assert one.errors == []
