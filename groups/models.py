"""Groups and who is in them. The document of a group is seed 1-doit.md's ("Groups Collection")."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django_mongodb_backend.fields import ArrayField, EmbeddedModelArrayField, EmbeddedModelField

from doit_site import clock
from doit_site.api.problems import Code, Problem
from doit_site.mongo.client import current_session
from doit_site.mongo.documents import Document, DocumentManager
from doit_site.mongo.fields import DateTimeField, IdField, OptionalTextField
from doit_site.mongo.indexes import Index
from goals.coach.interface import CATEGORIES
from groups.embedded import Archived, GroupMessage

MOST_MEMBERS = 100
DEFAULT_MEMBERS = 50


class GroupManager(DocumentManager):
    def one(self, group_id: str, projection: dict) -> dict:
        """The raw document of a group. Raises Problem `not_found`."""
        group = self.collection.find_one({"id": group_id}, projection, session=current_session())
        if group is None:
            raise Problem(Code.not_found)
        return group

    def require_member(self, user_id: str, group_id: str) -> dict:
        """What of the group lies in the archive: {"archived"}. Raises Problem `not_found`, `not_a_member`."""
        mine = {"$elemMatch": {"$eq": user_id}}
        group = self.one(group_id, {"_id": 0, "members": mine, "archived": 1})
        if not group.get("members"):
            raise Problem(Code.not_a_member)
        return group


class Group(Document):
    """People with the same kind of goal, known to each other by pseudonyms only."""

    id = IdField()
    category = models.CharField(
        max_length=20, choices=[(name, name.capitalize()) for name in CATEGORIES]
    )
    subcategory = models.CharField(max_length=50, null=True, blank=True)
    name = models.CharField(max_length=200)
    members = ArrayField(models.CharField(max_length=36), default=list, blank=True, editable=False)
    max_members = models.IntegerField(
        default=DEFAULT_MEMBERS,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_MEMBERS)],
    )
    messages = EmbeddedModelArrayField(GroupMessage, default=list, blank=True, editable=False)
    created_at = DateTimeField(default=clock.now, editable=False)

    # Beyond the seed. Absent where another program wrote the document.
    removed = ArrayField(models.CharField(max_length=36), null=True, blank=True, editable=False)
    last_message_at = DateTimeField(null=True, blank=True, editable=False)
    member_count = models.IntegerField(null=True, blank=True, editable=False)
    is_full = models.BooleanField(null=True, blank=True, editable=False)
    archived = EmbeddedModelField(Archived, null=True, blank=True, editable=False)
    opening = OptionalTextField(max_length=100, editable=False)

    objects: ClassVar[GroupManager] = GroupManager()

    class Meta:
        db_table = "groups"
        ordering = ["-created_at"]
        indexes = [
            Index("id", name="id_index", unique=True),
            Index("category", name="category_index"),
            Index("category", "subcategory", name="category_subcategory_index"),
            # the list, by category and by both; the admin's list, newest first
            Index("-created_at", "-id", name="created_id_index"),
            Index("category", "-created_at", "-id", name="category_created_id_index"),
            Index(
                "category",
                "subcategory",
                "-created_at",
                "-id",
                name="category_sub_created_id_index",
            ),
            # one's own groups
            Index("members", "-created_at", "-id", name="members_created_id_index"),
            # the group that is offered: with room, the newest message first, then the fuller
            Index(
                "category",
                "subcategory",
                "is_full",
                "-last_message_at",
                "-member_count",
                name="matching_index",
            ),
            # the admin's search by the beginning of a name
            Index("name", name="name_index"),
            # of two that open a group at once, one does
            Index("opening", name="opening_index", unique=True, sparse=True),
        ]
        permissions = [("export_group", "Can export groups")]

    def __str__(self):
        return self.name


class Membership(Document):
    """The pseudonym of a person in a group, theirs for good: it outlives leaving, and is erased
    by giving it to a random UUID, so that nobody else ever gets it."""

    id = IdField()
    group_id = models.CharField(max_length=36)
    user_id = models.CharField(max_length=36)
    username = models.CharField(max_length=40)
    username_key = models.CharField(max_length=40)
    joined_at = DateTimeField()
    left_at = DateTimeField(null=True)
    erased = models.BooleanField(default=False)

    class Meta:
        db_table = "group_memberships"
        indexes = [
            Index("id", name="id_index", unique=True),
            # a person has one pseudonym in a group, and no two have the same
            Index("group_id", "user_id", name="group_user_index", unique=True),
            Index("group_id", "username_key", name="group_username_index", unique=True),
            # groups that one left; erasing and exporting
            Index("user_id", name="user_id_index"),
        ]
        default_permissions = ()
        permissions = [
            ("unmask_membership", "Can see who bears a pseudonym, for a reason that is recorded")
        ]

    def __str__(self):
        return self.username


class Mute(Document):
    """`user_id` does not want to meet `muted_user_id` in the group: neither sees the other there."""

    id = IdField()
    group_id = models.CharField(max_length=36)
    user_id = models.CharField(max_length=36)
    muted_user_id = models.CharField(max_length=36)
    username = models.CharField(max_length=40)
    created_at = DateTimeField(default=clock.now)

    class Meta:
        db_table = "group_mutes"
        indexes = [
            Index("id", name="id_index", unique=True),
            Index(
                "user_id", "group_id", "muted_user_id", name="user_group_muted_index", unique=True
            ),
            # the list of one's mutes in a group
            Index("user_id", "group_id", "-created_at", "-id", name="user_group_created_id_index"),
            # what others muted
            Index("muted_user_id", "group_id", name="muted_group_index"),
        ]
        default_permissions = ()


class Report(Document):
    """A member's report of a message, for a moderator to decide."""

    WAITING, ACTED, DISMISSED = "waiting", "acted", "dismissed"
    STATUSES = [(WAITING, "Waiting"), (ACTED, "Acted on"), (DISMISSED, "Dismissed")]

    id = IdField()
    group_id = models.CharField(max_length=36)
    message_id = models.CharField(max_length=36)
    reporter_id = models.CharField(max_length=36)
    username = models.CharField("pseudonym of the sender", max_length=100)
    content = models.TextField("the message")
    reason = models.CharField(max_length=1000)
    status = models.CharField(max_length=10, default=WAITING, choices=STATUSES)
    created_at = DateTimeField(default=clock.now)
    decided_at = DateTimeField(null=True)

    class Meta:
        db_table = "group_reports"
        ordering = ["-created_at"]
        indexes = [
            Index("id", name="id_index", unique=True),
            # a person reports a message once
            Index("message_id", "reporter_id", name="message_reporter_index", unique=True),
            # the queue of moderators, newest first
            Index("status", "-created_at", name="status_created_index"),
            Index("-created_at", name="created_at_index"),
            # erasing a person, reporter or reported
            Index("reporter_id", name="reporter_id_index"),
            Index("group_id", "username", name="group_username_index"),
        ]
        default_permissions = ("view",)
        permissions = [("moderate_report", "Can hide, restore and dismiss, and remove people")]

    def __str__(self):
        return f"{self.username}: {self.content[:50]}"
