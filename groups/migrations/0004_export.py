from django.db import migrations

from doit_site.roles import GrantRole


class Migration(migrations.Migration):
    dependencies = [("groups", "0003_roles")]

    operations = [
        migrations.AlterModelOptions(
            name="group",
            options={
                "ordering": ["-created_at"],
                "permissions": [("export_group", "Can export groups")],
            },
        ),
        GrantRole("admin", ("groups.export_group group",)),
    ]
