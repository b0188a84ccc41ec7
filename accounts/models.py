"""People and how they sign in. Documents of seed 1-doit.md ("Users Collection"), and ours."""

from datetime import UTC, date
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.validators import RegexValidator
from django.db import models
from django.utils.functional import cached_property
from django_mongodb_backend.fields import EmbeddedModelArrayField, EmbeddedModelField

from accounts import phones
from accounts.calendar import Calendar, ZoneChange
from accounts.embedded import Preferences, Reminders, StoredZoneChange
from doit_site import clock
from doit_site.mongo.documents import Document, DocumentManager
from doit_site.mongo.fields import (
    DateTimeField,
    IdField,
    OptionalDateTimeField,
    OptionalTextField,
)
from doit_site.mongo.indexes import Index


class UserManager(DocumentManager, BaseUserManager):
    def create_user(self, phone_number, password=None, **fields):
        """Create a person by hand, as the admin and tests do; sign-in has its own act."""
        user: Any = self.model(phone_number=phones.normalise(phone_number), **fields)
        user.set_password(password)
        user.save(force_insert=True)
        return user

    def get_by_natural_key(self, username):
        """Whom the admin's sign-in means: the number as people type it."""
        try:
            return super().get_by_natural_key(phones.normalise(username))
        except ValueError as error:
            raise User.DoesNotExist from error

    def create_superuser(self, phone_number, password=None, **fields):
        return self.create_user(
            phone_number, password, **{"is_staff": True, "is_superuser": True, **fields}
        )


class User(AbstractBaseUser, PermissionsMixin, Document):
    """A person. `email` is absent from the document when unset."""

    ACTIVE, SUSPENDED = "active", "suspended"

    id = IdField()
    phone_number = models.CharField(
        max_length=15, unique=True, validators=[RegexValidator(phones.PATTERN, "10 to 15 digits.")]
    )
    created_at = DateTimeField(default=clock.now, editable=False)
    name = models.CharField(max_length=100, default="", blank=True)
    email = OptionalTextField(max_length=254, unique=True)
    status = models.CharField(
        max_length=10,
        default=ACTIVE,
        choices=[(ACTIVE, "Active"), (SUSPENDED, "Suspended")],
    )
    is_staff = models.BooleanField("may use the admin", default=False)
    time_zone = models.CharField(max_length=64, default="UTC")
    time_zones = EmbeddedModelArrayField(StoredZoneChange, default=list, editable=False)
    preferences = EmbeddedModelField(Preferences, null=True, blank=True)
    reminders = EmbeddedModelField(Reminders, null=True, blank=True, editable=False)
    remind_at = OptionalDateTimeField(editable=False)
    last_login = DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "phone_number"

    class Meta:
        db_table = "users"
        verbose_name, verbose_name_plural = "person", "people"
        ordering = ["-created_at"]
        indexes = [
            Index("phone_number", name="phone_number_index", unique=True),
            Index("id", name="id_index", unique=True),
            # password reset and the uniqueness of addresses
            Index("email", name="email_index", unique=True, sparse=True),
            # the admin's list, newest first, and its filters
            Index("-created_at", name="created_at_index"),
            Index("status", "-created_at", name="status_created_index"),
            Index("is_staff", "-created_at", name="is_staff_created_index"),
            Index("is_superuser", "-created_at", name="is_superuser_created_index"),
            # the admin's search by the beginning of a name
            Index("name", name="name_index"),
            # who is to be reminded by now; only those who want to be are in it
            Index("remind_at", name="remind_at_index", sparse=True),
        ]
        permissions = [
            ("suspend_user", "Can suspend and reactivate a person"),
            ("export_user", "Can export people"),
        ]

    def __str__(self):
        return self.name or f"+{self.phone_number}"

    def get_short_name(self) -> str:
        return str(self)

    def get_full_name(self) -> str:
        return str(self)

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # follows from the status
        return self.status == self.ACTIVE

    def check_password(self, raw_password):
        """As Django's; the document of a person who signs in by code alone has no password."""
        self.password = self.password or ""
        return super().check_password(raw_password)

    @cached_property
    def calendar(self) -> Calendar:
        return Calendar(
            tuple(
                ZoneChange(
                    change.zone,
                    change.since.astimezone(UTC),
                    date.fromisoformat(change.first_day),
                    tuple(date.fromisoformat(day) for day in change.skipped or ()),
                )
                for change in self.time_zones
            )
        )

    def today(self) -> date:
        """The person's local day now."""
        return self.calendar.day(clock.now())


class Session(Document):
    """A sign-in: an opaque bearer token, of which only the SHA-256 is stored.

    `user` is a copy of its owner's document, good until `user_until`; `user_changes` counts
    how often it was struck out (accounts.sessions).
    """

    id = IdField()
    user_id = models.CharField(max_length=36)
    token_hash = models.CharField(max_length=64)
    created_at = DateTimeField(default=clock.now)
    last_used_at = DateTimeField(default=clock.now)
    expires_at = DateTimeField()
    device = models.CharField(max_length=200, default="")
    user = models.JSONField(null=True)
    user_until = DateTimeField(null=True)
    user_changes = models.IntegerField(default=0)

    class Meta:
        db_table = "sessions"
        indexes = [
            Index("id", name="id_index", unique=True),
            # every authenticated request
            Index("token_hash", name="token_hash_index", unique=True),
            # the list of one's sessions, and signing out everywhere
            Index("user_id", "-created_at", "-id", name="user_id_created_id_index"),
            Index("expires_at", name="expires_at_ttl", expire_after_seconds=0),
        ]


class SignInCode(Document):
    """The one open code of a phone number and purpose; HMAC at rest, gone with its time."""

    id = IdField()
    phone_number = models.CharField(max_length=15)
    purpose = models.CharField(max_length=60)
    digest = models.CharField(max_length=64)
    guesses = models.IntegerField(default=0)
    sent_at = DateTimeField()
    expires_at = DateTimeField()

    class Meta:
        db_table = "sign_in_codes"
        indexes = [
            Index("id", name="id_index", unique=True),
            # sending and guessing; one code a number and purpose
            Index("phone_number", "purpose", name="phone_purpose_index", unique=True),
            # erasing a person with a change of number under way
            Index("purpose", name="purpose_index"),
            Index("expires_at", name="expires_at_ttl", expire_after_seconds=0),
        ]


class PasswordReset(Document):
    """An open password reset: single use, one hour; the token's SHA-256."""

    id = IdField()
    user_id = models.CharField(max_length=36)
    token_hash = models.CharField(max_length=64)
    created_at = DateTimeField(default=clock.now)
    expires_at = DateTimeField()

    class Meta:
        db_table = "password_resets"
        indexes = [
            Index("id", name="id_index", unique=True),
            Index("token_hash", name="token_hash_index", unique=True),
            Index("user_id", name="user_id_index"),
            Index("expires_at", name="expires_at_ttl", expire_after_seconds=0),
        ]


class StreamTicket(Document):
    """What opens one stream in place of a bearer token, within a minute; its key is a SHA-256."""

    ticket_hash = models.CharField(max_length=64, primary_key=True, db_column="_id")
    user_id = models.CharField(max_length=36)
    session_id = models.CharField(max_length=36)
    expires_at = DateTimeField()

    class Meta:
        db_table = "stream_tickets"
        indexes = [
            # erasing a person
            Index("user_id", name="user_id_index"),
            Index("expires_at", name="expires_at_ttl", expire_after_seconds=0),
        ]


class AdminSession(AbstractBaseSession):
    """A browser session of the admin, with its owner so that erasing and suspending end it."""

    expire_date = DateTimeField()
    user_id = models.CharField(max_length=36, default="")

    class Meta:
        db_table = "admin_sessions"
        indexes = [
            Index("session_key", name="session_key_index", unique=True),
            Index("user_id", name="user_id_index"),
            Index("expire_date", name="expire_date_ttl", expire_after_seconds=0),
        ]

    @classmethod
    def get_session_store_class(cls):
        from accounts.admin_session import SessionStore

        return SessionStore


class AuditRecord(Document):
    """What staff did with somebody's data, and why. Written once by accounts.audit, never changed.

    Erasing a person replaces their id, in `actor_id` and `subject_id`, by a random UUID.
    """

    id = IdField()
    at = DateTimeField(default=clock.now)
    actor_id = models.CharField(max_length=36)
    action = models.CharField(max_length=50)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.CharField(max_length=36, default="")
    reason = models.CharField(max_length=500, default="")
    request_id = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "audit"
        ordering = ["-at"]
        default_permissions = ("view",)
        indexes = [
            Index("id", name="id_index", unique=True),
            # the admin's list, newest first, and its filter
            Index("-at", name="at_index"),
            Index("action", "-at", name="action_at_index"),
            # what somebody did, and what was done to somebody; erasing either
            Index("actor_id", "-at", name="actor_id_at_index"),
            Index("subject_id", "-at", name="subject_id_at_index"),
        ]

    def __str__(self):
        return f"{self.action} at {clock.text(self.at)}"

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError("An audit record is never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError("An audit record is never deleted.")
