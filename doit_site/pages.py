"""Middleware for pages in a browser. Under /api/ identity comes in a header and nothing is kept.

Django runs every middleware for every request; these three would do work there that no answer
shows, about 35 us a request.
"""

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.utils.deprecation import MiddlewareMixin


class PagesOnly(MiddlewareMixin):
    """Mixed in before a middleware of Django's: passes what is under /api/ straight on."""

    def __call__(self, request):
        if request.path_info.startswith("/api/"):
            return self.get_response(request)
        return super().__call__(request)


class PageSessions(PagesOnly, SessionMiddleware):
    pass


class PageSignIn(PagesOnly, AuthenticationMiddleware):
    pass


class PageMessages(PagesOnly, MessageMiddleware):
    pass
