from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.template.response import TemplateResponse
from unfold.decorators import action

from accounts import audit, phones, reasons
from accounts.exporting import Exported
from accounts.models import User
from doit_site import clock
from doit_site.admin import DocumentAdmin, DocumentList
from doit_site.mongo.documents import read_partly
from goals import admin_page, chat_reading, editing, streaks
from goals.admin_jobs import JobAdmin
from goals.admin_questions import QuestionReportAdmin
from goals.models import Goal

__all__ = ["GoalAdmin", "JobAdmin", "QuestionReportAdmin"]

# What a row does not show, and what makes a goal large.
NOT_LISTED = dict.fromkeys(("messages", "roadmap", "description", "plan"), 0)


class GoalList(DocumentList):
    """Reads of a page's goals what the list shows, and their owners, at once each.

    A join would read every goal's owner before the page.
    """

    def get_results(self, request):
        super().get_results(request)
        goals = list(read_partly(self.result_list, NOT_LISTED))
        # In no order: for one, MongoDB may read the newest people until it has met all of these.
        owners = User.objects.order_by().in_bulk({goal.user_id for goal in goals})
        for goal in goals:
            goal.user = owners.get(goal.user_id) or User(pk=goal.user_id, name="nobody")
            admin_page.status_as_of(goal, goal.user, clock.now())
        self.result_list = goals


@admin.register(Goal)
class GoalAdmin(Exported, DocumentAdmin):
    """Goals. What the acts keep exact is shown, not edited; a chat opens for a recorded reason."""

    icon = "flag"
    list_display = (
        "title",
        "owner",
        "category",
        "status",
        "progress",
        "streak_now",
        "target_date",
        "created_at",
    )
    list_filter = ("status", "category")
    sortable_by = ("title", "created_at")
    ordering = ("-created_at",)
    raw_id_fields = ("user",)
    search_fields = ("title",)  # shows the search box; the search is below
    search_help_text = "A goal's id, its owner's phone number or id, or the beginning of a title"
    actions = ("export_csv", "export_json")
    actions_detail = ("read_chat",)
    export_columns = (
        "id",
        "user_id",
        "title",
        "category",
        "subcategory",
        "status",
        "progress",
        "streak",
        "target_date",
        "created_at",
        "completed_at",
    )
    export_permission = "goals.export_goal"
    audit_kind = "goal"
    readonly_fields = ("id", "created_at", "version")
    fieldsets = (
        (None, {"fields": ("user", "title", "description", "target_date", "status")}),
        ("Kind", {"fields": ("category", "subcategory")}),
        ("Facts", {"fields": ("id", "created_at", "version")}),
    )
    change_form_outer_before_template = "goals/admin/standing.html"

    def get_changelist(self, request, **kwargs):
        return GoalList

    def get_object(self, request, object_id, from_field=None):
        goal = super().get_object(request, object_id, from_field)
        if goal and goal.status == Goal.PAUSED:
            admin_page.status_as_of(goal, admin_page.owner_of(goal), clock.now())
        return goal

    def get_form(self, request, obj=None, change=False, **kwargs):
        """A pause is ended here, not begun: it needs its last day, which is the person's to say."""
        form = super().get_form(request, obj, change=change, **kwargs)
        status = form.base_fields.get("status")
        if status and not (obj and obj.status == Goal.PAUSED):
            status.choices = [row for row in Goal.STATUSES if row[0] != Goal.PAUSED]
        return form

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if change and "status" in form.changed_data:
            editing.leave_pause(user=admin_page.owner_of(obj), goal_id=obj.pk)

    def get_readonly_fields(self, request, obj=None):
        return (*self.readonly_fields, "user") if obj else self.readonly_fields

    def get_search_results(self, request, queryset, search_term):
        """By an index each."""
        term = search_term.strip()[:100]
        if not term:
            return queryset, False
        if len(term) == 36:
            by_id = queryset.filter(pk=term.lower())
            return (by_id if by_id.exists() else queryset.filter(user_id=term.lower())), False
        try:
            owner = User.objects.filter(phone_number=phones.normalise(term)).first()
        except ValueError:
            return self.beginning_with(queryset, "title", term), False
        return queryset.filter(user_id=owner.pk if owner else ""), False

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj:
            context["standing"] = admin_page.standing_of(obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def has_read_chat_permission(self, request, object_id=None):
        return request.user.has_perm("goals.read_chat")

    @action(description="Read the chat", permissions=["read_chat"], icon="forum", url_path="chat")
    def read_chat(self, request, object_id):
        goal = self.get_object(request, unquote(object_id))
        if goal is None or not self.has_view_permission(request, goal):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        form = reasons.form_of(request)
        if not form.is_valid():
            return reasons.page(
                request,
                self,
                goal,
                form,
                title=f"Read the chat of {goal}",
                explanation="This chat is private. That you read it, when and why is recorded.",
                button="Read the chat",
            )
        messages = chat_reading.read(
            actor=request.user,
            goal_id=goal.pk,
            reason=form.cleaned_data["reason"],
            request_id=request.id,
        )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": goal,
            "title": f"Chat of {goal}",
            "messages_of_goal": messages,
        }
        answer = TemplateResponse(request, "goals/admin/chat.html", context)
        answer["Cache-Control"] = "no-store"
        return answer

    def changed_fields(self, obj, form):
        changed = super().changed_fields(obj, form)
        if not changed:
            return changed
        # An edit raises the version, so that a stale PATCH of the owner is refused.
        obj.version += 1
        return changed | {"version"}

    def delete_queryset(self, request, queryset):
        # One by one: the backend cannot delete a queryset that joins the owner.
        for goal in list(queryset):
            self.delete_model(request, goal)

    def delete_model(self, request, obj):
        audit.record(
            actor=request.user,
            action="goal.delete",
            subject_kind="goal",
            subject_ids=(obj.pk,),
            request_id=request.id,
        )
        editing.delete(user=User(pk=obj.user_id), goal_id=obj.pk)  # who may be missing

    @admin.display(description="Owner")
    def owner(self, goal):
        return goal.user

    @admin.display(description="Streak")
    def streak_now(self, goal):
        return streaks.as_of_now(admin_page.verified(goal), goal.user.calendar, clock.now())
