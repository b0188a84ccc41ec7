import django_mongodb_backend.fields
from django.db import migrations, models

import doit_site.mongo.fields
import goals.embedded


class Migration(migrations.Migration):
    dependencies = [
        ("goals", "0005_question_reports"),
    ]

    operations = [
        migrations.CreateModel(
            name="Archived",
            fields=[
                (
                    "id",
                    django_mongodb_backend.fields.ObjectIdAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("messages", models.IntegerField(default=0)),
                ("daily_verifications", models.IntegerField(default=0)),
            ],
            options={
                "abstract": False,
                "managed": False,
            },
        ),
        # In the database there is nothing to do: the fields are absent until something is moved,
        # and the backend would write a null into every goal.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField(
                    model_name="goal",
                    name="archived",
                    field=django_mongodb_backend.fields.EmbeddedModelField(
                        blank=True,
                        editable=False,
                        embedded_model=goals.embedded.Archived,
                        null=True,
                    ),
                ),
                migrations.AddField(
                    model_name="goal",
                    name="archived_passes",
                    field=django_mongodb_backend.fields.ArrayField(
                        base_field=doit_site.mongo.fields.DateTextField(max_length=10),
                        blank=True,
                        editable=False,
                        null=True,
                    ),
                ),
            ]
        ),
    ]
