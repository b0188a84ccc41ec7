"""The Goals part of api.md."""

from collections.abc import Callable
from functools import partial

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.response import Response
from rest_framework.reverse import reverse

from doit_site.api.idempotency import idempotent
from doit_site.api.paging import Keyset, Rows, Tail
from doit_site.api.views import ApiViewSet
from goals import (
    chat,
    consulting,
    drafts,
    editing,
    jobs,
    overview,
    planning_serializers,
    question_reports,
    replanning,
    roadmap,
    serializers,
    verification,
)
from goals.models import Goal, Job

ROADMAP_OR_PREVIEW = PolymorphicProxySerializer(
    "RoadmapOrPreview",
    [serializers.RoadmapSerializer, planning_serializers.PreviewSerializer],
    resource_type_field_name=None,
)


@extend_schema(tags=["goals"])
class GoalViewSet(ApiViewSet):
    """One's own goals; another person's do not exist."""

    serializer_class = serializers.GoalSerializer
    paged = frozenset({"list", "messages", "verifications"})

    @extend_schema(responses=serializers.GoalSummarySerializer(many=True))
    def list(self, request):
        """One's goals, newest first."""
        shape = serializers.GoalSummarySerializer
        source = Keyset(Goal, "user_id_created_id_index", (request.user.pk,), shape.projection())
        return self.page_of(source, lambda rows: self._shown(rows, shape))

    @extend_schema(responses={201: serializers.GoalSerializer})
    @idempotent(prepares=True)
    def create(self, request):
        """Set a goal. Without a category the coach finds one."""
        goal = editing.prepare(user=request.user, **self.validated())

        def store():
            editing.store(goal)
            return self.created(self._goal(goal["id"]), "goal", id=goal["id"])

        return store

    def retrieve(self, request, id):
        """A goal, with the newest 50 messages."""
        return Response(self._goal(id))

    @extend_schema(request=serializers.GoalChangeSerializer)
    def partial_update(self, request, id):
        """Change a goal. With `version`, only if nobody else did meanwhile."""
        changes = self.validated(serializers.GoalChangeSerializer, partial=True)
        editing.update(user=request.user, goal_id=id, **changes)
        return Response(self._goal(id))

    @extend_schema(responses={204: None})
    def destroy(self, request, id):
        """Delete a goal with its tests."""
        editing.delete(user=request.user, goal_id=id)
        return Response(status=204)

    @extend_schema(responses=serializers.RoadmapSerializer)
    def roadmap(self, request, id):
        """The roadmap."""
        return Response(roadmap.of(user=request.user, goal_id=id))

    @extend_schema(
        request=planning_serializers.RoadmapInput,
        responses={
            200: planning_serializers.PreviewSerializer,
            201: serializers.RoadmapSerializer,
            202: serializers.JobSerializer,
        },
    )
    @idempotent(prepares=True)
    def make_roadmap(self, request, id):
        """Make the roadmap, or make it anew from today on; 202 with a job where the coach is slow."""
        options = self.validated(planning_serializers.RoadmapInput)
        if options.pop("preview", False):
            return self._preview(roadmap.propose, id, options)
        if "draft_id" in options:
            store: Callable = partial(drafts.apply, user=request.user, goal_id=id, **options)
        elif consulting.is_slow():
            return self._as_job(Job.ROADMAP, id, options)
        else:
            store = roadmap.prepare(user=request.user, goal_id=id, **options)
        return lambda: self.created(store(), "goal-roadmap", id=id)

    @extend_schema(
        request=planning_serializers.ReplanInput,
        responses={200: ROADMAP_OR_PREVIEW, 202: serializers.JobSerializer},
    )
    @idempotent(prepares=True)
    def replan(self, request, id):
        """Carry what was missed into the days ahead; 202 with a job where a slow coach has to plan."""
        options = self.validated(planning_serializers.ReplanInput)
        if options.pop("preview", False):
            return self._preview(replanning.propose, id, options)
        which = {"user": request.user, "goal_id": id, **options}
        if "draft_id" in options:
            store: Callable = partial(drafts.apply, **which)
        elif consulting.is_slow() and replanning.asks_coach(**which):
            return self._as_job(Job.REPLAN, id, options)
        else:
            store = replanning.prepare(**which)
        return lambda: Response(store())

    @extend_schema(responses=serializers.JobSerializer)
    def job(self, request, id, job_id):
        """How far the coach's work on the goal is."""
        shape = serializers.JobSerializer.projection()
        return Response(self._job(Job.objects.own(request.user, id, job_id, shape)))

    @extend_schema(responses=serializers.TodaySerializer)
    def today(self, request, id):
        """Today's part of the roadmap, its verification, streak, progress and pace."""
        return Response(overview.today(user=request.user, goal_id=id))

    @extend_schema(responses=serializers.GoalStatsSerializer)
    def stats(self, request, id):
        """Statistics and a calendar of days."""
        return Response(overview.statistics(user=request.user, goal_id=id))

    @extend_schema(responses=serializers.MessageSerializer(many=True))
    def messages(self, request, id):
        """The chat, newest first."""
        return self.page_of(Tail(Goal, {"id": id, "user_id": request.user.pk}, "messages"))

    @extend_schema(
        request=serializers.MessageInput, responses={201: serializers.ExchangeSerializer}
    )
    @idempotent(prepares=True)
    def send_message(self, request, id):
        """Write to the coach; the answer is its reply."""
        store = chat.ask(user=request.user, goal_id=id, **self.validated(serializers.MessageInput))
        return lambda: Response(store(), status=201)

    @extend_schema(responses=serializers.DailyVerificationSerializer(many=True))
    def verifications(self, request, id):
        """Submitted tests, newest first."""
        match = {"id": id, "user_id": request.user.pk}
        return self.page_of(Tail(Goal, match, "daily_verifications"))

    @extend_schema(
        request=serializers.TestInput,
        responses={201: serializers.TestSerializer, 200: serializers.TestSerializer},
    )
    @idempotent(prepares=True)
    def issue_test(self, request, id):
        """Ask for today's test, or with a date for that day's make-up test; 200 with the open one."""
        which = self.validated(serializers.TestInput)
        store = verification.prepare(user=request.user, goal_id=id, **which)

        def act():
            test, is_new = store()
            return Response(test, status=201 if is_new else 200)

        return act

    @extend_schema(request=serializers.AnswersInput, responses=serializers.ResultSerializer)
    @idempotent
    def answer(self, request, id, test_id):
        """Submit a test; again, the first result."""
        answers = self.validated(serializers.AnswersInput)
        return Response(
            verification.submit(user=request.user, goal_id=id, test_id=test_id, **answers)
        )

    @extend_schema(request=serializers.QuestionReportInput, responses={202: None})
    @idempotent(transaction=False)
    def report_question(self, request, id, test_id, question_id):
        """Report a question as wrong or unclear; once a person and question."""
        reason = self.validated(serializers.QuestionReportInput)
        question_reports.report(
            user=request.user, goal_id=id, test_id=test_id, question_id=question_id, **reason
        )
        return Response(status=202)

    def _preview(self, propose, goal_id, options):
        """The act that keeps a draft of the roadmap and shows it."""
        proposal = propose(user=self.request.user, goal_id=goal_id, **options)
        return lambda: Response(drafts.keep(proposal))

    def _as_job(self, kind, goal_id, options):
        """The act that queues a job; its answer says where to look."""

        def submit():
            job = jobs.submit(user=self.request.user, goal_id=goal_id, kind=kind, **options)
            headers = {"Location": self._url("goal-job", id=goal_id, job_id=job["id"])}
            return Response(self._job(job), status=202, headers=headers)

        return submit

    def _job(self, job):
        """With the URL of what was made, once it is."""
        made = self._url("goal-roadmap", id=job["goal_id"]) if job["state"] == Job.DONE else None
        shape = serializers.JobSerializer
        shown = {name: job.get(name) for name, read in shape.projection().items() if read}
        return shape.represent(shown) | {"roadmap": made}

    def _url(self, name, **kwargs):
        return reverse(name, kwargs=kwargs, request=self.request)

    def _goal(self, goal_id):
        shape = serializers.GoalSerializer
        goal = Goal.objects.own(self.request.user, goal_id, shape.projection())
        return self._shown([goal], shape)[0]

    def _shown(self, goals, shape):
        overview.as_of_now(goals, self.request.user)
        return [shape.represent(goal) for goal in goals]


@extend_schema(tags=["me"])
class MyGoalsViewSet(ApiViewSet):
    """Reads over all of one's goals."""

    paged = frozenset({"timeline"})

    @extend_schema(responses=serializers.MyStatsSerializer)
    def stats(self, request):
        """Counts over all one's goals."""
        return Response(overview.of_person(user=request.user))

    @extend_schema(responses=serializers.CoachSerializer)
    def coach(self, request):
        """Which coach answers, and what is left of today's share of it."""
        return Response(consulting.standing_of(user=request.user))

    @extend_schema(responses=serializers.EventSerializer(many=True))
    def timeline(self, request):
        """What happened on one's goals, newest first."""
        return self.page_of(Rows(overview.timeline(user=request.user), overview.order))
