import django.db.models.deletion
import django_mongodb_backend.fields
from django.conf import settings
from django.db import migrations, models

import doit_site.mongo.fields
import doit_site.mongo.indexes
import goals.embedded


def owner(to):
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="drafts",
        to=to,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("goals", "0009_pauses"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Piece",
            fields=[
                (
                    "id",
                    django_mongodb_backend.fields.ObjectIdAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("on", models.IntegerField()),
                ("day", models.IntegerField()),
                ("task", models.IntegerField()),
                ("minutes", models.IntegerField()),
            ],
            options={"abstract": False, "managed": False},
        ),
        # Absent in a plan until a re-planning carries something.
        migrations.AddField(
            model_name="plan",
            name="carries",
            field=django_mongodb_backend.fields.ArrayField(
                base_field=django_mongodb_backend.fields.ArrayField(
                    base_field=models.IntegerField()
                ),
                default=list,
            ),
        ),
        migrations.AddField(
            model_name="plan",
            name="pieces",
            field=django_mongodb_backend.fields.EmbeddedModelArrayField(
                default=list, embedded_model=goals.embedded.Piece
            ),
        ),
        migrations.CreateModel(
            name="RoadmapDraft",
            fields=[
                ("id", doit_site.mongo.fields.IdField(primary_key=True, serialize=False)),
                ("today", doit_site.mongo.fields.DateTextField(max_length=10)),
                ("unchanged", models.JSONField(default=dict)),
                ("roadmap", models.JSONField(default=dict)),
                ("change", models.JSONField(default=dict)),
                ("created_at", doit_site.mongo.fields.DateTimeField()),
                ("expires_at", doit_site.mongo.fields.DateTimeField()),
                ("goal", owner("goals.goal")),
                ("user", owner(settings.AUTH_USER_MODEL)),
            ],
            options={
                "db_table": "roadmap_drafts",
                "default_permissions": (),
                "indexes": [
                    doit_site.mongo.indexes.Index("id", name="id_index", unique=True),
                    doit_site.mongo.indexes.Index("goal", name="goal_id_index", unique=True),
                    doit_site.mongo.indexes.Index("user", name="user_id_index"),
                    doit_site.mongo.indexes.Index(
                        "expires_at", expire_after_seconds=0, name="expires_at_ttl"
                    ),
                ],
            },
        ),
    ]
