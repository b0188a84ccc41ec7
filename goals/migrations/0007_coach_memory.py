import django_mongodb_backend.fields
from django.db import migrations, models

import goals.embedded


class Migration(migrations.Migration):
    dependencies = [("goals", "0006_archived")]

    operations = [
        migrations.CreateModel(
            name="Memory",
            fields=[
                (
                    "id",
                    django_mongodb_backend.fields.ObjectIdAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("summary", models.TextField(default="")),
                ("upto", models.IntegerField(default=0)),
            ],
            options={"abstract": False, "managed": False},
        ),
        # State alone: the fields are absent until there is something, and the backend would write nulls.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField(
                    model_name="goal",
                    name="coach_memory",
                    field=django_mongodb_backend.fields.EmbeddedModelField(
                        blank=True,
                        editable=False,
                        embedded_model=goals.embedded.Memory,
                        null=True,
                    ),
                ),
                migrations.AddField(
                    model_name="verificationtest",
                    name="note",
                    field=models.CharField(max_length=200, null=True),
                ),
            ]
        ),
    ]
