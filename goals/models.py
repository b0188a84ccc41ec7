"""Goals and their open tests. The document of a goal is seed 1-doit.md's ("Goals Collection")."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django_mongodb_backend.fields import ArrayField, EmbeddedModelArrayField, EmbeddedModelField

from accounts.models import User
from doit_site import clock
from doit_site.api.problems import Code, Problem
from doit_site.mongo.client import current_session
from doit_site.mongo.documents import Document, DocumentManager
from doit_site.mongo.fields import DateTextField, DateTimeField, IdField
from doit_site.mongo.indexes import Index
from goals.coach.interface import CATEGORIES
from goals.embedded import (
    Archived,
    DailyVerification,
    Memory,
    Message,
    Pause,
    Plan,
    Roadmap,
    VerificationStats,
)


class GoalManager(DocumentManager):
    def own(self, user: User, goal_id: str, projection: dict | None = None) -> dict:
        """The raw document of one of the person's goals. Raises Problem `not_found`."""
        goal = self.collection.find_one(
            {"id": goal_id, "user_id": user.pk}, projection, session=current_session()
        )
        if goal is None:
            raise Problem(Code.not_found)
        return goal


class Goal(Document):
    """A goal of one person, with its roadmap, chat and verifications."""

    ACTIVE, PAUSED, COMPLETED, ABANDONED = "active", "paused", "completed", "abandoned"
    STATUSES = [
        (ACTIVE, "Active"),
        (PAUSED, "Paused"),
        (COMPLETED, "Completed"),
        (ABANDONED, "Abandoned"),
    ]

    id = IdField()
    user = models.ForeignKey(
        User, models.CASCADE, db_index=False, db_constraint=False, related_name="goals"
    )
    title = models.CharField(max_length=200)
    description = models.TextField(max_length=5000)
    target_date = DateTimeField()
    created_at = DateTimeField(default=clock.now, editable=False)
    streak = models.IntegerField(default=0, validators=[MinValueValidator(0)])
    progress = models.FloatField(
        default=0.0, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    roadmap = EmbeddedModelField(Roadmap, null=True, blank=True)
    messages = EmbeddedModelArrayField(Message, default=list, blank=True)
    daily_verifications = EmbeddedModelArrayField(DailyVerification, default=list, blank=True)
    verification_stats = EmbeddedModelField(VerificationStats, null=True, blank=True)

    # Beyond the seed: what product.md ("Goals") adds.
    category = models.CharField(
        max_length=20, default="other", choices=[(name, name.capitalize()) for name in CATEGORIES]
    )
    subcategory = models.CharField(max_length=50, null=True, blank=True)
    status = models.CharField(max_length=10, default=ACTIVE, choices=STATUSES)
    # The local day on which a paused goal is active again, and all pauses with this one (goals.pauses).
    paused_until = DateTextField(null=True, blank=True, editable=False)
    pauses = EmbeddedModelArrayField(Pause, null=True, blank=True, editable=False)
    completed_at = DateTimeField(null=True, blank=True)
    version = models.IntegerField(default=1, editable=False)
    roadmap_outdated = models.BooleanField(default=False)
    plan = EmbeddedModelField(Plan, null=True, blank=True, editable=False)
    coach_memory = EmbeddedModelField(Memory, null=True, blank=True, editable=False)

    # What submissions keep exact; absent where another program wrote the document.
    streak_until = DateTextField(null=True, blank=True, editable=False)
    freezes = models.IntegerField(null=True, blank=True, editable=False)
    make_up_date = DateTextField(null=True, blank=True, editable=False)
    days_passed = ArrayField(models.IntegerField(), null=True, blank=True, editable=False)
    score_total = models.BigIntegerField(null=True, blank=True, editable=False)

    # What lies in the archive (goals.histories); absent where nothing does.
    archived = EmbeddedModelField(Archived, null=True, blank=True, editable=False)
    archived_passes = ArrayField(DateTextField(), null=True, blank=True, editable=False)

    objects: ClassVar[GoalManager] = GoalManager()

    class Meta:
        db_table = "goals"
        ordering = ["-created_at"]
        indexes = [
            Index("id", name="id_index", unique=True),
            Index("user", name="user_id_index"),
            Index("user", "-created_at", name="user_id_created_index"),
            # the list of one's goals: pages need an order without ties
            Index("user", "-created_at", "-id", name="user_id_created_id_index"),
            # the admin's list, newest first, and its filters
            Index("-created_at", name="created_at_index"),
            Index("status", "-created_at", name="status_created_index"),
            Index("category", "-created_at", name="category_created_index"),
            Index("status", "category", "-created_at", name="status_category_created_index"),
            # the admin's search by the beginning of a title
            Index("title", name="title_index"),
        ]
        permissions = [
            ("read_chat", "Can read a private chat, for a reason that is recorded"),
            ("export_goal", "Can export goals"),
        ]

    def __str__(self):
        return self.title


class VerificationTest(Document):
    """A test that was issued, with its answers; gone 24 hours later.

    `attempt` numbers the tests of a goal's day, so that two requests at once share one.
    `result` is what the first submission was answered. `note` says that the offline coach asks in
    place of the llm coach.
    """

    id = IdField()
    goal = models.ForeignKey(
        Goal, models.CASCADE, db_index=False, db_constraint=False, related_name="tests"
    )
    user = models.ForeignKey(
        User, models.CASCADE, db_index=False, db_constraint=False, related_name="tests"
    )
    date = DateTextField()
    attempt = models.IntegerField()
    days = ArrayField(models.IntegerField(), default=list)
    questions = models.JSONField(default=list)
    note = models.CharField(max_length=200, null=True)
    result = models.JSONField(null=True)
    issued_at = DateTimeField()
    expires_at = DateTimeField()

    class Meta:
        db_table = "verification_tests"
        indexes = [
            Index("id", name="id_index", unique=True),
            # the open test of a day; two at once get the same
            Index("goal", "date", "attempt", name="goal_date_attempt_index", unique=True),
            # erasing a person
            Index("user", name="user_id_index"),
            Index("expires_at", name="expires_at_ttl", expire_after_seconds=0),
        ]

    def __str__(self):
        return f"{self.date}, attempt {self.attempt}"


class RoadmapDraft(Document):
    """A roadmap that was shown and not stored, with the state of the goal that it is for (goals.drafts)."""

    id = IdField()
    goal = models.ForeignKey(
        Goal, models.CASCADE, db_index=False, db_constraint=False, related_name="drafts"
    )
    user = models.ForeignKey(
        User, models.CASCADE, db_index=False, db_constraint=False, related_name="drafts"
    )
    today = DateTextField()
    unchanged = models.JSONField(default=dict)
    roadmap = models.JSONField(default=dict)
    change = models.JSONField(default=dict)
    created_at = DateTimeField()
    expires_at = DateTimeField()

    class Meta:
        db_table = "roadmap_drafts"
        default_permissions = ()
        indexes = [
            Index("id", name="id_index", unique=True),
            # a goal has one, the newest
            Index("goal", name="goal_id_index", unique=True),
            # exporting and erasing a person
            Index("user", name="user_id_index"),
            Index("expires_at", name="expires_at_ttl", expire_after_seconds=0),
        ]

    def __str__(self):
        return f"of {self.today}"


class QuestionReport(Document):
    """A person's report of a question of their test, for the staff to decide.

    It holds the question, because the test is gone after 24 hours.
    """

    OPEN, DISMISSED, FIXED = "open", "dismissed", "fixed"
    STATUSES = [(OPEN, "Open"), (DISMISSED, "Dismissed"), (FIXED, "Fixed")]

    id = IdField()
    question_key = models.CharField(max_length=64)
    prompt = models.TextField()
    choices = ArrayField(models.TextField(), default=list)
    answer = models.IntegerField()
    explanation = models.TextField()
    topic = models.CharField(max_length=120, null=True)
    reporter_id = models.CharField(max_length=36)
    reason = models.CharField(max_length=1000)
    status = models.CharField(max_length=10, default=OPEN, choices=STATUSES)
    created_at = DateTimeField(default=clock.now)
    decided_at = DateTimeField(null=True)

    class Meta:
        db_table = "question_reports"
        ordering = ["-created_at"]
        indexes = [
            Index("id", name="id_index", unique=True),
            # a person reports a question once; how many did; settling all reports of a question
            Index("question_key", "reporter_id", name="question_reporter_index", unique=True),
            # the staff's queue and all reports, newest first
            Index("status", "-created_at", name="status_created_index"),
            Index("-created_at", name="created_at_index"),
            # exporting and erasing a person
            Index("reporter_id", name="reporter_id_index"),
        ]
        default_permissions = ("view",)
        permissions = [
            ("decide_questionreport", "Can dismiss reported questions or mark them fixed")
        ]

    def __str__(self):
        return self.prompt[:50]


class JobManager(DocumentManager):
    def own(self, user: User, goal_id: str, job_id: str, projection: dict | None = None) -> dict:
        """The raw document of a job of one of the person's goals. Raises Problem `not_found`."""
        own = {"id": job_id, "goal_id": goal_id, "user_id": user.pk}
        job = self.collection.find_one(own, projection, session=current_session())
        if job is None:
            raise Problem(Code.not_found)
        return job


class Job(Document):
    """Work of a slow coach on a goal, which no request waits for (goals.jobs).

    `open_goal_id` and `due_at` are absent once the job has ended: so a goal has one unfinished job.
    `due_at` is when somebody may see to it: while it runs, the end of its holder's lease.
    """

    QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"
    STATES = [(QUEUED, "Queued"), (RUNNING, "Running"), (DONE, "Done"), (FAILED, "Failed")]
    ROADMAP, REPLAN = "roadmap", "replan"
    KINDS = [(ROADMAP, "Roadmap"), (REPLAN, "Re-planning")]

    id = IdField()
    goal = models.ForeignKey(
        Goal, models.CASCADE, db_index=False, db_constraint=False, related_name="jobs"
    )
    user = models.ForeignKey(
        User, models.CASCADE, db_index=False, db_constraint=False, related_name="jobs"
    )
    kind = models.CharField(max_length=10, choices=KINDS)
    options = models.JSONField(null=True)
    state = models.CharField(max_length=10, choices=STATES, default=QUEUED)
    attempts = models.IntegerField(default=0)
    holder = models.CharField(max_length=36, null=True)
    error = models.JSONField(null=True)
    created_at = DateTimeField()
    started_at = DateTimeField(null=True)
    finished_at = DateTimeField(null=True)
    open_goal_id = models.CharField(max_length=36, null=True)
    due_at = DateTimeField(null=True)
    expires_at = DateTimeField()

    objects: ClassVar[JobManager] = JobManager()

    class Meta:
        db_table = "goal_jobs"
        ordering = ["-created_at"]
        indexes = [
            Index("id", name="id_index", unique=True),
            # one unfinished job a goal
            Index("open_goal_id", name="open_goal_index", unique=True, sparse=True),
            # what is to be done, sent or taken up
            Index("due_at", name="due_at_index", sparse=True),
            # deleting a goal; its jobs in the admin
            Index("goal", "-created_at", name="goal_created_index"),
            # exporting and erasing a person
            Index("user", name="user_id_index"),
            # the admin's list and its filter
            Index("-created_at", name="created_at_index"),
            Index("state", "-created_at", name="state_created_index"),
            Index("expires_at", name="expires_at_ttl", expire_after_seconds=0),
        ]
        default_permissions = ("view",)

    def __str__(self):
        return f"{self.kind} of {self.goal_id}"
