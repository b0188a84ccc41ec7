from django.db import migrations

from doit_site.mongo.validators import SetValidator

SCHEMA = {
    "bsonType": "object",
    "required": ["id", "phone_number", "created_at"],
    "properties": {
        "id": {
            "bsonType": "string",
            "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
        },
        "phone_number": {"bsonType": "string", "pattern": "^[0-9]{10,15}$"},
        "created_at": {"bsonType": "date"},
    },
}


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [SetValidator("users", SCHEMA)]
