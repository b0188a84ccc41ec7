"""The objects inside a person's document."""

from django.db import models
from django_mongodb_backend.fields import ArrayField

from doit_site.mongo.documents import Embedded
from doit_site.mongo.fields import DateTextField, DateTimeField


class Preferences(Embedded):
    """How the product meets the person (seed 2-nexstepai.md)."""

    notifications = models.BooleanField(default=True)
    theme = models.CharField(
        max_length=10,
        default="system",
        choices=[("system", "System"), ("light", "Light"), ("dark", "Dark")],
    )
    language = models.CharField(max_length=35, default="en")

    def __str__(self):
        return f"{self.theme}, {self.language}"


class Reminders(Embedded):
    """What the person wants to be reminded of, and when (accounts.reminders).

    `time`, `quiet_from` and `quiet_to` are HH:MM on the person's wall; `reminded_on` and
    `summarised_on` the person's last days with a message, with a weekly summary.
    """

    enabled = models.BooleanField(default=False)
    weekly = models.BooleanField(default=True)
    time = models.CharField(max_length=5, default="18:00")
    quiet_from = models.CharField(max_length=5, default="22:00")
    quiet_to = models.CharField(max_length=5, default="08:00")
    reminded_on = DateTextField(null=True)
    summarised_on = DateTextField(null=True)

    def __str__(self):
        if not self.enabled:
            return "off"
        weekly = ", with a weekly summary" if self.weekly else ""
        return f"at {self.time}, quiet from {self.quiet_from} to {self.quiet_to}{weekly}"


class StoredZoneChange(Embedded):
    """accounts.calendar.ZoneChange as it is stored."""

    zone = models.CharField(max_length=64)
    since = DateTimeField()
    first_day = DateTextField()
    skipped = ArrayField(DateTextField(), default=list)

    def __str__(self):
        return f"{self.zone} from {self.first_day}"
