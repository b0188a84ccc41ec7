from django.urls import path

from accounts.views import MeViewSet, SessionViewSet, SignInViewSet

urlpatterns = [
    path("auth/otp/", SignInViewSet.as_view({"post": "otp"})),
    path("auth/otp/verify/", SignInViewSet.as_view({"post": "verify"})),
    path("auth/password/reset/", SignInViewSet.as_view({"post": "reset"})),
    path("auth/password/reset/confirm/", SignInViewSet.as_view({"post": "reset_confirm"})),
    path("auth/logout/", SessionViewSet.as_view({"post": "logout"})),
    path("auth/logout/all/", SessionViewSet.as_view({"post": "logout_all"})),
    path("auth/ticket/", SessionViewSet.as_view({"post": "ticket"})),
    path("auth/sessions/", SessionViewSet.as_view({"get": "list"})),
    path("auth/sessions/<str:id>/", SessionViewSet.as_view({"delete": "destroy"})),
    path("me/", MeViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("me/phone/", MeViewSet.as_view({"post": "phone"})),
    path("me/phone/verify/", MeViewSet.as_view({"post": "phone_verify"})),
    path("me/erase/", MeViewSet.as_view({"post": "erase"})),
    path("me/reminders/", MeViewSet.as_view({"get": "reminders", "put": "set_reminders"})),
    path("me/export/", MeViewSet.as_view({"get": "export"})),
]
