"""Shapes of making a roadmap and re-planning it, and of their previews."""

from rest_framework import serializers

from doit_site.api.serializers import StrictSerializer, UTCDateTimeField
from goals.serializers import RoadmapSerializer


class ReplanInput(StrictSerializer):
    minutes_per_day = serializers.IntegerField(
        min_value=10,
        max_value=240,
        required=False,
        help_text="More than before makes room; with less the coach makes the days ahead anew.",
    )
    preview = serializers.BooleanField(
        required=False, help_text="Show what it would change, and change nothing."
    )
    draft_id = serializers.CharField(
        max_length=36, required=False, help_text="Of a preview, to be stored as it was shown."
    )

    def validate(self, options):
        if "draft_id" in options and len(options) > 1:
            raise serializers.ValidationError({"draft_id": "It goes alone."}, "alone")
        return options


class RoadmapInput(ReplanInput):
    minutes_per_day = serializers.IntegerField(min_value=10, max_value=240, required=False)
    instructions = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class DayChangeSerializer(StrictSerializer):
    day = serializers.IntegerField()
    date = serializers.CharField(help_text="YYYY-MM-DD")
    change = serializers.ChoiceField(["added", "removed", "changed"])
    title_before = serializers.CharField(allow_null=True)
    title_after = serializers.CharField(allow_null=True)
    minutes_before = serializers.IntegerField(allow_null=True)
    minutes_after = serializers.IntegerField(allow_null=True)


class PreviewSerializer(StrictSerializer):
    """A roadmap that is not stored; its draft may be, until it expires."""

    draft_id = serializers.CharField()
    expires_at = UTCDateTimeField()
    roadmap = RoadmapSerializer()
    changes = DayChangeSerializer(many=True)
    summary = serializers.CharField()
