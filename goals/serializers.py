"""Shapes of the Goals part of api.md."""

from rest_framework import serializers

from doit_site.api.serializers import DocumentSerializer, StrictSerializer, UTCDateTimeField
from goals import chat, streaks
from goals.coach.interface import CATEGORIES
from goals.models import Goal, Job


class TaskSerializer(StrictSerializer):
    task = serializers.CharField()
    duration_minutes = serializers.IntegerField()
    resources = serializers.ListField(child=serializers.CharField())


class DaySerializer(StrictSerializer):
    day = serializers.IntegerField()
    date = serializers.CharField(help_text="YYYY-MM-DD")
    title = serializers.CharField()
    tasks = TaskSerializer(many=True)
    tips = serializers.CharField()


class RoadmapSerializer(StrictSerializer):
    total_days = serializers.IntegerField()
    summary = serializers.CharField()
    days = DaySerializer(many=True)


class MessageSerializer(StrictSerializer):
    content = serializers.CharField()
    is_user = serializers.BooleanField()
    timestamp = serializers.CharField(help_text="RFC 3339 in UTC")


class DailyVerificationSerializer(StrictSerializer):
    date = serializers.CharField(help_text="YYYY-MM-DD")
    test_id = serializers.CharField()
    questions_count = serializers.IntegerField()
    score = serializers.FloatField(help_text="0.0 to 1.0")
    passed = serializers.BooleanField()
    completed_at = UTCDateTimeField()


class VerificationStatsSerializer(StrictSerializer):
    total_tests = serializers.IntegerField()
    passed = serializers.IntegerField()
    failed = serializers.IntegerField()
    average_score = serializers.FloatField()
    perfect_scores = serializers.IntegerField()


class GoalSummarySerializer(DocumentSerializer):
    """A row of the list: no roadmap, messages or verifications."""

    model = Goal
    reads = streaks.NOT_SHOWN

    id = serializers.CharField(read_only=True)
    user_id = serializers.CharField(read_only=True)
    title = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=5000)
    target_date = UTCDateTimeField()
    created_at = UTCDateTimeField(read_only=True)
    streak = serializers.IntegerField(read_only=True, help_text="As of now.")
    progress = serializers.FloatField(read_only=True, help_text="Percent.")
    category = serializers.ChoiceField(CATEGORIES, required=False)
    subcategory = serializers.RegexField(
        r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=50, required=False, allow_null=True
    )
    status = serializers.ChoiceField(Goal.STATUSES, read_only=True, help_text="As of now.")
    paused_until: serializers.Field = serializers.CharField(
        read_only=True,
        allow_null=True,
        help_text="YYYY-MM-DD, the day on which it is active again.",
    )
    version = serializers.IntegerField(read_only=True)
    roadmap_outdated = serializers.BooleanField(read_only=True)


class GoalSerializer(GoalSummarySerializer):
    """A goal whole: the documented fields, and of its messages the newest 50."""

    roadmap = RoadmapSerializer(read_only=True, allow_null=True)
    messages = MessageSerializer(many=True, read_only=True)
    daily_verifications = DailyVerificationSerializer(many=True, read_only=True)
    verification_stats = VerificationStatsSerializer(read_only=True, allow_null=True)
    completed_at = UTCDateTimeField(read_only=True, allow_null=True)

    @classmethod
    def projection(cls):
        return {**super().projection(), "messages": {"$slice": -50}}


class GoalChangeSerializer(GoalSerializer):
    """What PATCH takes. `version`, where sent, must be the stored one."""

    status = serializers.ChoiceField([Goal.ACTIVE, Goal.PAUSED, Goal.ABANDONED], required=False)
    paused_until = serializers.DateField(
        required=False, allow_null=True, help_text="With the status paused; 1 to 30 days ahead."
    )
    version = serializers.IntegerField(min_value=1, required=False)


class JobErrorSerializer(StrictSerializer):
    """As a problem tells it, without a request."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()


class JobSerializer(DocumentSerializer):
    """What the coach does on a goal while nobody waits."""

    model = Job
    computed = ("roadmap",)

    id = serializers.CharField(read_only=True)
    goal_id = serializers.CharField(read_only=True)
    kind = serializers.ChoiceField(Job.KINDS, read_only=True)
    state = serializers.ChoiceField(Job.STATES, read_only=True)
    attempts = serializers.IntegerField(read_only=True, help_text="Times that it was taken up.")
    created_at = UTCDateTimeField(read_only=True)
    started_at = UTCDateTimeField(read_only=True, allow_null=True)
    finished_at = UTCDateTimeField(read_only=True, allow_null=True)
    error = JobErrorSerializer(read_only=True, allow_null=True, help_text="Why it failed.")
    roadmap = serializers.URLField(
        read_only=True, allow_null=True, help_text="Where the roadmap is, once the job is done."
    )


class MessageInput(StrictSerializer):
    content = serializers.CharField(max_length=chat.MAX_CONTENT)


class ExchangeSerializer(StrictSerializer):
    message = MessageSerializer()
    reply = MessageSerializer()


class QuestionSerializer(StrictSerializer):
    id = serializers.CharField()
    prompt = serializers.CharField()
    choices = serializers.ListField(child=serializers.CharField())


class TestSerializer(StrictSerializer):
    test_id = serializers.CharField()
    date = serializers.CharField(help_text="YYYY-MM-DD")
    expires_at = UTCDateTimeField()
    questions = QuestionSerializer(many=True)
    note = serializers.CharField(
        required=False, help_text="Only where the offline coach asks in place of the llm coach."
    )


class TestInput(StrictSerializer):
    date = serializers.DateField(
        required=False, help_text="A missed day of the last 48 hours, for its make-up test."
    )


class AnswersInput(StrictSerializer):
    answers = serializers.DictField(child=serializers.IntegerField(), allow_empty=False)

    def validate_answers(self, answers):
        if len(answers) > 100:
            raise serializers.ValidationError("At most 100 answers.", "too_many")
        return answers


class ReviewSerializer(StrictSerializer):
    id = serializers.CharField()
    prompt = serializers.CharField()
    choice = serializers.IntegerField()
    answer = serializers.IntegerField()
    correct = serializers.BooleanField()
    explanation = serializers.CharField()


class ResultSerializer(DailyVerificationSerializer):
    streak = serializers.IntegerField()
    progress = serializers.FloatField()
    verification_stats = VerificationStatsSerializer()
    review = ReviewSerializer(many=True)


class QuestionReportInput(StrictSerializer):
    reason = serializers.CharField(max_length=1000)


class TodayVerificationSerializer(StrictSerializer):
    state = serializers.ChoiceField(["due", "open", "passed", "attempts_used", "none"])
    attempts_left = serializers.IntegerField()
    test_id = serializers.CharField(allow_null=True)


class PaceSerializer(StrictSerializer):
    days_due = serializers.IntegerField(help_text="Roadmap days before today, without paused ones.")
    days_passed = serializers.IntegerField()
    days_behind = serializers.IntegerField(help_text="Days due that are not passed.")
    projected_end = serializers.CharField(
        allow_null=True,
        help_text="YYYY-MM-DD, when the roadmap would be done at the pace so far: days passed for each "
        "day since it began, without paused ones. Never before its last day; null before any pass and "
        "where it would be over ten years away.",
    )


class MakeUpSerializer(StrictSerializer):
    date = serializers.CharField(help_text="YYYY-MM-DD")
    until = UTCDateTimeField(help_text="When it is too late to ask for it.")


class CarriedDaySerializer(StrictSerializer):
    day = serializers.IntegerField()
    date = serializers.CharField(help_text="YYYY-MM-DD")
    title = serializers.CharField()
    tasks = TaskSerializer(many=True)


class TodaySerializer(StrictSerializer):
    date = serializers.CharField(help_text="YYYY-MM-DD")
    day = DaySerializer(allow_null=True)
    carries = CarriedDaySerializer(
        many=True, help_text="Missed days that passing today's test passes too."
    )
    verification = TodayVerificationSerializer()
    streak = serializers.IntegerField()
    freezes = serializers.IntegerField(help_text="Missed days that the streak survives, at most 2.")
    make_up = MakeUpSerializer(allow_null=True, help_text="The missed day that may be made up.")
    progress = serializers.FloatField()
    pace = PaceSerializer()


class CalendarDaySerializer(StrictSerializer):
    day = serializers.IntegerField()
    date = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(
        ["passed", "missed", "frozen", "paused", "skipped", "today", "ahead"]
    )


class GoalStatsSerializer(StrictSerializer):
    verification_stats = VerificationStatsSerializer(allow_null=True)
    streak = serializers.IntegerField()
    freezes = serializers.IntegerField()
    progress = serializers.FloatField()
    pace = PaceSerializer()
    calendar = CalendarDaySerializer(many=True)


class GoalCountsSerializer(StrictSerializer):
    active = serializers.IntegerField()
    paused = serializers.IntegerField()
    completed = serializers.IntegerField()
    abandoned = serializers.IntegerField()


class MyStatsSerializer(StrictSerializer):
    goals = GoalCountsSerializer()
    days_passed = serializers.IntegerField()
    best_streak = serializers.IntegerField(help_text="The longest streak running now.")
    verification_stats = VerificationStatsSerializer(allow_null=True)


class CoachSerializer(StrictSerializer):
    coach = serializers.ChoiceField(["offline", "llm"])
    calls_left = serializers.IntegerField(allow_null=True, help_text="Null: without limit.")
    tokens_left = serializers.IntegerField(allow_null=True)
    resets_at = UTCDateTimeField(allow_null=True, help_text="The person's next midnight.")


class EventSerializer(StrictSerializer):
    at = UTCDateTimeField()
    kind = serializers.ChoiceField(
        ["goal_created", "goal_completed", "verification_passed", "verification_failed"]
    )
    goal_id = serializers.CharField()
    title = serializers.CharField()
    date = serializers.CharField(allow_null=True)
    score = serializers.FloatField(allow_null=True)
    test_id = serializers.CharField(allow_null=True)
