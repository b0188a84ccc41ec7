"""/health/live/ says the process answers, /health/ready/ that it can work; to staff, also how."""

import pymongo
from django.http import JsonResponse
from pymongo.errors import PyMongoError
from rest_framework.exceptions import APIException

from accounts.authentication import BearerAuthentication
from doit_site import database_figures
from doit_site.mongo.client import get_db


def live(request):
    return JsonResponse({"status": "ok"})


def ready(request):
    """200 where the database has a writable primary, else 503; staff get its figures too."""
    try:
        with pymongo.timeout(2):
            writable = get_db().command("hello").get("isWritablePrimary", False)
    except PyMongoError:
        writable = False
    if not writable:
        body = {"status": "unavailable", "database": "unreachable"}
        return JsonResponse(body, status=503, headers={"Retry-After": "2"})
    body = {"status": "ok", "database": "ok"}
    if not _is_staff(request):
        return JsonResponse(body)
    figures = database_figures.collect()
    return JsonResponse(body | {"figures": figures}, headers={"Cache-Control": "no-store"})


def _is_staff(request) -> bool:
    """Whether a token or an admin session of staff came along. What fails here is nobody."""
    try:
        with pymongo.timeout(1):
            if "HTTP_AUTHORIZATION" in request.META:
                found = BearerAuthentication().authenticate(request)
                return bool(found and found[0].is_staff)
            return request.user.is_active and request.user.is_staff
    except (APIException, PyMongoError):
        return False
