"""What the site itself stores: answers kept for retries, counters that protect codes, the archive."""

from django.db import models

from doit_site.mongo import archive
from doit_site.mongo.documents import Document
from doit_site.mongo.fields import DateTimeField, IdField
from doit_site.mongo.indexes import Index


class IdempotencyKey(Document):
    """A retried POST and its first answer, for 24 hours (api.md, "retries").

    `key` is a SHA-256 over person, route and Idempotency-Key. The row is claimed before
    the act and completed in the act's own transaction.
    """

    key = models.CharField(max_length=64, primary_key=True, db_column="_id")
    user_id = models.CharField(max_length=36)
    fingerprint = models.CharField(max_length=64)
    claim = models.CharField(max_length=36)
    claimed_at = DateTimeField()
    status = models.IntegerField(null=True)
    body = models.TextField(null=True)
    headers = models.JSONField(default=dict)
    expires_at = DateTimeField()

    class Meta:
        db_table = "idempotency_keys"
        indexes = [
            Index("user_id", name="user_id_index"),
            Index("expires_at", name="expires_at_ttl", expire_after_seconds=0),
        ]


class RateLimit(Document):
    """How often something was done within one window. `key` is an HMAC, so it names nobody.

    `tokens` where the limit is on those of a language model too (goals.quota).
    """

    key = models.CharField(max_length=100, primary_key=True, db_column="_id")
    count = models.IntegerField(default=0)
    tokens = models.BigIntegerField(null=True)
    expires_at = DateTimeField()

    class Meta:
        db_table = "rate_limits"
        indexes = [Index("expires_at", name="expires_at_ttl", expire_after_seconds=0)]


class Figure(Document):
    """Figures of the dashboard as last reckoned (doit_site.figures), one document a name.

    `claim` is whoever reckons them now, until `claimed_until`.
    """

    name = models.CharField(max_length=50, primary_key=True, db_column="_id")
    values = models.JSONField(null=True)
    at = DateTimeField(null=True)
    fresh_until = DateTimeField()
    claim = models.CharField(max_length=36, default="")
    claimed_until = DateTimeField()

    class Meta:
        db_table = "figures"
        default_permissions = ("view",)


class Bucket(Document):
    """Consecutive older entries of an array of a document (doit_site.mongo.history).

    `array` is as `goals.messages`; `first` is the position of the first entry in the whole history.
    """

    id = IdField()
    document_id = models.CharField(max_length=36)
    array = models.CharField(max_length=60)
    first = models.IntegerField()
    count = models.IntegerField()
    entries = models.JSONField(default=list)

    class Meta:
        db_table = archive.COLLECTION
        indexes = [
            Index("id", name="id_index", unique=True),
            # a page of history; two moves of the same entries cannot both be
            Index("document_id", "array", "first", name="document_array_first_index", unique=True),
        ]
        default_permissions = ()
