from django.db import migrations

from doit_site.roles import GrantRole

SUPPORT = ("goals.view_goal goal",)
ADMIN = (
    *SUPPORT,
    "goals.add_goal goal",
    "goals.change_goal goal",
    "goals.delete_goal goal",
    "goals.read_chat goal",
    "goals.export_goal goal",
)


class Migration(migrations.Migration):
    dependencies = [("goals", "0003_staff"), ("accounts", "0005_audit_and_roles")]

    operations = [GrantRole("support", SUPPORT), GrantRole("admin", ADMIN)]
