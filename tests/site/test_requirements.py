"""requirements.txt is all that production installs: what runs there imports nothing else.

This environment has more, for tests. So each import runs in a process that hides whatever neither
requirements.txt names nor needs.
"""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

MAIN = Path(__file__).resolve().parents[2]
COMMANDS = sorted(
    ".".join(path.with_suffix("").parts[-4:])
    for path in MAIN.glob("*/management/commands/[a-z]*.py")
)
HIDING = """
import sys
class Hiding:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {hidden!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}} in production", name=name)
sys.meta_path.insert(0, Hiding())
import os
import django
django.setup()
import {modules}
os._exit(0)
"""


def installed_by(lines):
    """The names of the distributions that the requirements bring along."""
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    found = set()
    while wanted:
        requirement = wanted.pop()
        key = (canonicalize_name(requirement.name), *sorted(requirement.extras))
        if key in found:
            continue
        found.add(key)
        for line in metadata.requires(requirement.name) or ():
            needed = Requirement(line)
            extras = requirement.extras or {""}
            if not needed.marker or any(needed.marker.evaluate({"extra": e}) for e in extras):
                wanted.append(needed)
    return {name for name, *_ in found}


def hidden_by(lines):
    """The modules of every other distribution that is installed here."""
    brought = installed_by(lines)
    return {
        module
        for module, names in metadata.packages_distributions().items()
        if not {canonicalize_name(name) for name in names} & brought
    }


def outcome(modules, hidden):
    """The last line of what Python says where it cannot import them; nothing where it can."""
    environment = {"PATH": os.environ["PATH"], "DEBUG": "true", "SECRET_KEY": "k" * 50}
    environment |= {"DJANGO_SETTINGS_MODULE": "doit_site.settings", "COACH_MODEL": "openai:m"}
    environment |= {"CELERY_BROKER_URL": "redis://127.0.0.1:9/0"}
    environment |= {"MONGODB_URI": "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=50"}
    done = subprocess.run(
        [sys.executable, "-c", HIDING.format(hidden=hidden, modules=modules)],
        cwd=MAIN,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


@pytest.fixture(scope="module")
def requirements():
    return (MAIN / "requirements.txt").read_text().splitlines()


@pytest.mark.parametrize(
    "modules",
    [
        "doit_site.wsgi, goals.coach.llm",
        "doit_site.asgi, uvicorn, granian",
        "celery.bin.worker, kombu.transport.redis, goals.tasks",
        ", ".join(COMMANDS),
    ],
    ids=["web", "streams", "worker", "commands"],
)
def test_what_runs_in_production_needs_no_more_than_it_installs(modules, requirements):
    assert outcome(modules, hidden_by(requirements)) == ""


def test_a_requirement_that_is_missing_is_found(requirements):
    """The broken twin: kombu takes `packaging` for granted."""
    less = [line for line in requirements if not line.startswith("packaging=")]
    assert "'packaging" in outcome("kombu.transport.redis", hidden_by(less))
