"""Middleware for pages in a browser. Under /api/ identity comes in a header and nothing is kept.

Django runs every middleware for every request; these would do work there that no answer shows,
about 60 us a request. What the API takes is JSON under a bearer token, which no other site's
form can send, and no frame shows it.
"""

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.deprecation import MiddlewareMixin


class PagesOnly(MiddlewareMixin):
    """Mixed in before a middleware of Django's: passes what is under /api/ straight on."""

    def __call__(self, request):
        if request.path_info.startswith("/api/"):
            return self.get_response(request)
        return super().__call__(request)


class PageSessions(PagesOnly, SessionMiddleware):
    pass


class PageForms(PagesOnly, CsrfViewMiddleware):
    pass


class PageSignIn(PagesOnly, AuthenticationMiddleware):
    pass


class PageMessages(PagesOnly, MessageMiddleware):
    pass


class PageFrames(PagesOnly, XFrameOptionsMiddleware):
    pass
