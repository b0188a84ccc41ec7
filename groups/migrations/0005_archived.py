import django_mongodb_backend.fields
from django.db import migrations, models

import groups.embedded


class Migration(migrations.Migration):
    dependencies = [
        ("groups", "0004_export"),
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
            ],
            options={
                "abstract": False,
                "managed": False,
            },
        ),
        # In the database there is nothing to do: the field is absent until something is moved, and
        # the backend would write a null into every group.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField(
                    model_name="group",
                    name="archived",
                    field=django_mongodb_backend.fields.EmbeddedModelField(
                        blank=True,
                        editable=False,
                        embedded_model=groups.embedded.Archived,
                        null=True,
                    ),
                ),
            ]
        ),
    ]
