"""The `$jsonSchema` of `users` (seed 1-doit.md) and of the audit. A migration installs a copy; a test compares."""

from accounts.wall_times import PATTERN

UUID4 = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
WALL_TIME = {"bsonType": "string", "pattern": PATTERN}
DAY = {"bsonType": ["string", "null"], "pattern": DATE}

REMINDERS = {
    "bsonType": ["object", "null"],
    "properties": {
        "enabled": {"bsonType": "bool"},
        "weekly": {"bsonType": "bool"},
        "time": WALL_TIME,
        "quiet_from": WALL_TIME,
        "quiet_to": WALL_TIME,
        "reminded_on": DAY,
        "summarised_on": DAY,
    },
}

USERS = {
    "bsonType": "object",
    "required": ["id", "phone_number", "created_at"],
    "properties": {
        "id": {"bsonType": "string", "pattern": UUID4},
        "phone_number": {"bsonType": "string", "pattern": "^[0-9]{10,15}$"},
        "created_at": {"bsonType": "date"},
        "reminders": REMINDERS,
        "remind_at": {"bsonType": "date"},
    },
}

AUDIT = {
    "bsonType": "object",
    "required": ["id", "at", "actor_id", "action", "subject_kind", "subject_id"],
    "properties": {
        "id": {"bsonType": "string", "pattern": UUID4},
        "at": {"bsonType": "date"},
        "actor_id": {"bsonType": "string", "pattern": UUID4},
        "action": {"bsonType": "string", "pattern": "^[a-z_]+\\.[a-z_]+$"},
        "subject_kind": {"bsonType": "string", "minLength": 1},
        "subject_id": {"bsonType": "string", "maxLength": 36},
        "reason": {"bsonType": "string", "maxLength": 500},
        "request_id": {"bsonType": "string", "maxLength": 64},
    },
}
