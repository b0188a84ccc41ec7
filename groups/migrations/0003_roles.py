from django.db import migrations

from doit_site.roles import GrantRole

MODERATOR = (
    "groups.view_group group",
    "groups.view_report report",
    "groups.moderate_report report",
)
ADMIN = (
    *MODERATOR,
    "groups.add_group group",
    "groups.change_group group",
    "groups.delete_group group",
    "groups.unmask_membership membership",
)


class Migration(migrations.Migration):
    dependencies = [
        ("groups", "0002_validator"),
        ("accounts", "0005_audit_and_roles"),
        ("auth", "0001_initial"),
        ("contenttypes", "0001_initial"),
    ]

    operations = [GrantRole("moderator", MODERATOR), GrantRole("admin", ADMIN)]
