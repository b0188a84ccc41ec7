import django_mongodb_backend.fields
from django.db import migrations, models

import doit_site.mongo.fields
import goals.embedded

STATUSES = [
    ("active", "Active"),
    ("paused", "Paused"),
    ("completed", "Completed"),
    ("abandoned", "Abandoned"),
]


def optional(kind, **kwargs):
    return kind(blank=True, editable=False, null=True, **kwargs)


class Migration(migrations.Migration):
    dependencies = [("goals", "0008_jobs")]

    operations = [
        migrations.CreateModel(
            name="Pause",
            fields=[
                (
                    "id",
                    django_mongodb_backend.fields.ObjectIdAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first", doit_site.mongo.fields.DateTextField(db_column="from", max_length=10)),
                ("until", doit_site.mongo.fields.DateTextField(max_length=10)),
            ],
            options={"abstract": False, "managed": False},
        ),
        # State alone: the fields are absent until there is something, and the backend would write nulls.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="goal",
                    name="status",
                    field=models.CharField(choices=STATUSES, default="active", max_length=10),
                ),
                migrations.AddField(
                    model_name="goal",
                    name="paused_until",
                    field=optional(doit_site.mongo.fields.DateTextField, max_length=10),
                ),
                migrations.AddField(
                    model_name="goal",
                    name="pauses",
                    field=optional(
                        django_mongodb_backend.fields.EmbeddedModelArrayField,
                        embedded_model=goals.embedded.Pause,
                    ),
                ),
                migrations.AddField(
                    model_name="goal",
                    name="freezes",
                    field=optional(models.IntegerField),
                ),
                migrations.AddField(
                    model_name="goal",
                    name="make_up_date",
                    field=optional(doit_site.mongo.fields.DateTextField, max_length=10),
                ),
            ]
        ),
    ]
