from django.db import migrations

from doit_site.mongo.validators import SetValidator

SCHEMA = {
    "bsonType": "object",
    "required": ["id", "category", "name", "members", "created_at"],
    "properties": {
        "id": {
            "bsonType": "string",
            "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
        },
        "category": {"bsonType": "string", "minLength": 1},
        "subcategory": {"bsonType": ["string", "null"]},
        "name": {"bsonType": "string", "minLength": 1},
        "members": {
            "bsonType": "array",
            "items": {
                "bsonType": "string",
                "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
            },
            "uniqueItems": True,
            "maxItems": 100,
        },
        "max_members": {"bsonType": "number", "multipleOf": 1, "minimum": 1, "maximum": 100},
        "messages": {
            "bsonType": "array",
            "items": {
                "bsonType": "object",
                "properties": {
                    "user_id": {
                        "bsonType": "string",
                        "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
                    },
                    "username": {"bsonType": "string"},
                    "content": {"bsonType": "string"},
                    "timestamp": {"bsonType": "string"},
                },
            },
        },
        "created_at": {"bsonType": "date"},
    },
}


class Migration(migrations.Migration):
    dependencies = [("groups", "0001_initial")]

    operations = [SetValidator("groups", SCHEMA)]
