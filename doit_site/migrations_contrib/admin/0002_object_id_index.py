from django.db import migrations

NAME = "object_id_index"


def create(apps, schema_editor):
    """What was done in the admin to a person and their goals is erased with them."""
    schema_editor.connection.database["django_admin_log"].create_index("object_id", name=NAME)


def drop(apps, schema_editor):
    schema_editor.connection.database["django_admin_log"].drop_index(NAME)


class Migration(migrations.Migration):
    dependencies = [("admin", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
