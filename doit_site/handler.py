"""Django under ASGI: requests as under WSGI, in a few threads, and streams in the event loop.

Django's own handler passes a request from middleware to middleware through a thread each, and
keeps that thread as long as a stream is open. Here the synchronous chain, which is the one that
WSGI has, runs in one of a few threads up to the answer; only what streams goes on in the loop.
"""

import asyncio
import logging
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http import HttpResponse
from django.urls import set_script_prefix

logger = logging.getLogger("doit.streams")

THREADS = 6  # as many as a WSGI worker has


class Handler(ASGIHandler):
    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="requests")

    async def __call__(self, scope, receive, send) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        loop = asyncio.get_running_loop()
        response = await loop.run_in_executor(self._threads, self._answer, scope, body)
        try:
            if getattr(response, "is_async", False):
                await self._stream(response, receive, send)
            else:
                await self.send_response(response, send)
        finally:
            if response.streaming:
                await loop.run_in_executor(self._threads, response.close)

    async def read_body(self, receive):
        """The body, of which no more is kept than may be read: the rest is refused unread."""
        body = tempfile.SpooledTemporaryFile(max_size=settings.MAX_BODY_BYTES)  # noqa: SIM115
        left = settings.MAX_BODY_BYTES + 1
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                body.close()
                raise RequestAborted
            part = message.get("body", b"")[:left]
            left -= len(part)
            body.write(part)
            if not message.get("more_body", False):
                body.seek(0)
                return body

    def _answer(self, scope, body):
        """The answer, in a thread; closed already unless it is still to be read from."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request: Any
        response: Any
        request, response = self.create_request(scope, body)
        if response is None:
            response = self.get_response(request)
        response._handler_class = self.__class__
        if response.streaming and not response.is_async:
            response = _read(response)
        if not response.streaming:
            response.close()
        return response

    async def _stream(self, response, receive, send) -> None:
        """Send until the stream ends or its reader goes."""
        sending = asyncio.ensure_future(self.send_response(response, send))
        leaving = asyncio.ensure_future(receive())  # the body is read: what comes is the end
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            leaving.cancel()
            results = await asyncio.gather(sending, leaving, return_exceptions=True)
        if isinstance(results[0], Exception):
            logger.error("a stream broke off", exc_info=results[0])


def _read(response: Any) -> Any:
    """The answer with its content in memory: a file of the admin's pages, which are small."""
    whole: Any = HttpResponse(b"".join(response), status=response.status_code)
    whole.headers, whole.cookies = response.headers, response.cookies
    whole._handler_class = response._handler_class
    whole._resource_closers = response._resource_closers
    return whole
