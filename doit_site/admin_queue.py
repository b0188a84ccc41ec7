"""The base of the queues of reports: read by staff, decided by the actions of the list alone."""

from contextlib import suppress

from django.contrib import admin, messages

from doit_site.admin import DocumentAdmin
from doit_site.api.problems import Problem


class QueueAdmin(DocumentAdmin):
    """Reports with a `reason`. `things` is what they are about, in the plural."""

    things = ""
    list_filter = ("status",)
    sortable_by = ("created_at",)
    ordering = ("-created_at",)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def decide(self, request, queryset, act, done):
        """The act on each selected report, and how many that were."""
        count = 0
        for report_id in list(queryset.values_list("pk", flat=True)):
            with suppress(Problem):  # erased meanwhile
                act(actor=request.user, report_id=report_id, request_id=request.id)
                count += 1
        self.message_user(request, f"{count} {self.things}: {done}.", messages.SUCCESS)

    @admin.display(description="Reason")
    def why(self, report):
        return report.reason[:80]
