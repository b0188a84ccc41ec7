from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import UserChangeForm, UserCreationForm
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminTextInputWidget,
)

from accounts import audit, personal_data, phones, reasons, sessions, suspending
from accounts.admin_audit import AuditAdmin
from accounts.admin_site import PersonsPasswordForm
from accounts.exporting import Exported
from accounts.models import AuditRecord, User
from doit_site.admin import DocumentAdmin
from doit_site.mongo.transactions import in_transaction

RIGHTS = {"is_staff", "is_superuser", "groups", "user_permissions"}


class PhoneNumberFormField(forms.CharField):
    """Takes a number as people type it."""

    widget = UnfoldAdminTextInputWidget

    def clean(self, value):
        text = super().clean(value)
        try:
            return phones.normalise(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class AddressFormField(forms.EmailField):
    """An e-mail address in the lower case that it is stored and looked up in; None without one."""

    widget = UnfoldAdminEmailInputWidget

    def clean(self, value):
        address = super().clean(value)
        return address and address.lower()


class PersonForm(UserChangeForm):
    phone_number = PhoneNumberFormField(show_hidden_initial=True)
    email = AddressFormField(
        max_length=254, required=False, empty_value=None, show_hidden_initial=True
    )


class NewPersonForm(UserCreationForm):
    phone_number = PhoneNumberFormField(help_text="International number.")

    class Meta:
        model = User
        fields = ("phone_number", "name")


class Checkboxes(ModelAdmin):
    """Roles and rights as boxes to tick; Django's two lists cannot be used by everybody."""

    def formfield_for_manytomany(self, db_field, request=None, **kwargs) -> Any:
        widget = UnfoldAdminCheckboxSelectMultipleWidget()
        return super().formfield_for_manytomany(db_field, request, **{"widget": widget, **kwargs})


@admin.register(User)
class PersonAdmin(Checkboxes, Exported, DocumentAdmin, UserAdmin):
    """People: found by phone number, e-mail or id; deleting one erases all their data."""

    icon = "person"
    form = PersonForm
    add_form = NewPersonForm
    change_password_form = PersonsPasswordForm
    list_display = ("phone_number", "name", "status", "is_staff", "created_at")
    list_filter = ("status", "is_staff", "is_superuser")
    sortable_by = ("phone_number", "created_at")
    ordering = ("-created_at",)
    search_help_text = "A phone number, an e-mail address, an id, or the beginning of a name"
    readonly_fields = ("id", "created_at", "last_login", "time_zone", "reminders", "remind_at")
    filter_horizontal = ()
    actions = ("export_csv", "export_json")
    actions_detail = ("suspend", "reactivate")
    export_columns = ("id", "phone_number", "name", "email", "status", "time_zone", "created_at")
    export_permission = "accounts.export_user"
    audit_kind = "person"
    facts: Any = ("Facts", {"fields": readonly_fields})
    fieldsets = (
        (None, {"fields": ("phone_number", "name", "email", "status", "password")}),
        facts,
        ("Staff", {"fields": ("is_staff", "is_superuser", "groups", "user_permissions")}),
    )
    # Who may only look needs neither rights nor the kind of password.
    shown_fieldsets = ((None, {"fields": ("phone_number", "name", "email", "status")}), facts)
    add_fieldsets = (
        (
            None,
            {"fields": ("phone_number", "name", "usable_password", "password1", "password2")},
        ),
    )
    search_fields = ("phone_number",)  # shows the search box; the search is below

    def get_fieldsets(self, request, obj=None):
        if obj and not self.has_change_permission(request, obj):
            return self.shown_fieldsets
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request, obj=None):
        """Only a superuser makes superusers."""
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, "is_superuser")

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and self._outranks(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and self._outranks(request, obj)

    def _outranks(self, request, obj):
        return obj is None or request.user.is_superuser or not obj.is_superuser

    def has_suspend_permission(self, request, object_id=None):
        return request.user.has_perm("accounts.suspend_user")

    def get_search_results(self, request, queryset, search_term):
        """By an index each: the whole number, address or id, or how a name begins."""
        term = search_term.strip()[:100]
        if not term:
            return queryset, False
        if "@" in term:
            return queryset.filter(email=term.lower()), False
        try:
            return queryset.filter(phone_number=phones.normalise(term)), False
        except ValueError:
            pass
        if len(term) == 36:
            return queryset.filter(pk=term.lower()), False
        return self.beginning_with(queryset, "name", term), False

    @action(
        description="Suspend",
        permissions=["suspend"],
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def suspend(self, request, object_id):
        explanation = "Every request of theirs is refused until they are reactivated."
        return self._ask(request, object_id, suspending.suspend, "Suspend", explanation)

    @action(description="Reactivate", permissions=["suspend"], icon="check_circle")
    def reactivate(self, request, object_id):
        explanation = "They may sign in and use everything again."
        return self._ask(request, object_id, suspending.reactivate, "Reactivate", explanation)

    def get_actions_detail(self, request, object_id):
        """Of the two the one that would do something."""
        status = User.objects.filter(pk=unquote(str(object_id))).values_list("status", flat=True)
        other = "reactivate" if User.SUSPENDED not in status else "suspend"
        offered = super().get_actions_detail(request, object_id)
        return [act for act in offered if not act.action_name.endswith(other)]

    def _ask(self, request, object_id, act, verb, explanation):
        person = self.get_object(request, unquote(object_id))
        if person is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        form = reasons.form_of(request)
        if form.is_valid():
            return self._suspended(request, person, act, form.cleaned_data["reason"])
        texts = {"title": f"{verb} {person}", "explanation": explanation, "button": verb}
        return reasons.page(request, self, person, form, **texts)

    def _suspended(self, request, person, act, reason):
        try:
            done = act(actor=request.user, user_id=person.pk, reason=reason, request_id=request.id)
        except suspending.Refused as error:
            return self.back_to(request, person, str(error), messages.ERROR)
        return self.back_to(request, person, "Done." if done else "It was so already.")

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        sessions.strike_out(user_id=obj.pk)
        if change and "status" in form.changed_data:
            self._record(
                request, "suspend" if obj.status == User.SUSPENDED else "reactivate", obj.pk
            )
        if RIGHTS.intersection(form.changed_data):
            self._record(request, "rights", obj.pk)

    def user_change_password(self, request, id, form_url=""):
        return in_transaction(lambda: self._set_password(request, id, form_url))

    def _set_password(self, request, id, form_url):
        answer = super().user_change_password(request, id, form_url)
        if request.method == "POST" and answer.status_code == 302:
            self._record(request, "password", unquote(id))
        return answer

    def delete_model(self, request, obj):
        self._record(request, "erase", obj.pk)
        personal_data.erase(obj.pk)

    def delete_queryset(self, request, queryset):
        for person in list(queryset):
            if self.has_delete_permission(request, person):
                self.delete_model(request, person)

    def _record(self, request, verb, user_id):
        audit.record(
            actor=request.user,
            action=f"person.{verb}",
            subject_kind="person",
            subject_ids=(str(user_id),),
            request_id=request.id,
        )


admin.site.register(AuditRecord, AuditAdmin)
admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(Checkboxes, GroupAdmin):
    """Roles: what a group of staff may do. Migrations make support, moderator, analyst, admin."""

    filter_horizontal = ()
    icon = "badge"
    menu_title = "Roles"
    show_facets = admin.ShowFacets.NEVER
