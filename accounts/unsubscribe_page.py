"""The page behind the link in a reminder: ends reminders without signing in.

Whoever opens it changes nothing yet, because mail scanners open links; the button does, and so
does the mail program's own (RFC 8058), which sends the same POST. It tells nobody whose link it is.
"""

from django.db import DatabaseError
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from pymongo.errors import PyMongoError

from accounts import reminders
from doit_site.api.problems import storage_is_gone

ASK = (
    "Stop the reminders?",
    "You will get no more daily reminders and weekly summaries. You can turn them on again in DoIt.",
)
DONE = (
    "No more reminders",
    "You get no more daily reminders and weekly summaries. You can turn them on again in DoIt.",
)
NOT_OURS = (
    "This link does not work",
    "It is not whole, or not ours. Open it from the message again, or turn reminders off in DoIt.",
)
LATER = ("Not now", "It could not be done. Please try again in a moment.")


# The token is what allows it: no cookie of a browser does, so no other site could use one.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request, token):
    if request.method != "POST":
        return _page(request, ASK, asks=True) if reminders.is_link(token) else _not_ours(request)
    try:
        done = reminders.unsubscribe(token=token)
    except (PyMongoError, DatabaseError) as error:
        if not storage_is_gone(error):
            raise
        return _page(request, LATER, status=503)
    return _page(request, DONE) if done else _not_ours(request)


def _not_ours(request):
    return _page(request, NOT_OURS, status=404)


def _page(request, words, *, asks=False, status=200):
    title, text = words
    context = {"title": title, "text": text, "asks": asks}
    response = render(request, "unsubscribe.html", context, status=status)
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    )
    if status == 503:
        response["Retry-After"] = "5"
    return response
