from django.db import migrations, models


class Migration(migrations.Migration):
    """State alone: a document without the field reads as none, and the backend would write a null into each."""

    dependencies = [("doit_site", "0002_figure")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField(
                    model_name="ratelimit", name="tokens", field=models.BigIntegerField(null=True)
                )
            ]
        )
    ]
