from django.db import migrations

from doit_site.mongo.validators import SetValidator
from doit_site.roles import GrantRole

UUID4 = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
AUDIT = {
    "bsonType": "object",
    "required": ["id", "at", "actor_id", "action", "subject_kind", "subject_id"],
    "properties": {
        "id": {"bsonType": "string", "pattern": UUID4},
        "at": {"bsonType": "date"},
        "actor_id": {"bsonType": "string", "pattern": UUID4},
        "action": {"bsonType": "string", "pattern": "^[a-z_]+\\.[a-z_]+$"},
        "subject_kind": {"bsonType": "string", "minLength": 1},
        "subject_id": {"bsonType": "string", "maxLength": 36},
        "reason": {"bsonType": "string", "maxLength": 500},
        "request_id": {"bsonType": "string", "maxLength": 64},
    },
}
SUPPORT = ("accounts.view_user user", "accounts.suspend_user user")
ANALYST = ("doit_site.view_figure figure",)
ADMIN = (
    *SUPPORT,
    *ANALYST,
    "accounts.add_user user",
    "accounts.change_user user",
    "accounts.delete_user user",
    "accounts.export_user user",
    "accounts.view_auditrecord auditrecord",
    "auth.view_group group",
    "auth.add_group group",
    "auth.change_group group",
    "auth.delete_group group",
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_staff"),
        ("auth", "0001_initial"),
        ("contenttypes", "0001_initial"),
        ("doit_site", "0002_figure"),
    ]

    operations = [
        SetValidator("audit", AUDIT),
        GrantRole("support", SUPPORT),
        # What moderators work on, messages and reports, comes with the groups app.
        GrantRole("moderator", ()),
        GrantRole("analyst", ANALYST),
        GrantRole("admin", ADMIN),
    ]
