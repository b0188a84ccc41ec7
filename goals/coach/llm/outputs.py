"""What the model has to give, for each act. Its JSON schema goes to the model, its answer comes back through it.

Lengths are not limited here: what is too long is cut (`texts`), which needs no second call.
"""

from typing import Literal

from pydantic import BaseModel, Field

from goals.coach.interface import CATEGORIES


class Category(BaseModel):
    category: Literal[CATEGORIES]  # type: ignore[valid-type]
    subcategory: str | None = None


class Reply(BaseModel):
    reply: str = Field(min_length=1)


class Summary(BaseModel):
    summary: str = Field(min_length=1)


class Task(BaseModel):
    task: str = Field(min_length=1)
    minutes: int = Field(ge=1)
    resources: list[str] = Field(default_factory=list)


class Day(BaseModel):
    title: str = Field(min_length=1)
    tasks: list[Task] = Field(min_length=1)
    tips: str = ""


class Part(BaseModel):
    """The days of one part of the roadmap."""

    days: list[Day] = Field(min_length=1)


class WholePlan(Part):
    """A roadmap that has one part only."""

    summary: str = Field(min_length=1)


class PartTheme(BaseModel):
    theme: str = Field(min_length=1)
    carries: list[str] = Field(min_length=1)


class Outline(BaseModel):
    summary: str = Field(min_length=1)
    parts: list[PartTheme] = Field(min_length=1)


class Question(BaseModel):
    prompt: str = Field(min_length=1)
    right: str = Field(min_length=1)
    wrong: list[str] = Field(min_length=3, max_length=3)
    explanation: str = ""


class Questions(BaseModel):
    questions: list[Question] = Field(min_length=1)
