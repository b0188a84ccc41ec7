"""The objects inside a group's document (seed 1-doit.md)."""

from django.db import models

from doit_site.mongo.documents import Embedded
from doit_site.mongo.fields import DateTimeTextField


class Archived(Embedded):
    """How many messages were moved into the archive: ours, beside the documented fields."""

    messages = models.IntegerField(default=0)

    def __str__(self):
        return f"{self.messages} messages"


class GroupMessage(Embedded):
    """`id` and `hidden` are ours; a message that another program pushed has neither."""

    user_id = models.CharField(max_length=36)
    username = models.CharField(max_length=100)
    content = models.TextField()
    timestamp = DateTimeTextField()
    message_id = models.CharField(max_length=36, null=True, db_column="id")
    hidden = models.BooleanField(null=True)

    def __str__(self):
        return f"{self.username}: {self.content[:50]}"
