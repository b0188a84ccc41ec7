"""The `$jsonSchema` of `groups` (seed 1-doit.md). A migration installs a copy; a test compares."""

UUID4 = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
TEXT = {"bsonType": "string"}

MESSAGE = {
    "bsonType": "object",
    "properties": {
        "user_id": {"bsonType": "string", "pattern": UUID4},
        "username": TEXT,
        "content": TEXT,
        "timestamp": TEXT,
    },
}
GROUPS = {
    "bsonType": "object",
    "required": ["id", "category", "name", "members", "created_at"],
    "properties": {
        "id": {"bsonType": "string", "pattern": UUID4},
        "category": {"bsonType": "string", "minLength": 1},
        "subcategory": {"bsonType": ["string", "null"]},
        "name": {"bsonType": "string", "minLength": 1},
        "members": {
            "bsonType": "array",
            "items": {"bsonType": "string", "pattern": UUID4},
            "uniqueItems": True,
            "maxItems": 100,
        },
        "max_members": {"bsonType": "number", "multipleOf": 1, "minimum": 1, "maximum": 100},
        "messages": {"bsonType": "array", "items": MESSAGE},
        "created_at": {"bsonType": "date"},
    },
}
