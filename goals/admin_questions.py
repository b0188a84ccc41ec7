"""The queue of reported questions in the admin."""

from contextlib import suppress
from typing import Any

from django.contrib import admin, messages
from django.utils.html import format_html_join

from doit_site.admin import DocumentAdmin, DocumentList
from doit_site.api.problems import Problem
from goals import question_reports
from goals.models import QuestionReport


class ReportList(DocumentList):
    """Counts the reports of a page's questions at once."""

    result_list: Any

    def get_results(self, request):
        super().get_results(request)
        self.result_list = list(self.result_list)
        counts = question_reports.counts({report.question_key for report in self.result_list})
        for report in self.result_list:
            report.count = counts.get(report.question_key, 1)


@admin.register(QuestionReport)
class QuestionReportAdmin(DocumentAdmin):
    """Questions that people reported. Deciding one settles all reports of the question."""

    icon = "quiz"
    list_display = ("question", "reports", "topic", "why", "status", "created_at")
    list_filter = ("status",)
    sortable_by = ("created_at",)
    ordering = ("-created_at",)
    actions = ("dismiss", "mark_fixed")
    fields = (
        *("status", "topic", "prompt", "choices_shown", "explanation"),
        *("reason", "created_at", "decided_at"),
    )
    readonly_fields = fields

    def get_changelist(self, request, **kwargs):
        return ReportList

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_decide_permission(self, request):
        return request.user.has_perm("goals.decide_questionreport")

    @admin.action(permissions=["decide"], description="Dismiss: the question is right")
    def dismiss(self, request, queryset):
        self._each(request, queryset, question_reports.dismiss, "dismissed")

    @admin.action(permissions=["decide"], description="Mark as fixed")
    def mark_fixed(self, request, queryset):
        self._each(request, queryset, question_reports.mark_fixed, "marked as fixed")

    def _each(self, request, queryset, act, done):
        count = 0
        for report_id in list(queryset.values_list("pk", flat=True)):
            with suppress(Problem):  # erased meanwhile
                act(actor=request.user, report_id=report_id, request_id=request.id)
                count += 1
        self.message_user(request, f"{count} questions: {done}.", messages.SUCCESS)

    @admin.display(description="Question")
    def question(self, report):
        return report.prompt[:80]

    @admin.display(description="Reports")
    def reports(self, report):
        return report.count

    @admin.display(description="Reason")
    def why(self, report):
        return report.reason[:80]

    @admin.display(description="Choices")
    def choices_shown(self, report):
        rows = [
            ("✓" if place == report.answer else "✗", choice)
            for place, choice in enumerate(report.choices)
        ]
        return format_html_join("\n", "<div>{} {}</div>", rows)
