"""/health/live/ says the process answers, /health/ready/ that it can work."""

import pymongo
from django.http import JsonResponse
from pymongo.errors import PyMongoError

from doit_site.mongo.client import get_db


def live(request):
    return JsonResponse({"status": "ok"})


def ready(request):
    """200 where the database has a writable primary, else 503."""
    try:
        with pymongo.timeout(2):
            writable = get_db().command("hello").get("isWritablePrimary", False)
    except PyMongoError:
        writable = False
    if writable:
        return JsonResponse({"status": "ok", "database": "ok"})
    body = {"status": "unavailable", "database": "unreachable"}
    return JsonResponse(body, status=503, headers={"Retry-After": "2"})
