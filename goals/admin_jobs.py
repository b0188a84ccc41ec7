"""The coach's longer work in the admin: what waits, what runs, what failed and why."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timesince import timesince

from doit_site import clock
from doit_site.admin import DocumentAdmin
from goals.models import Job


@admin.register(Job)
class JobAdmin(DocumentAdmin):
    """Read-only: a job ends by itself, and its owner may ask again."""

    icon = "work_history"
    list_display = ("kind", "goal_page", "state", "attempts", "why", "waited", "created_at")
    list_filter = ("state",)
    sortable_by = ("created_at",)
    ordering = ("-created_at",)
    search_fields = ("goal_id",)  # shows the search box; the search is below
    search_help_text = "A goal's id"
    fields = (
        *("kind", "goal_page", "state", "attempts", "why", "waited"),
        *("created_at", "started_at", "finished_at", "due_at"),
    )
    readonly_fields = fields

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()[:36].lower()
        return (queryset.filter(goal_id=term) if term else queryset), False

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.display(description="Goal")
    def goal_page(self, job):
        url = reverse("admin:goals_goal_change", args=[job.goal_id])
        return format_html('<a href="{}">{}</a>', url, job.goal_id)

    @admin.display(description="Error")
    def why(self, job):
        return f"{job.error['code']}: {job.error['detail']}" if job.error else "-"

    @admin.display(description="Took")
    def waited(self, job):
        return timesince(job.created_at, job.finished_at or clock.now())
