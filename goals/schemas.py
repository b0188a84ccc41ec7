"""The `$jsonSchema` of `goals` (seed 1-doit.md). A migration installs a copy; a test compares."""

UUID4 = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
TEXT = {"bsonType": "string"}
WHOLE = {"bsonType": "number", "multipleOf": 1, "minimum": 0}
COUNTED = {"bsonType": "number", "multipleOf": 1, "minimum": 1}
RATIO = {"bsonType": "number", "minimum": 0, "maximum": 1}

TASK = {
    "bsonType": "object",
    "properties": {
        "task": TEXT,
        "duration_minutes": WHOLE,
        "resources": {"bsonType": "array", "items": TEXT},
    },
}
DAY = {
    "bsonType": "object",
    "properties": {
        "day": COUNTED,
        "date": {"bsonType": "string", "pattern": DATE},
        "title": TEXT,
        "tasks": {"bsonType": "array", "items": TASK},
        "tips": TEXT,
    },
}
ROADMAP = {
    "bsonType": ["object", "null"],
    "properties": {
        "total_days": COUNTED,
        "summary": TEXT,
        "days": {"bsonType": "array", "items": DAY},
    },
}
MESSAGE = {
    "bsonType": "object",
    "properties": {"content": TEXT, "is_user": {"bsonType": "bool"}, "timestamp": TEXT},
}
VERIFICATION = {
    "bsonType": "object",
    "properties": {
        "date": {"bsonType": "string", "pattern": DATE},
        "test_id": {"bsonType": "string", "pattern": UUID4},
        "questions_count": COUNTED,
        "score": RATIO,
        "passed": {"bsonType": "bool"},
        "completed_at": {"bsonType": "date"},
    },
}
STATS = {
    "bsonType": ["object", "null"],
    "properties": {
        "total_tests": WHOLE,
        "passed": WHOLE,
        "failed": WHOLE,
        "average_score": RATIO,
        "perfect_scores": WHOLE,
    },
}
GOALS = {
    "bsonType": "object",
    "required": ["id", "user_id", "title", "description", "target_date", "created_at"],
    "properties": {
        "id": {"bsonType": "string", "pattern": UUID4},
        "user_id": {"bsonType": "string", "pattern": UUID4},
        "title": {"bsonType": "string", "minLength": 1},
        "description": {"bsonType": "string", "minLength": 1},
        "target_date": {"bsonType": "date"},
        "created_at": {"bsonType": "date"},
        "streak": WHOLE,
        "progress": {"bsonType": "number", "minimum": 0, "maximum": 100},
        "roadmap": ROADMAP,
        "messages": {"bsonType": "array", "items": MESSAGE},
        "daily_verifications": {"bsonType": "array", "items": VERIFICATION},
        "verification_stats": STATS,
    },
}
