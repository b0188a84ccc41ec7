"""Shapes of the Groups part of api.md."""

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from doit_site.api.serializers import DocumentSerializer, StrictSerializer, UTCDateTimeField
from goals.chat import MAX_CONTENT
from goals.coach.interface import CATEGORIES
from groups.models import Group


class GroupSerializer(DocumentSerializer):
    """A group as anybody signed in sees it."""

    model = Group
    computed = ("member_count", "is_member", "username")

    id = serializers.CharField()
    category = serializers.CharField()
    subcategory = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    member_count = serializers.IntegerField()
    max_members = serializers.IntegerField()
    is_member = serializers.BooleanField()
    username = serializers.CharField(allow_null=True, help_text="Your own pseudonym there.")
    created_at = UTCDateTimeField()

    @classmethod
    def seen_by(cls, user_id: str) -> dict:
        """The projection for a reader: no member's id leaves the database."""
        members = {"$ifNull": ["$members", []]}
        return {
            **cls.projection(),
            "member_count": {"$size": members},
            "is_member": {"$in": [user_id, members]},
        }


class CategorySerializer(StrictSerializer):
    category = serializers.CharField()
    subcategories = serializers.ListField(child=serializers.CharField())
    groups = serializers.IntegerField(help_text="How many groups there are.")


class CategoriesSerializer(StrictSerializer):
    results = CategorySerializer(many=True)


class MatchInput(StrictSerializer):
    """Either `goal_id`, or `category` with or without `subcategory`."""

    goal_id = serializers.CharField(max_length=64, required=False)
    category = serializers.ChoiceField(CATEGORIES, required=False)
    subcategory = serializers.RegexField(
        r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=50, required=False, allow_null=True
    )

    def validate(self, data):
        by_goal, by_kind = "goal_id" in data, "category" in data or "subcategory" in data
        if by_goal and by_kind:
            raise ValidationError({"goal_id": ["Send goal_id, or category, not both."]})
        if not by_goal and "category" not in data:
            raise ValidationError({"category": ["Send goal_id or category."]})
        return data


class GroupMessageSerializer(StrictSerializer):
    id = serializers.CharField()
    username = serializers.CharField(help_text="The sender's pseudonym.")
    is_mine = serializers.BooleanField()
    content = serializers.CharField(help_text="Empty where a moderator hid it.")
    timestamp = serializers.CharField(help_text="RFC 3339 in UTC")
    hidden = serializers.BooleanField()


class GroupMessageInput(StrictSerializer):
    content = serializers.CharField(max_length=MAX_CONTENT)


class ReportInput(StrictSerializer):
    reason = serializers.CharField(max_length=1000)


class MuteSerializer(DocumentSerializer):
    username = serializers.CharField(max_length=40)
    created_at = UTCDateTimeField(read_only=True)
