"""FastAPI over Beanie: documents, projections and answers are Pydantic models, as Beanie's documentation has it.

Pydantic prints the answers itself, in Rust; a message is appended by an update query, not by
loading and saving the group.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

from beanie import Document, init_beanie
from beanie.operators import Push
from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from . import common


def in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(in_utc)]


class Session(Document):
    class Settings:
        name = "sessions"


class User(Document):
    class Settings:
        name = "users"


class Goal(Document):
    class Settings:
        name = "goals"


class Group(Document):
    class Settings:
        name = "groups"


class Profile(BaseModel):
    id: str
    phone_number: str
    name: str = ""
    email: str | None = None
    status: str = "active"
    time_zone: str = "UTC"
    created_at: Moment


class SessionOwner(BaseModel):
    user_id: str
    expires_at: datetime


class SessionWithUser(BaseModel):
    user: Profile
    expires_at: datetime


class Summary(BaseModel):
    id: str
    user_id: str
    title: str
    description: str
    target_date: Moment
    created_at: Moment
    streak: int
    progress: float
    category: str
    subcategory: str | None
    status: str
    paused_until: str | None
    version: int
    roadmap_outdated: bool = False


class Task(BaseModel):
    task: str
    duration_minutes: int
    resources: list[str]


class Day(BaseModel):
    day: int
    date: str
    title: str
    tasks: list[Task]
    tips: str


class Roadmap(BaseModel):
    total_days: int
    summary: str
    days: list[Day]


class Message(BaseModel):
    content: str
    is_user: bool
    timestamp: str


class Verification(BaseModel):
    date: str
    test_id: str
    questions_count: int
    score: float
    passed: bool
    completed_at: Moment


class Statistics(BaseModel):
    total_tests: int
    passed: int
    failed: int
    average_score: float
    perfect_scores: int


class Whole(Summary):
    roadmap: Roadmap | None
    messages: list[Message]
    daily_verifications: list[Verification]
    verification_stats: Statistics | None
    completed_at: Moment | None = None

    class Settings:
        projection = common.DETAIL


class Page(BaseModel):
    next: str | None
    previous: str | None
    results: list[Summary]


class NewMessage(BaseModel):
    model_config = ConfigDict(extra="forbid")
    content: str = Field(min_length=1, max_length=common.MAX_CONTENT)


class GroupMessage(BaseModel):
    id: str
    username: str
    is_mine: bool
    content: str
    timestamp: str
    hidden: bool


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with common.client() as client:
        models = [Session, User, Goal, Group]
        await init_beanie(common.database(client), document_models=models, skip_indexes=True)
        yield


app = FastAPI(lifespan=lifespan)
kept: common.Kept[Profile] = common.Kept()


def printed(value: BaseModel, status: int = 200) -> Response:
    return Response(value.model_dump_json(), status, media_type="application/json")


async def signed_in(request: Request) -> Profile:
    key = common.token_hash(request.headers.get("authorization", ""))
    person = kept.get(key) if common.SIGN_IN == "cache" else None
    if person is None:
        found = await (by_two_queries if common.SIGN_IN == "2q" else by_one_query)(key)
        if found is None or found.status != "active":
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        person = found
        if common.SIGN_IN == "cache":
            kept.put(key, person)
    return person


async def by_two_queries(key: str) -> Profile | None:
    session = await Session.find_one({"token_hash": key}, projection_model=SessionOwner)
    if session is None or common.expired(session.expires_at):
        return None
    return await User.find_one({"id": session.user_id}, projection_model=Profile)


async def by_one_query(key: str) -> Profile | None:
    session = await Session.find_one({"token_hash": key}, projection_model=SessionWithUser)
    return None if session is None or common.expired(session.expires_at) else session.user


Person = Annotated[Profile, Depends(signed_in)]


@app.get("/api/v1/goals/")
async def goals(
    request: Request,
    person: Person,
    limit: Annotated[int, Query(ge=1, le=common.MOST)] = common.LIMIT,
    cursor: str | None = None,
) -> Response:
    found = Goal.find(common.page_filter(person.id, cursor), projection_model=Summary)
    rows = await found.sort("-created_at", "-id").limit(limit + 1).to_list()
    link = None
    if more := rows[limit:]:
        host, path = request.headers["host"], request.url.path
        link = common.next_link(request.url.scheme, host, path, more[0].model_dump())
    return printed(Page(next=link, previous=None, results=rows[:limit]))


@app.get("/api/v1/goals/{id}/")
async def goal(person: Person, id: str) -> Response:
    found = await Goal.find_one({"id": id, "user_id": person.id}, projection_model=Whole)
    if found is None:
        raise HTTPException(404)
    return printed(found)


@app.post("/api/v1/groups/{id}/messages/")
async def send(person: Person, id: str, new: NewMessage) -> Response:
    message = common.new_message(person.id, person.name, new.content)
    done: Any = await Group.find_one({"id": id, "members": person.id}).update(
        Push({"messages": message})
    )
    if not done.matched_count:
        raise HTTPException(403)
    return printed(GroupMessage(**common.shown(message)), 201)
