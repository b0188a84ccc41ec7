from django.db import migrations

from doit_site.mongo.validators import SetValidator

SCHEMA = {
    "bsonType": "object",
    "required": ["id", "user_id", "title", "description", "target_date", "created_at"],
    "properties": {
        "id": {
            "bsonType": "string",
            "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
        },
        "user_id": {
            "bsonType": "string",
            "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
        },
        "title": {"bsonType": "string", "minLength": 1},
        "description": {"bsonType": "string", "minLength": 1},
        "target_date": {"bsonType": "date"},
        "created_at": {"bsonType": "date"},
        "streak": {"bsonType": "number", "multipleOf": 1, "minimum": 0},
        "progress": {"bsonType": "number", "minimum": 0, "maximum": 100},
        "roadmap": {
            "bsonType": ["object", "null"],
            "properties": {
                "total_days": {"bsonType": "number", "multipleOf": 1, "minimum": 1},
                "summary": {"bsonType": "string"},
                "days": {
                    "bsonType": "array",
                    "items": {
                        "bsonType": "object",
                        "properties": {
                            "day": {"bsonType": "number", "multipleOf": 1, "minimum": 1},
                            "date": {
                                "bsonType": "string",
                                "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
                            },
                            "title": {"bsonType": "string"},
                            "tasks": {
                                "bsonType": "array",
                                "items": {
                                    "bsonType": "object",
                                    "properties": {
                                        "task": {"bsonType": "string"},
                                        "duration_minutes": {
                                            "bsonType": "number",
                                            "multipleOf": 1,
                                            "minimum": 0,
                                        },
                                        "resources": {
                                            "bsonType": "array",
                                            "items": {"bsonType": "string"},
                                        },
                                    },
                                },
                            },
                            "tips": {"bsonType": "string"},
                        },
                    },
                },
            },
        },
        "messages": {
            "bsonType": "array",
            "items": {
                "bsonType": "object",
                "properties": {
                    "content": {"bsonType": "string"},
                    "is_user": {"bsonType": "bool"},
                    "timestamp": {"bsonType": "string"},
                },
            },
        },
        "daily_verifications": {
            "bsonType": "array",
            "items": {
                "bsonType": "object",
                "properties": {
                    "date": {"bsonType": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
                    "test_id": {
                        "bsonType": "string",
                        "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
                    },
                    "questions_count": {"bsonType": "number", "multipleOf": 1, "minimum": 1},
                    "score": {"bsonType": "number", "minimum": 0, "maximum": 1},
                    "passed": {"bsonType": "bool"},
                    "completed_at": {"bsonType": "date"},
                },
            },
        },
        "verification_stats": {
            "bsonType": ["object", "null"],
            "properties": {
                "total_tests": {"bsonType": "number", "multipleOf": 1, "minimum": 0},
                "passed": {"bsonType": "number", "multipleOf": 1, "minimum": 0},
                "failed": {"bsonType": "number", "multipleOf": 1, "minimum": 0},
                "average_score": {"bsonType": "number", "minimum": 0, "maximum": 1},
                "perfect_scores": {"bsonType": "number", "multipleOf": 1, "minimum": 0},
            },
        },
    },
}


class Migration(migrations.Migration):
    dependencies = [("goals", "0001_initial")]

    operations = [SetValidator("goals", SCHEMA)]
