"""The broken twin: after its change stream was opened again, it does not look for what it missed."""

from doit_site.api import live
from doit_site.asgi import application
from doit_site.mongo.changes import watch

__all__ = ["application"]


async def forgetful(collection):
    opened = False
    async for key in watch(collection):
        if key is not None or not opened:
            yield key
        opened = True


live.watch = forgetful
