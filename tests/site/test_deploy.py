"""What ships the product says the same as the product: Dockerfile, compose.yaml, systemd units.

No image is built here and no compose is run; docs/operations.md says so.
"""

import importlib.util
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

from doit_site.mongo.provision import ROLES, USERS

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "docs" / "systemd").iterdir())
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
ONE_SHOT = {"keyfile", "provision", "migrate"}
INSTALL = "apt-get install --yes --no-install-recommends systemd"
needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason=f"systemd-analyze is not installed: {INSTALL}"
)


def instructions(name):
    return re.findall(rf"^(?:HEALTHCHECK .*)?{name} +(.*)$", DOCKERFILE, re.M)


def test_the_image_runs_as_nobody_in_particular():
    user, group = instructions("USER")[-1].split(":")
    assert int(user) == int(group) >= 10000
    assert DOCKERFILE.index("\nUSER") < DOCKERFILE.index("\nCMD")


def test_the_image_needs_no_shell():
    for name in ("RUN", "CMD", "ENTRYPOINT"):
        for line in instructions(name):
            assert isinstance(json.loads(line), list), line


def test_the_image_has_what_runs_and_no_more():
    copied = {name for line in instructions("COPY") for name in line.split()[:-1]}
    packages = set(
        re.search(r"root_packages = (\[.*\])", read("pyproject.toml")).group(1).split('"')[1::2]
    )
    assert packages <= copied
    assert not {"tests", "requirements-dev.txt", "docs", "."} & copied
    own = {name for name in copied if not name.startswith(("/", "--"))}
    assert all((ROOT / name).exists() for name in own)
    let_in = set(re.findall(r"^!(.*)$", read(".dockerignore"), re.M))
    assert let_in == own
    assert ".env" not in let_in


def test_no_image_moves_by_itself():
    images = [line.split()[0] for line in instructions("FROM")]
    images += [service["image"] for service in SERVICES.values()]
    for image in images:
        _, separator, tag = image.partition(":")
        assert separator, image
        assert tag == "local" or re.match(r"\d+\.\d+", tag), image


def test_every_variable_is_documented():
    known = set(re.findall(r"^(?:# )?([A-Z_]+)=", read(".env.example"), re.M))
    wanted = set(re.findall(r"\$\{([A-Z_]+)", read("compose.yaml")))
    given = {name for service in SERVICES.values() for name in service.get("environment", {})}
    # The plan of the members is compose's own.
    assert wanted | given - {"MONGO_MEMBERS"} <= known


def test_only_the_proxy_is_reached_from_outside():
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["proxy"]
    assert COMPOSE["networks"]["database"] == {"internal": True}
    assert SERVICES["proxy"]["networks"] == ["front"]
    for name in ("mongo1", "mongo2", "mongo3", "migrate", "backup"):
        assert SERVICES[name]["networks"] == ["database"]


def test_production_settings_behind_one_proxy():
    for name in ("web", "streams", "worker", "reminders", "migrate", "backup"):
        given = SERVICES[name]["environment"]
        assert (given["DEBUG"], given["TRUSTED_PROXIES"]) == ("false", "1")
        assert "w=1" not in given["MONGODB_URI"]


def test_each_process_has_the_database_user_that_suffices():
    users = dict.fromkeys(("web", "streams", "worker", "reminders"), "doit_web")
    users |= {"migrate": "doit_migrate", "backup": "doit_backup"}
    for name, user in users.items():
        assert SERVICES[name]["environment"]["MONGODB_URI"].startswith(f"mongodb://{user}:")
    assert set(users.values()) == set(USERS)
    keepers = [name for name, service in SERVICES.items() if "ROOT_PASSWORD" in str(service)]
    assert keepers == ["provision"]


def test_every_service_is_contained_and_comes_back():
    for name, service in SERVICES.items():
        assert service["restart"] == ("no" if name in ONE_SHOT else "unless-stopped")
        if name != "keyfile":
            assert service["security_opt"] == ["no-new-privileges:true"]
        if service["image"] == "doit:local":
            assert service["read_only"]
            assert service["cap_drop"] == ["ALL"]


def test_every_process_that_serves_is_asked_how_it_is():
    assert instructions("CMD")[0] == '["python", "-m", "doit_site.probe"]'
    for name in ("mongo1", "mongo2", "mongo3", "redis", "proxy"):
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    for name in ("web", "streams"):
        assert "healthcheck" not in SERVICES[name]  # the image's


def command_lines():
    yield "Dockerfile", json.loads(instructions("CMD")[-1])
    for name, service in SERVICES.items():
        if service["image"] == "doit:local" and "command" in service:
            yield name, service["command"]
    for unit in UNITS:
        for line in re.findall(r"^ExecStart=(.*)$", unit.read_text().replace("\\\n", " "), re.M):
            program, *arguments = shlex.split(line)
            yield unit.name, [Path(program).name, *arguments]


LINES = dict(command_lines())


@pytest.mark.parametrize("where", LINES)
def test_what_is_run_exists(where):
    program, *arguments = LINES[where]
    if program in ("granian", "uvicorn"):
        module, _, name = arguments[-1].partition(":")
        assert name == "application"
        assert re.search(rf"^{program}==", read("requirements.txt"), re.M)
        assert importlib.util.find_spec(module)
    elif program == "celery":
        assert re.search(r"^celery==", read("requirements.txt"), re.M)
        assert arguments[0] == "--app=doit_site"
        assert importlib.util.find_spec("doit_site.celery")
    elif arguments[0] == "-m":
        assert importlib.util.find_spec(arguments[1])
        if arguments[1] == "doit_site.daily":
            assert arguments[3] in get_commands()
    else:
        assert arguments[0] == "manage.py"
        assert arguments[1] in get_commands()


def test_both_ways_serve_alike():
    for where in ("Dockerfile", "doit-web.service"):
        assert "--runtime-mode st --blocking-threads 6" in " ".join(LINES[where])
    options, unit = (
        {option for option in LINES[where] if "host" not in option and "port=" not in option}
        for where in ("streams", "doit-streams.service")
    )
    assert options == unit


def test_backups_are_daily_and_seven_are_kept():
    for where in ("backup", "doit-backup.service"):
        assert "backup --keep 7 /" in " ".join(LINES[where])
    assert "OnCalendar=*-*-* " in read("docs/systemd/doit-backup.timer")


def test_the_worker_is_there_for_who_asks_for_it():
    for name in ("worker", "redis"):
        assert SERVICES[name]["profiles"] == ["worker"]
    assert SERVICES["worker"]["image"] == "doit:local"
    assert LINES["worker"] == LINES["doit-worker.service"]


def test_the_proxy_parts_streams_from_the_rest():
    text = read("docs/compose/Caddyfile")
    assert "@streams path */stream/" in text
    assert "streams:8000" in text
    assert "web:8000" in text


def test_the_runbook_names_every_role():
    roles = {command["createRole"] for command in json.loads(ROLES.read_text())}
    assert roles == set(USERS)
    named = set(re.findall(r"^\| `(doit_\w+)` \|", read("docs/operations.md"), re.M))
    assert roles <= named  # beside them, the names of metrics


@needs_systemd
def test_the_units_are_valid(tmp_path):
    units = [moved(unit, tmp_path) for unit in UNITS]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True
    )
    complaints = [line for line in done.stderr.splitlines() if "doit-" in line]
    assert (done.returncode, complaints) == (0, []), done.stderr


@needs_systemd
def test_a_unit_with_a_mistake_is_found(tmp_path):
    """The twin of the test above."""
    unit = moved(UNITS[0], tmp_path)
    unit.write_text(unit.read_text().replace("[Service]", "[Service]\nProtectSystm=strict"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True
    )
    assert "ProtectSystm" in done.stderr


@needs_systemd
@pytest.mark.parametrize("unit", [u for u in UNITS if u.suffix == ".service"], ids=lambda u: u.name)
def test_a_unit_exposes_little(unit):
    """systemd's own measure, 0 (nothing) to 10; a plain unit has 9.6."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=25", unit],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def moved(unit, folder):
    """The unit with its programs in `folder`, where systemd-analyze looks for them."""
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    for name in ("python", "granian", "uvicorn", "celery"):
        program = programs / name
        program.touch()
        program.chmod(0o755)
    copy = folder / unit.name
    copy.write_text(unit.read_text().replace("/opt/doit", str(folder)))
    return copy


def read(path):
    return (ROOT / path).read_text()
