import os

import pymongo
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "doit_site.settings")

application = get_wsgi_application()


def refuse_standalone_server():
    """End a start that could never serve; a database that is only away is waited for."""
    from doit_site.mongo.client import DatabaseUnavailable, StandaloneServer, connect_db

    try:
        with pymongo.timeout(1):
            connect_db()
    except StandaloneServer as error:
        raise SystemExit(f"DoIt cannot start: {error}") from error
    except DatabaseUnavailable:
        pass  # /health/ready/ says so until it is there


refuse_standalone_server()
