import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import doit_site.mongo.fields
import doit_site.mongo.indexes
from doit_site.roles import GrantRole

RIGHTS = ("goals.view_job job",)


class Migration(migrations.Migration):
    dependencies = [
        ("goals", "0007_coach_memory"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("auth", "0001_initial"),
        ("contenttypes", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", doit_site.mongo.fields.IdField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("roadmap", "Roadmap"), ("replan", "Re-planning")], max_length=10
                    ),
                ),
                ("options", models.JSONField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("attempts", models.IntegerField(default=0)),
                ("holder", models.CharField(max_length=36, null=True)),
                ("error", models.JSONField(null=True)),
                ("created_at", doit_site.mongo.fields.DateTimeField()),
                ("started_at", doit_site.mongo.fields.DateTimeField(null=True)),
                ("finished_at", doit_site.mongo.fields.DateTimeField(null=True)),
                ("open_goal_id", models.CharField(max_length=36, null=True)),
                ("due_at", doit_site.mongo.fields.DateTimeField(null=True)),
                ("expires_at", doit_site.mongo.fields.DateTimeField()),
                (
                    "goal",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="jobs",
                        to="goals.goal",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="jobs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "goal_jobs",
                "ordering": ["-created_at"],
                "default_permissions": ("view",),
                "indexes": [
                    doit_site.mongo.indexes.Index("id", name="id_index", unique=True),
                    doit_site.mongo.indexes.Index(
                        "open_goal_id", name="open_goal_index", sparse=True, unique=True
                    ),
                    doit_site.mongo.indexes.Index("due_at", name="due_at_index", sparse=True),
                    doit_site.mongo.indexes.Index("goal", "-created_at", name="goal_created_index"),
                    doit_site.mongo.indexes.Index("user", name="user_id_index"),
                    doit_site.mongo.indexes.Index("-created_at", name="created_at_index"),
                    doit_site.mongo.indexes.Index(
                        "state", "-created_at", name="state_created_index"
                    ),
                    doit_site.mongo.indexes.Index(
                        "expires_at", expire_after_seconds=0, name="expires_at_ttl"
                    ),
                ],
            },
        ),
        GrantRole("support", RIGHTS),
        GrantRole("admin", RIGHTS),
    ]
