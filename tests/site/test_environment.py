"""Start-up with what the environment gives: all of it, or one clear line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from doit_site.environment import Missing, needed, rates

MAIN = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "DEBUG": "false",
    "SECRET_KEY": "a-key-of-the-tests-" + "x" * 40,
    "ALLOWED_HOSTS": "doit.example",
    "PUBLIC_URL": "https://doit.example/",
    "MONGODB_URI": "mongodb://db.example/?replicaSet=rs0&maxPoolSize=7",
    "SMS_BACKEND": "twilio",
    "TWILIO_ACCOUNT_SID": "AC0",
    "TWILIO_AUTH_TOKEN": "0",
    "TWILIO_FROM": "15550000000",
    "EMAIL_URL": "smtp://mail.example",
    "DATA_DIR": "/nonexistent",
}


def start(show="None", without=(), **changes):
    """A process that only loads the settings and prints `show`: (exit code, stdout, stderr)."""
    environment = {**PRODUCTION, **changes, "PATH": os.environ["PATH"]}
    for name in without:
        environment[name] = ""  # set, so that no .env of this machine says otherwise
    done = subprocess.run(
        [sys.executable, "-c", f"from doit_site import settings as s; print({show})"],
        cwd=MAIN,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout.strip(), done.stderr.strip()


@pytest.mark.parametrize(
    "name",
    [
        "SECRET_KEY",
        "ALLOWED_HOSTS",
        "PUBLIC_URL",
        "MONGODB_URI",
        "SMS_BACKEND",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_FROM",
    ],
)
def test_production_does_not_start_without(name):
    code, _, error = start(without=[name])
    assert code == 1
    assert len(error.splitlines()) == 1
    assert error.startswith("DoIt cannot start: ")
    assert name in error


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"SMS_BACKEND": "pigeon"}, "SMS_BACKEND"),
        ({"SMS_BACKEND": "file"}, "SMS_FILE"),
        ({"COACH": "oracle"}, "COACH"),
        ({"COACH": "llm"}, "COACH_MODEL"),
        ({"COACH": "llm", "COACH_MODEL": "openai:gpt"}, "COACH_API_KEY"),
        ({"COACH": "llm", "COACH_MODEL": "gpt", "COACH_API_KEY": "pass"}, "COACH_MODEL"),
        ({"COACH_BASE_URL": "me:pass@host"}, "COACH_BASE_URL"),
        ({"COACH_AT_ONCE": "0"}, "COACH_AT_ONCE"),
        ({"THROTTLE_RATES": "user=fast"}, "THROTTLE_RATES"),
        ({"QUESTIONS_PER_TEST": "21"}, "QUESTIONS_PER_TEST"),
        ({"QUESTIONS_PER_TEST": "five"}, "QUESTIONS_PER_TEST"),
        ({"PORT": "http"}, "PORT"),
        ({"TRUSTED_PROXIES": "one"}, "TRUSTED_PROXIES"),
        ({"CACHE_URL": "carrier://pigeon"}, "CACHE_URL"),
        ({"EMAIL_URL": "carrier://pigeon"}, "EMAIL_URL"),
        ({"EMAIL_URL": "smtp://me:pass#word@mail.example"}, "EMAIL_URL"),
        ({"THROTTLE_RATES": "usr=5/day"}, "'usr'"),
    ],
)
def test_a_value_that_cannot_be_ends_start_up_in_one_line(changes, named):
    code, _, error = start(**changes)
    assert code == 1
    assert len(error.splitlines()) == 1, error
    assert named in error
    assert "pass" not in error


def test_the_llm_coach_needs_a_key_only_where_one_is_asked_for():
    own = {"COACH_MODEL": "openai:llama", "COACH_BASE_URL": "http://127.0.0.1:11434/v1/"}
    assert start("s.COACH_BASE_URL", COACH="llm", **own)[:2] == (0, "http://127.0.0.1:11434/v1")
    assert start("s.COACH_MODEL", COACH="llm", DEBUG="true")[:2] == (0, "")


def test_a_value_that_is_no_yes_is_a_no():
    assert start("s.DEBUG", DEBUG="perhaps")[1] == "False"


def test_production_is_strict():
    shown = "s.DEBUG, s.SECURE_SSL_REDIRECT, s.SESSION_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0"
    assert start(shown) == (0, "False True True True", "")


def test_what_production_needs_is_optional_in_development():
    names = [name for name in PRODUCTION if name not in ("DEBUG", "DATA_DIR")]
    code, shown, error = start("s.SMS_BACKEND, s.SECURE_SSL_REDIRECT", names, DEBUG="true")
    assert (code, shown, error) == (0, "console False", "")


def test_the_name_of_the_database_wins_over_the_path_of_the_uri():
    uri = "mongodb://db.example/other?replicaSet=rs0"
    assert start("s.DATABASES['default']['NAME']", MONGODB_URI=uri)[1] == "doit_db"
    named = start("s.DATABASES['default']['NAME']", MONGODB_URI=uri, DATABASE_NAME="mine")
    assert named[1] == "mine"


def test_links_in_e_mails_begin_without_a_double_slash():
    assert start("s.PUBLIC_URL")[1] == "https://doit.example"


def test_needed_takes_blanks_for_nothing(monkeypatch):
    monkeypatch.setenv("X_Y", "  ")
    assert needed("X_Y", when=False, development="d") == "d"
    with pytest.raises(Missing, match=r"X_Y is not set, so\. See \.env\.example"):
        needed("X_Y", when=True, why="so")
    monkeypatch.setenv("X_Y", " v ")
    assert needed("X_Y", when=True) == "v"


def test_rates_are_read_with_their_blanks():
    known = ["user", "otp_ip"]
    assert rates("", known) == {}
    read = rates(" user = 5/day ,otp_ip=20/hour,", known)
    assert read == {"user": "5/day", "otp_ip": "20/hour"}


@pytest.mark.parametrize(
    "text",
    [
        "user",
        "user=",
        "user=5",
        "user=/day",
        "user=x/day",
        "user=5/week",
        "user=-1/day",
        "user=²/s",
        "other=5/day",
    ],
)
def test_a_rate_that_is_none_is_named(text):
    with pytest.raises(Missing, match="THROTTLE_RATES"):
        rates(text, ["user"])
