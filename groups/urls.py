from django.urls import path

from groups.stream import StreamViewSet
from groups.views import GroupMessageViewSet, GroupViewSet, MuteViewSet

view, chat, mutes = GroupViewSet.as_view, GroupMessageViewSet.as_view, MuteViewSet.as_view

urlpatterns = [
    path("groups/", view({"get": "list"})),
    path("groups/categories/", view({"get": "categories"})),
    path("groups/match/", view({"post": "match"})),
    path("groups/<str:id>/", view({"get": "retrieve"}), name="group"),
    path("groups/<str:id>/join/", view({"post": "join"})),
    path("groups/<str:id>/leave/", view({"post": "leave"})),
    path("groups/<str:id>/stream/", StreamViewSet.as_view({"get": "stream"})),
    path("groups/<str:id>/messages/", chat({"get": "list", "post": "create"})),
    path("groups/<str:id>/messages/<str:message_id>/report/", chat({"post": "report"})),
    path("groups/<str:id>/mutes/", mutes({"get": "list", "post": "create"})),
    path("groups/<str:id>/mutes/<str:username>/", mutes({"delete": "destroy"})),
]
