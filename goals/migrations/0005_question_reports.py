import django_mongodb_backend.fields
from django.db import migrations, models

import doit_site.clock
import doit_site.mongo.fields
import doit_site.mongo.indexes
from doit_site.roles import GrantRole

RIGHTS = (
    "goals.view_questionreport questionreport",
    "goals.decide_questionreport questionreport",
)


class Migration(migrations.Migration):
    dependencies = [
        ("goals", "0004_roles"),
        ("auth", "0001_initial"),
        ("contenttypes", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="QuestionReport",
            fields=[
                ("id", doit_site.mongo.fields.IdField(primary_key=True, serialize=False)),
                ("question_key", models.CharField(max_length=64)),
                ("prompt", models.TextField()),
                (
                    "choices",
                    django_mongodb_backend.fields.ArrayField(
                        base_field=models.TextField(), default=list
                    ),
                ),
                ("answer", models.IntegerField()),
                ("explanation", models.TextField()),
                ("topic", models.CharField(max_length=120, null=True)),
                ("reporter_id", models.CharField(max_length=36)),
                ("reason", models.CharField(max_length=1000)),
                (
                    "status",
                    models.CharField(
                        choices=[("open", "Open"), ("dismissed", "Dismissed"), ("fixed", "Fixed")],
                        default="open",
                        max_length=10,
                    ),
                ),
                (
                    "created_at",
                    doit_site.mongo.fields.DateTimeField(default=doit_site.clock.now),
                ),
                ("decided_at", doit_site.mongo.fields.DateTimeField(null=True)),
            ],
            options={
                "db_table": "question_reports",
                "ordering": ["-created_at"],
                "permissions": [
                    (
                        "decide_questionreport",
                        "Can dismiss reported questions or mark them fixed",
                    )
                ],
                "default_permissions": ("view",),
                "indexes": [
                    doit_site.mongo.indexes.Index("id", name="id_index", unique=True),
                    doit_site.mongo.indexes.Index(
                        "question_key", "reporter_id", name="question_reporter_index", unique=True
                    ),
                    doit_site.mongo.indexes.Index(
                        "status", "-created_at", name="status_created_index"
                    ),
                    doit_site.mongo.indexes.Index("-created_at", name="created_at_index"),
                    doit_site.mongo.indexes.Index("reporter_id", name="reporter_id_index"),
                ],
            },
        ),
        GrantRole("moderator", RIGHTS),
        GrantRole("admin", RIGHTS),
    ]
