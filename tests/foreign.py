"""Documents as other programs leave them: complete, minimal, dated by texts."""

from copy import deepcopy
from datetime import UTC, datetime

from doit_site.mongo.fields import new_id

COMPLETE_PERSON = {
    "phone_number": "14155550144",
    "created_at": datetime(2026, 2, 7, 12, 0, 0, 123000, tzinfo=UTC),
    "name": "Ada",
    "email": "ada@example.org",
    "status": "active",
    "is_staff": False,
    "is_superuser": False,
    "password": "!unusable",
    "last_login": None,
    "time_zone": "Europe/Berlin",
    "time_zones": [
        {
            "zone": "Europe/Berlin",
            "since": datetime(2026, 2, 7, tzinfo=UTC),
            "first_day": "2026-02-07",
            "skipped": ["2026-02-06"],
            "by": "another program",
        }
    ],
    "preferences": {"notifications": True, "theme": "dark", "language": "de", "font": 12},
    "crm": {"segment": ["a", {"deep": 1}], "score": 0.5},
}
MINIMAL_PERSON = {"phone_number": "14155550145", "created_at": datetime(2026, 2, 8, tzinfo=UTC)}
TEXT_DATED_PERSON = {"phone_number": "14155550146", "created_at": "2026-02-07T12:00:00.000000Z"}

COMPLETE_GOAL = {
    "title": "Learn Go",
    "description": "From nothing to a small server.",
    "target_date": datetime(2027, 3, 9, 0, 0, 0, 123000, tzinfo=UTC),
    "created_at": datetime(2026, 2, 7, 12, 0, 0, 456000, tzinfo=UTC),
    "streak": 1,
    "progress": 50.0,
    "roadmap": {
        "total_days": 2,
        "summary": "Two days <b>only</b>",
        "author": "another program",
        "days": [
            {
                "day": number,
                "date": f"2026-02-0{6 + number}",
                "title": f"Part {number}",
                "tasks": [
                    {
                        "task": "Read",
                        "duration_minutes": 30,
                        "resources": ["https://go.dev"],
                        "difficulty": 3,
                    }
                ],
                "tips": "Rest.",
                "weather": {"rain": False},
            }
            for number in (1, 2)
        ],
    },
    "messages": [
        {
            "content": "Hello",
            "is_user": True,
            "timestamp": "2026-02-07T12:30:00.000000Z",
            "mood": "good",
        }
    ],
    "daily_verifications": [
        {
            "date": "2026-02-07",
            "test_id": "0e8400e2-29b4-41d4-a716-446655440001",
            "questions_count": 3,
            "score": 1.0,
            "passed": True,
            "completed_at": datetime(2026, 2, 7, 13, tzinfo=UTC),
            "device": "phone",
        }
    ],
    "verification_stats": {
        "total_tests": 1,
        "passed": 1,
        "failed": 0,
        "average_score": 1.0,
        "perfect_scores": 1,
        "best_hour": 13,
    },
    "category": "programming",
    "subcategory": "go",
    "status": "active",
    "version": 3,
    "crm": {"tags": ["x", {"y": None}]},
}
MINIMAL_GOAL = {
    "title": "Swim",
    "description": "A kilometre.",
    "target_date": datetime(2027, 3, 9, tzinfo=UTC),
    "created_at": datetime(2026, 2, 8, tzinfo=UTC),
}
TEXT_DATED_GOAL = {
    **COMPLETE_GOAL,
    "title": "Learn C",
    "target_date": "2027-03-09T00:00:00Z",
    "created_at": "2026-02-07T12:00:00.000000Z",
    "roadmap": {
        "total_days": 1,
        "summary": "",
        "days": [{"day": 1, "date": datetime(2026, 2, 7, tzinfo=UTC), "title": "", "tasks": []}],
    },
    "messages": [
        {"content": "Hi", "is_user": True, "timestamp": datetime(2026, 2, 7, 12, 30, tzinfo=UTC)}
    ],
    "daily_verifications": [
        {
            **COMPLETE_GOAL["daily_verifications"][0],
            "date": datetime(2026, 2, 7, tzinfo=UTC),
            "completed_at": "2026-02-07T13:00:00Z",
        }
    ],
}


def insert(collection, document, **fields):
    """Insert a copy with an id of its own past the validator; the document as stored."""
    row = {"id": new_id(), **deepcopy(document), **fields}
    collection.insert_one(row, bypass_document_validation=True)
    return collection.find_one({"_id": row["_id"]})


def stored(collection, row):
    """The raw document as it is now."""
    return collection.find_one({"_id": row["_id"]})
