"""Three mongods with --auth and a key file, made into a replica set as an operator does it."""

import base64
import contextlib
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass

from pymongo import MongoClient

from doit_site.mongo.local_server import packaged_binary
from tests.faults.conftest import ROOT, environment, free_port, until

PASSWORDS = {
    "MONGO_ROOT_PASSWORD": "root-of-the-tests",
    "MONGO_WEB_PASSWORD": "web-of-the-tests",
    "MONGO_MIGRATE_PASSWORD": "migrate-of-the-tests",
    "MONGO_BACKUP_PASSWORD": "backup-of-the-tests",
}


@dataclass
class Secured:
    """The running set; its users are those of doit_site/mongo/roles.json, and root."""

    members: list[str]
    processes: list[subprocess.Popen]

    def uri(self, user):
        password = PASSWORDS[f"MONGO_{user.removeprefix('doit_').upper()}_PASSWORD"]
        hosts = ",".join(self.members)
        return f"mongodb://{user}:{password}@{hosts}/?replicaSet=rs0&authSource=admin"

    @contextlib.contextmanager
    def client(self, user):
        with MongoClient(self.uri(user), serverSelectionTimeoutMS=10_000) as client:
            yield client

    def provision(self, **more):
        """(exit code, stdout, stderr) of the operator's command."""
        settings = {"MONGO_MEMBERS": ",".join(self.members), **PASSWORDS, **more}
        done = subprocess.run(
            [sys.executable, "-m", "doit_site.mongo.provision"],
            cwd=ROOT,
            env={**os.environ, "MONGO_ELECTION_TIMEOUT_MS": "1000", **settings},
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stdout, done.stderr

    def manage(self, user, *arguments):
        """(exit code, stdout, stderr) of a manage.py command run as that database user."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment(self.uri(user)),
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stdout, done.stderr


@contextlib.contextmanager
def secured_members(folder):
    """Three members that wait for a configuration and let nobody in but from this machine."""
    key = folder / "keyfile"
    key.write_bytes(base64.b64encode(secrets.token_bytes(96)))
    key.chmod(0o400)
    secured = Secured([], [])
    try:
        for number in range(3):
            port = free_port()
            secured.members.append(f"127.0.0.1:{port}")
            secured.processes.append(_mongod(folder / str(number), port, key))
        yield secured
    finally:
        for process in secured.processes:
            process.kill()
            process.wait()


def _mongod(folder, port, key):
    folder.mkdir()
    log = folder / "mongod.log"
    command = [
        *(str(packaged_binary()), "--dbpath", str(folder), "--port", str(port)),
        *("--replSet", "rs0", "--bind_ip", "127.0.0.1", "--auth", "--keyFile", str(key)),
        *("--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64", "--nounixsocket"),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    until(lambda: "Waiting for connections" in log.read_text(), 30, "mongod listens")
    return process
