from django.urls import path

from goals.stream import MessageStreamViewSet
from goals.views import GoalViewSet, MyGoalsViewSet

view = GoalViewSet.as_view

urlpatterns = [
    path("goals/", view({"get": "list", "post": "create"}), name="goals"),
    path(
        "goals/<str:id>/",
        view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="goal",
    ),
    path(
        "goals/<str:id>/roadmap/",
        view({"get": "roadmap", "post": "make_roadmap"}),
        name="goal-roadmap",
    ),
    path("goals/<str:id>/replan/", view({"post": "replan"})),
    path("goals/<str:id>/jobs/<str:job_id>/", view({"get": "job"}), name="goal-job"),
    path("goals/<str:id>/today/", view({"get": "today"})),
    path("goals/<str:id>/stats/", view({"get": "stats"})),
    path("goals/<str:id>/messages/", view({"get": "messages", "post": "send_message"})),
    path(
        "goals/<str:id>/messages/stream/",
        MessageStreamViewSet.as_view({"post": "stream_message"}),
    ),
    path("goals/<str:id>/verifications/", view({"get": "verifications", "post": "issue_test"})),
    path("goals/<str:id>/verifications/<str:test_id>/answers/", view({"post": "answer"})),
    path(
        "goals/<str:id>/verifications/<str:test_id>/questions/<str:question_id>/report/",
        view({"post": "report_question"}),
    ),
    path("me/coach/", MyGoalsViewSet.as_view({"get": "coach"})),
    path("me/stats/", MyGoalsViewSet.as_view({"get": "stats"})),
    path("me/timeline/", MyGoalsViewSet.as_view({"get": "timeline"})),
]
