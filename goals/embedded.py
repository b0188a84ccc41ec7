"""The objects inside a goal's document (seed 1-doit.md), by their own names and types."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django_mongodb_backend.fields import ArrayField, EmbeddedModelArrayField

from doit_site.mongo.documents import Embedded
from doit_site.mongo.fields import DateTextField, DateTimeField, DateTimeTextField


class Task(Embedded):
    task = models.CharField(max_length=500)
    duration_minutes = models.IntegerField(validators=[MinValueValidator(1)])
    resources = ArrayField(models.CharField(max_length=2000), default=list)

    def __str__(self):
        return self.task


class Day(Embedded):
    day = models.IntegerField(validators=[MinValueValidator(1)])
    date = DateTextField()
    title = models.CharField(max_length=200)
    tasks = EmbeddedModelArrayField(Task, default=list)
    tips = models.TextField(default="")

    def __str__(self):
        return f"Day {self.day}: {self.title}"


class Roadmap(Embedded):
    total_days = models.IntegerField(validators=[MinValueValidator(1)])
    summary = models.TextField(default="")
    days = EmbeddedModelArrayField(Day, default=list)

    def __str__(self):
        return f"{self.total_days} days"


class Message(Embedded):
    content = models.TextField()
    is_user = models.BooleanField()
    timestamp = DateTimeTextField()

    def __str__(self):
        return self.content[:50]


class DailyVerification(Embedded):
    date = DateTextField()
    test_id = models.CharField(max_length=36)
    questions_count = models.IntegerField()
    score = models.FloatField()
    passed = models.BooleanField()
    completed_at = DateTimeField()

    def __str__(self):
        return f"{self.date}: {self.score}"


class VerificationStats(Embedded):
    total_tests = models.IntegerField(default=0)
    passed = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    average_score = models.FloatField(
        default=0.0, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    perfect_scores = models.IntegerField(default=0)

    def __str__(self):
        return f"{self.passed} of {self.total_tests} passed"


class Archived(Embedded):
    """How many entries of each array were moved into the archive: ours, beside the documented fields."""

    messages = models.IntegerField(default=0)
    daily_verifications = models.IntegerField(default=0)

    def __str__(self):
        return f"{self.messages} messages, {self.daily_verifications} tests"


class Memory(Embedded):
    """What the coach keeps of older messages (goals.memory): all before position `upto`, summed up."""

    summary = models.TextField(default="")
    upto = models.IntegerField(default=0)

    def __str__(self):
        return f"{self.upto} messages"


class Pause(Embedded):
    """Days on which nothing is missed, up to, not including, `until`: ours."""

    first = DateTextField(db_column="from")
    until = DateTextField()

    def __str__(self):
        return f"{self.first} to {self.until}"


class Piece(Embedded):
    """Missed work that roadmap day `on` carries: `minutes` of task `task` of the missed day `day`.

    `task` is its place among that day's own tasks, from 0.
    """

    on = models.IntegerField()
    day = models.IntegerField()
    task = models.IntegerField()
    minutes = models.IntegerField()

    def __str__(self):
        return f"{self.minutes} minutes of day {self.day}"


class Plan(Embedded):
    """How the coach made the roadmap: ours, beside the documented fields.

    `topics[n]` are the curriculum steps that roadmap day n + 1 has of its own, `carries[n]` the numbers
    of the missed days that it carries by a re-planning: passing it passes them. `pieces` say which tasks
    of a day are carried ones; they stand before its own, in this order.
    """

    curriculum = models.CharField(max_length=100, null=True)
    minutes_per_day = models.IntegerField()
    topics = ArrayField(ArrayField(models.CharField(max_length=200)), default=list)
    carries = ArrayField(ArrayField(models.IntegerField()), default=list)
    pieces = EmbeddedModelArrayField(Piece, default=list)

    def __str__(self):
        return self.curriculum or "general"
