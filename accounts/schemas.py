"""The `$jsonSchema` of `users` (seed 1-doit.md). A migration installs a copy; a test compares."""

UUID4 = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"

USERS = {
    "bsonType": "object",
    "required": ["id", "phone_number", "created_at"],
    "properties": {
        "id": {"bsonType": "string", "pattern": UUID4},
        "phone_number": {"bsonType": "string", "pattern": "^[0-9]{10,15}$"},
        "created_at": {"bsonType": "date"},
    },
}
