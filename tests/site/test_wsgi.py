"""What a server's process loads."""

import os
import subprocess
import sys
from pathlib import Path

MAIN = Path(__file__).resolve().parents[2]
AWAY = "mongodb://127.0.0.1:9/?replicaSet=none&serverSelectionTimeoutMS=50"
LOADED = "print(*sorted({'requests', 'rich'} & set(sys.modules)))"


def output_of(code):
    """What Python prints for the code, in a process of its own."""
    environment = {"PATH": os.environ["PATH"], "DEBUG": "true", "SECRET_KEY": "k" * 50}
    environment |= {"DJANGO_SETTINGS_MODULE": "doit_site.settings", "MONGODB_URI": AWAY}
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}"],
        cwd=MAIN,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.splitlines()


def test_a_server_does_not_load_what_only_tests_and_terminals_need():
    later = "import requests, rich; print('can be loaded later')"
    assert output_of(f"import doit_site.wsgi\n{LOADED}\n{later}") == ["", "can be loaded later"]


def test_without_keeping_it_out_it_is_loaded():
    """The broken twin."""
    assert output_of(f"import django; django.setup()\nimport goals.urls\n{LOADED}") == [
        "requests rich"
    ]
