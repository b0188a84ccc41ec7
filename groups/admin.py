from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from unfold.decorators import action

from accounts import reasons
from accounts.exporting import Exported
from accounts.models import User
from doit_site.admin import DocumentAdmin, DocumentList
from doit_site.admin_queue import QueueAdmin
from doit_site.mongo.documents import read_partly
from groups import admin_page, membership, moderation
from groups.models import Group, Report

NOT_LISTED = {"messages": 0, "members": 0, "removed": 0}


class GroupList(DocumentList):
    """Reads what the list shows, not the chats."""

    result_list: Any

    def get_results(self, request):
        super().get_results(request)
        self.result_list = list(read_partly(self.result_list, NOT_LISTED))


class GroupForm(forms.ModelForm):
    def clean_max_members(self):
        value = self.cleaned_data["max_members"]
        if self.instance.pk and value < len(self.instance.members):
            raise forms.ValidationError(
                f"The group has {len(self.instance.members)} members already."
            )
        return value


class UnmaskForm(reasons.ReasonForm):
    username = forms.CharField(max_length=40, label="Pseudonym")
    field_order = ("username", "reason")


@admin.register(Group)
class GroupAdmin(Exported, DocumentAdmin):
    """Groups, with members and chat by pseudonym; who bears one is shown for a recorded reason."""

    icon = "groups"
    form = GroupForm
    list_display = ("name", "category", "subcategory", "people", "last_message_at", "created_at")
    list_filter = ("category",)
    sortable_by = ("name", "created_at")
    ordering = ("-created_at",)
    search_fields = ("name",)  # shows the search box; the search is below
    search_help_text = "A group's id, or the beginning of its name"
    fieldsets = (
        (None, {"fields": ("name", "category", "subcategory", "max_members")}),
        ("Facts", {"fields": ("id", "created_at", "last_message_at")}),
    )
    readonly_fields = ("id", "created_at", "last_message_at")
    change_form_outer_before_template = "groups/admin/standing.html"
    actions = ("export_csv", "export_json")
    actions_detail = ("unmask",)
    export_columns = (
        *("id", "name", "category", "subcategory", "member_count", "max_members"),
        *("last_message_at", "created_at"),
    )
    export_permission = "groups.export_group"
    audit_kind = "group"

    def get_changelist(self, request, **kwargs):
        return GroupList

    def get_search_results(self, request, queryset, search_term):
        """By an index each."""
        term = search_term.strip()[:100]
        if not term:
            return queryset, False
        if len(term) == 36:
            return queryset.filter(pk=term.lower()), False
        return self.beginning_with(queryset, "name", term), False

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj:
            context["standing"] = admin_page.standing_of(obj.pk)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        membership.recount(obj.pk)

    def delete_model(self, request, obj):
        moderation.delete(actor=request.user, group_id=obj.pk, request_id=request.id)

    def delete_queryset(self, request, queryset):
        for group_id in list(queryset.values_list("pk", flat=True)):
            self.delete_model(request, Group(pk=group_id))

    def has_unmask_permission(self, request, object_id=None):
        return request.user.has_perm("groups.unmask_membership")

    @action(
        description="Who bears a pseudonym",
        permissions=["unmask"],
        icon="visibility",
        url_path="unmask",
    )
    def unmask(self, request, object_id):
        group = self.get_object(request, unquote(object_id))
        if group is None or not self.has_view_permission(request, group):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        form = UnmaskForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return self._ask(request, group, form)
        user_id = moderation.unmask(
            actor=request.user, group_id=group.pk, request_id=request.id, **form.cleaned_data
        )
        person = user_id and User.objects.filter(pk=user_id).first()
        if not person:
            form.add_error("username", "Nobody in the group bears that name.")
            return self._ask(request, group, form)
        return self.back_to(request, person, "This is who bears the pseudonym. It is recorded.")

    def _ask(self, request, group, form):
        return reasons.page(
            request,
            self,
            group,
            form,
            title=f"Who bears a pseudonym in {group}",
            explanation="Members are unnamed to each other. That you looked, and why, is recorded.",
            button="Show the person",
        )

    @admin.display(description="Members")
    def people(self, group):
        count = "?" if group.member_count is None else group.member_count
        return f"{count} of {group.max_members}"


@admin.register(Report)
class ReportAdmin(QueueAdmin):
    """The queue of reported messages."""

    icon = "flag"
    things = "messages"
    list_display = ("message", "username", "why", "status", "created_at")
    actions = ("hide", "restore", "remove", "dismiss")
    fields = ("status", "username", "content", "reason", "created_at", "decided_at")
    readonly_fields = fields
    change_form_outer_before_template = "groups/admin/report.html"

    def has_moderate_permission(self, request):
        return request.user.has_perm("groups.moderate_report")

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj:
            context["around"] = admin_page.context_of(obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @admin.action(permissions=["moderate"], description="Hide the message")
    def hide(self, request, queryset):
        self.decide(request, queryset, moderation.hide, "hidden")

    @admin.action(permissions=["moderate"], description="Show the message again")
    def restore(self, request, queryset):
        self.decide(request, queryset, moderation.restore, "shown again")

    @admin.action(permissions=["moderate"], description="Remove the sender from the group")
    def remove(self, request, queryset):
        self.decide(request, queryset, moderation.remove, "hidden, their senders removed")

    @admin.action(permissions=["moderate"], description="Dismiss the report")
    def dismiss(self, request, queryset):
        self.decide(request, queryset, moderation.dismiss, "left as they are")

    @admin.display(description="Message")
    def message(self, report):
        return report.content[:80] or "(empty)"
