"""The one reading of 1-doit.md's tables that the tests share: names, BSON types, nesting."""

import re
from copy import deepcopy
from datetime import datetime

from bson import ObjectId

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z")

# product.md lets fields be added; these are the ones that are.
ADDED_TO_GOALS = {
    *("category", "subcategory", "status", "completed_at", "version", "roadmap_outdated"),
    *("plan", "streak_until", "days_passed", "score_total"),
    *("paused_until", "pauses", "freezes", "make_up_date"),
    *("archived", "archived_passes"),
}
ADDED_TO_USERS = {
    *("name", "email", "status", "is_staff", "is_superuser", "password", "last_login"),
    *("time_zone", "time_zones", "preferences", "reminders", "remind_at"),
}


def text(value):
    return type(value) is str


def uuid4(value):
    return text(value) and UUID4.fullmatch(value)


def day_text(value):
    return text(value) and DATE.fullmatch(value)


def moment_text(value):
    return text(value) and DATETIME.fullmatch(value)


def moment(value):
    return type(value) is datetime


def whole(value):
    return type(value) is int and value >= 0


def real(value):
    return type(value) is float


def boolean(value):
    return type(value) is bool


def percent(value):
    return real(value) and 0 <= value <= 100


def ratio(value):
    return real(value) and 0 <= value <= 1


def list_of(shape):
    return [shape]


TASK = {"task": text, "duration_minutes": whole, "resources": list_of(text)}
DAY = {"day": whole, "date": day_text, "title": text, "tasks": list_of(TASK), "tips": text}
ROADMAP = {"total_days": whole, "summary": text, "days": list_of(DAY)}
MESSAGE = {"content": text, "is_user": boolean, "timestamp": moment_text}
VERIFICATION = {
    "date": day_text,
    "test_id": uuid4,
    "questions_count": whole,
    "score": ratio,
    "passed": boolean,
    "completed_at": moment,
}
STATS = {
    "total_tests": whole,
    "passed": whole,
    "failed": whole,
    "average_score": ratio,
    "perfect_scores": whole,
}
GOAL = {
    "_id": lambda value: type(value) is ObjectId,
    "id": uuid4,
    "user_id": uuid4,
    "title": text,
    "description": text,
    "target_date": moment,
    "created_at": moment,
    "streak": whole,
    "progress": percent,
    "roadmap": (None, ROADMAP),
    "messages": list_of(MESSAGE),
    "daily_verifications": list_of(VERIFICATION),
    "verification_stats": (None, STATS),
}
USER = {
    "_id": lambda value: type(value) is ObjectId,
    "id": uuid4,
    "phone_number": lambda value: text(value) and re.fullmatch("[0-9]{10,15}", value),
    "created_at": moment,
}


def differences(value, shape, path=""):
    """Where `value` is not of the documented shape: [(path, what was found)]."""
    if isinstance(shape, tuple):
        return [] if value is None else differences(value, shape[1], path)
    if isinstance(shape, list):
        if type(value) is not list:
            return [(path, value)]
        found = (differences(item, shape[0], f"{path}.{n}") for n, item in enumerate(value))
        return [row for rows in found for row in rows]
    if isinstance(shape, dict):
        if type(value) is not dict:
            return [(path, value)]
        rows = [(f"{path}.{name}".lstrip("."), "missing") for name in shape if name not in value]
        if path:  # additions are for the top level only
            rows += [(f"{path}.{name}", "added") for name in value if name not in shape]
        for name in shape.keys() & value.keys():
            rows += differences(value[name], shape[name], f"{path}.{name}".lstrip("."))
        return rows
    return [] if shape(value) else [(path, value)]


def assert_is_documented(goal):
    """The goal's document is 1-doit.md's, with no additions but the allowed."""
    assert differences(goal, GOAL) == []
    assert set(goal) <= set(GOAL) | ADDED_TO_GOALS


def assert_person_is_documented(person):
    assert differences(person, USER) == []
    assert set(person) <= set(USER) | ADDED_TO_USERS


# The example documents of 1-doit.md, as printed there: dates are texts.
EXAMPLE_USER = {
    "_id": ObjectId("65c2a1b2e4b0f3a1c8d9e0f1"),
    "id": "550e8400-e29b-41d4-a716-446655440000",
    "phone_number": "1234567890",
    "created_at": "2026-02-07T12:00:00.000000Z",
}
EXAMPLE_GOAL = {
    "_id": ObjectId("65c2a1b2e4b0f3a1c8d9e0f2"),
    "id": "660e8400-e29b-41d4-a716-446655440001",
    "user_id": "550e8400-e29b-41d4-a716-446655440000",
    "title": "Learn Python in 30 days",
    "description": "Master Python programming from basics to advanced concepts including OOP, data structures, and web development.",
    "target_date": "2026-03-09T00:00:00.000000Z",
    "created_at": "2026-02-07T12:00:00.000000Z",
    "streak": 5,
    "progress": 16.67,
    "roadmap": {
        "total_days": 30,
        "summary": "A comprehensive 30-day journey from Python basics to building real-world applications.",
        "days": [
            {
                "day": 1,
                "date": "2026-02-07",
                "title": "Getting Started with Python",
                "tasks": [
                    {
                        "task": "Install Python and set up development environment",
                        "duration_minutes": 30,
                        "resources": ["https://python.org/downloads/"],
                    },
                    {
                        "task": "Write your first Python program",
                        "duration_minutes": 45,
                        "resources": ["https://docs.python.org/3/tutorial/"],
                    },
                ],
                "tips": "Use VS Code with Python extension for the best development experience.",
            }
        ],
    },
    "messages": [
        {
            "content": "How can I stay motivated while learning?",
            "is_user": True,
            "timestamp": "2026-02-07T12:30:00.000000Z",
        },
        {
            "content": "Staying motivated is key! Try setting small daily goals, tracking your progress, and celebrating small wins. Remember why you started this journey.",
            "is_user": False,
            "timestamp": "2026-02-07T12:30:05.000000Z",
        },
    ],
}


def with_dates(document):
    """A copy with BSON dates where the tables say datetime."""
    dates = {
        name: datetime.fromisoformat(document[name])
        for name in ("created_at", "target_date")
        if name in document
    }
    return {**deepcopy(document), **dates}
