"""Change streams: what tells a process that a document was written, by whatever program."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from doit_site.mongo.client import connection

logger = logging.getLogger("doit.streams")

AGAIN_SECONDS = 0.2
# The server answers each look for more within a second. An answer that is overdue comes from a
# machine that is gone without a word.
SILENCE_SECONDS = 10
# Only which document: what it holds now is for whoever looks.
PIPELINE = [{"$project": {"documentKey": 1, "operationType": 1}}]


async def watch(collection: str) -> AsyncIterator[Any]:
    """The `_id` of each document that is written from now on; None whenever some may be unknown.

    That is once it is open, and each time that it had to be opened anew. Never ends by itself:
    what the driver does not resume is opened again.
    """
    async with _client() as client:
        while True:
            try:
                database = client[connection.settings_dict["NAME"]]
                async with await database[collection].watch(PIPELINE) as stream:
                    yield None
                    async for change in stream:
                        yield change.get("documentKey", {}).get("_id")
            except PyMongoError as error:
                logger.warning("the change stream is opened again: %s", type(error).__name__)
            await asyncio.sleep(AGAIN_SECONDS)


def _client() -> AsyncMongoClient[dict[str, Any]]:
    """The one client of the event loop, with the options of Django's."""
    options = {**connection.settings_dict["OPTIONS"], "socketTimeoutMS": SILENCE_SECONDS * 1000}
    options |= {"minPoolSize": 0, "appName": "doit-streams"}
    return AsyncMongoClient(connection.settings_dict["HOST"], **options)
