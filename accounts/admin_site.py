"""The admin's own pages about whoever uses it: signing in, the password, the dashboard."""

from typing import Any

from django.contrib.auth.views import PasswordChangeView
from django.urls import reverse
from unfold.forms import AdminOwnPasswordChangeForm, AuthenticationForm
from unfold.forms import AdminPasswordChangeForm as SetPasswordForm
from unfold.sites import UnfoldAdminSite

from accounts import dashboard


class SignInForm(AuthenticationForm):
    """Has room for a number as people type it; Django's stops at the length of the stored one."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs["maxlength"] = 40


class _WritesThePasswordOnly:
    """Django's forms save the whole person, and with it what changed meanwhile or is not ours."""

    def set_password_and_save(self, user, *args, commit=True, **kwargs):
        parent: Any = super()
        user = parent.set_password_and_save(user, *args, commit=False, **kwargs)
        if commit:
            user.save(update_fields=["password"])
        return user


class OwnPasswordForm(_WritesThePasswordOnly, AdminOwnPasswordChangeForm):
    """One's own, after the old one."""


class PersonsPasswordForm(_WritesThePasswordOnly, SetPasswordForm):
    """Somebody's, set by staff."""


class AdminSite(UnfoldAdminSite):
    login_form = SignInForm
    index_title = "Dashboard"

    def index(self, request, extra_context=None):
        shown = {
            "panels": dashboard.panels(request.user),
            "waiting": dashboard.waiting(request.user),
        }
        return super().index(request, {**shown, **(extra_context or {})})

    def password_change(self, request, extra_context=None):
        context = {**self.each_context(request), **(extra_context or {})}
        view = PasswordChangeView.as_view(
            form_class=OwnPasswordForm,
            success_url=reverse("admin:password_change_done"),
            extra_context=context,
        )
        return view(request)
