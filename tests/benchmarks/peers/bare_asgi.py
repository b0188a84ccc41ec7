"""An ASGI application without a framework: the least that could answer, no OpenAPI, no validation to speak of."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import orjson

from . import common

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Answer = tuple[int, Any]

ROOT = "/api/v1/"
state: dict[str, Any] = {}


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    status, value = await answer(scope, receive)
    body = common.dumps(value)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    return await send({"type": "http.response.body", "body": body})


async def lifespan(receive: Receive, send: Send) -> None:
    await receive()
    async with common.client() as client:
        state["db"] = common.database(client)
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def answer(scope: dict[str, Any], receive: Receive) -> Answer:
    headers = dict(scope["headers"])
    person = await common.signed_in(state["db"], headers.get(b"authorization", b"").decode())
    if person is None:
        return 401, {"detail": "Unauthorized"}
    path = scope["path"].removeprefix(ROOT).strip("/").split("/")
    match scope["method"], path:
        case "GET", ["goals"]:
            return await goals(scope, headers, person)
        case "GET", ["goals", id]:
            return await goal(person, id)
        case "POST", ["groups", id, "messages"]:
            return await send_message(person, id, await read(receive))
    return 404, {"detail": "Not Found"}


async def goals(scope: dict[str, Any], headers: dict[bytes, bytes], person: Any) -> Answer:
    query = parse_qs(scope["query_string"].decode())
    limit = min(int(query.get("limit", [common.LIMIT])[0]), common.MOST)
    which = common.page_filter(person["id"], query.get("cursor", [None])[0])
    found = state["db"].goals.find(which, common.LIST)
    rows = await found.sort(common.NEWEST_FIRST).limit(limit + 1).to_list()
    link = None
    if more := rows[limit:]:
        host = headers[b"host"].decode()
        link = common.next_link(scope["scheme"], host, scope["path"], more[0])
    return 200, {"next": link, "previous": None, "results": rows[:limit]}


async def goal(person: Any, id: str) -> Answer:
    which = {"id": id, "user_id": person["id"]}
    found = await state["db"].goals.find_one(which, common.DETAIL)
    return (200, common.completed(found)) if found else (404, {"detail": "Not Found"})


async def send_message(person: Any, id: str, body: bytes) -> Answer:
    content = orjson.loads(body).get("content")
    if not isinstance(content, str) or not 0 < len(content) <= common.MAX_CONTENT:
        return 400, {"detail": "content is a text of 1 to 10,000 characters"}
    message = common.new_message(person["id"], person["name"], content)
    done = await state["db"].groups.update_one(
        {"id": id, "members": person["id"]}, {"$push": {"messages": message}}
    )
    return (201, common.shown(message)) if done.matched_count else (403, {"detail": "Forbidden"})


async def read(receive: Receive) -> bytes:
    parts = []
    while True:
        event = await receive()
        parts.append(event.get("body", b""))
        if not event.get("more_body"):
            return b"".join(parts)
