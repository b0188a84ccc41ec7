"""The admin's own pages about whoever uses it: signing in, the password."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.auth.forms import AdminPasswordChangeForm as SetPasswordForm
from django.contrib.auth.views import PasswordChangeView
from django.urls import reverse


class SignInForm(AdminAuthenticationForm):
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


class OwnPasswordForm(_WritesThePasswordOnly, AdminPasswordChangeForm):
    """One's own, after the old one."""


class PersonsPasswordForm(_WritesThePasswordOnly, SetPasswordForm):
    """Somebody's, set by staff."""


class AdminSite(admin.AdminSite):
    login_form = SignInForm

    def password_change(self, request, extra_context=None):
        context = {**self.each_context(request), **(extra_context or {})}
        view = PasswordChangeView.as_view(
            form_class=OwnPasswordForm,
            success_url=reverse("admin:password_change_done"),
            extra_context=context,
        )
        return view(request)
