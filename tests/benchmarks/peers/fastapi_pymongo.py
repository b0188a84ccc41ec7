"""FastAPI over PyMongo's asynchronous client, as the documentation of both advises.

The answers are returned as a Response, so that FastAPI neither validates nor encodes them again.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from . import common


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with common.client() as client:
        app.state.db = common.database(client)
        yield


app = FastAPI(lifespan=lifespan)


class JSON(Response):
    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return common.dumps(content)


class NewMessage(BaseModel):
    model_config = ConfigDict(extra="forbid")
    content: str = Field(min_length=1, max_length=common.MAX_CONTENT)


async def signed_in(request: Request) -> common.Document:
    person = await common.signed_in(request.app.state.db, request.headers.get("authorization", ""))
    if person is None:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    return person


Person = Annotated[common.Document, Depends(signed_in)]


@app.get("/api/v1/goals/")
async def goals(
    request: Request,
    person: Person,
    limit: Annotated[int, Query(ge=1, le=common.MOST)] = common.LIMIT,
    cursor: str | None = None,
) -> Response:
    which = common.page_filter(person["id"], cursor)
    found = request.app.state.db.goals.find(which, common.LIST)
    rows = await found.sort(common.NEWEST_FIRST).limit(limit + 1).to_list()
    link = None
    if more := rows[limit:]:
        link = common.next_link(
            request.url.scheme, request.headers["host"], request.url.path, more[0]
        )
    return JSON({"next": link, "previous": None, "results": rows[:limit]})


@app.get("/api/v1/goals/{id}/")
async def goal(request: Request, person: Person, id: str) -> Response:
    which = {"id": id, "user_id": person["id"]}
    found = await request.app.state.db.goals.find_one(which, common.DETAIL)
    if found is None:
        raise HTTPException(404)
    return JSON(common.completed(found))


@app.post("/api/v1/groups/{id}/messages/")
async def send(request: Request, person: Person, id: str, new: NewMessage) -> Response:
    message = common.new_message(person["id"], person["name"], new.content)
    done = await request.app.state.db.groups.update_one(
        {"id": id, "members": person["id"]}, {"$push": {"messages": message}}
    )
    if not done.matched_count:
        raise HTTPException(403)
    return JSON(common.shown(message), 201)
