"""Whether the server on this machine answers: exit code 0 or 1, for a container's health check.

    python -m doit_site.probe [PATH] [PORT]

PATH is /health/live/, PORT 8000. The host asked for is that of PUBLIC_URL, since a server refuses
names that are not among its ALLOWED_HOSTS.
"""

import http.client
import os
import sys
from urllib.parse import urlsplit

SECONDS = 4


def answers(path: str, port: int, host: str) -> bool:
    """Whether GET `path` is 200 within a few seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", path, headers={"Host": host})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main(path: str = "/health/live/", port: str = "8000") -> bool:
    host = urlsplit(os.environ.get("PUBLIC_URL", "")).netloc or "localhost"
    return answers(path, int(port), host)


if __name__ == "__main__":
    sys.exit(not main(*sys.argv[1:]))
