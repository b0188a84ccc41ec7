import django_mongodb_backend.fields
from django.db import migrations, models

import accounts.embedded
import doit_site.mongo.fields
import doit_site.mongo.indexes
from doit_site.mongo.validators import SetValidator

UUID4 = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
PREVIOUS = {
    "bsonType": "object",
    "required": ["id", "phone_number", "created_at"],
    "properties": {
        "id": {"bsonType": "string", "pattern": UUID4},
        "phone_number": {"bsonType": "string", "pattern": "^[0-9]{10,15}$"},
        "created_at": {"bsonType": "date"},
    },
}
WALL_TIME = {"bsonType": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}
DAY = {"bsonType": ["string", "null"], "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
SCHEMA = {
    **PREVIOUS,
    "properties": {
        **PREVIOUS["properties"],
        "reminders": {
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
        },
        "remind_at": {"bsonType": "date"},
    },
}


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_stream_tickets")]

    operations = [
        migrations.CreateModel(
            name="Reminders",
            fields=[
                (
                    "id",
                    django_mongodb_backend.fields.ObjectIdAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("enabled", models.BooleanField(default=False)),
                ("weekly", models.BooleanField(default=True)),
                ("time", models.CharField(default="18:00", max_length=5)),
                ("quiet_from", models.CharField(default="22:00", max_length=5)),
                ("quiet_to", models.CharField(default="08:00", max_length=5)),
                ("reminded_on", doit_site.mongo.fields.DateTextField(max_length=10, null=True)),
                ("summarised_on", doit_site.mongo.fields.DateTextField(max_length=10, null=True)),
            ],
            options={"abstract": False, "managed": False},
        ),
        # State alone: both are absent until a person wants reminders, and the backend would write nulls.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField(
                    model_name="user",
                    name="reminders",
                    field=django_mongodb_backend.fields.EmbeddedModelField(
                        blank=True,
                        editable=False,
                        embedded_model=accounts.embedded.Reminders,
                        null=True,
                    ),
                ),
                migrations.AddField(
                    model_name="user",
                    name="remind_at",
                    field=doit_site.mongo.fields.OptionalDateTimeField(
                        blank=True, default=None, editable=False, null=True
                    ),
                ),
            ]
        ),
        migrations.AddIndex(
            model_name="user",
            index=doit_site.mongo.indexes.Index("remind_at", name="remind_at_index", sparse=True),
        ),
        SetValidator("users", SCHEMA, previous=PREVIOUS),
    ]
