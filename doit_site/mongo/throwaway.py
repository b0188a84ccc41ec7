"""Run a command with an empty database that is gone afterwards.

python -m doit_site.mongo.throwaway python manage.py makemigrations --check
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from doit_site.mongo.local_server import LocalServer


def main(command: list[str]) -> int:
    """The command's exit code."""
    with tempfile.TemporaryDirectory() as folder, LocalServer(Path(folder)) as server:
        environment = {**os.environ, "MONGODB_URI": server.uri}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
