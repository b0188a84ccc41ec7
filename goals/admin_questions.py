"""The queue of reported questions in the admin."""

from typing import Any

from django.contrib import admin
from django.utils.html import format_html_join

from doit_site.admin import DocumentList
from doit_site.admin_queue import QueueAdmin
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
class QuestionReportAdmin(QueueAdmin):
    """Questions that people reported. Deciding one settles all reports of the question."""

    icon = "quiz"
    things = "questions"
    list_display = ("question", "reports", "topic", "why", "status", "created_at")
    actions = ("dismiss", "mark_fixed")
    fields = (
        *("status", "topic", "prompt", "choices_shown", "explanation"),
        *("reason", "created_at", "decided_at"),
    )
    readonly_fields = fields

    def get_changelist(self, request, **kwargs):
        return ReportList

    def has_decide_permission(self, request):
        return request.user.has_perm("goals.decide_questionreport")

    @admin.action(permissions=["decide"], description="Dismiss: the question is right")
    def dismiss(self, request, queryset):
        self.decide(request, queryset, question_reports.dismiss, "dismissed")

    @admin.action(permissions=["decide"], description="Mark as fixed")
    def mark_fixed(self, request, queryset):
        self.decide(request, queryset, question_reports.mark_fixed, "marked as fixed")

    @admin.display(description="Question")
    def question(self, report):
        return report.prompt[:80]

    @admin.display(description="Reports")
    def reports(self, report):
        return report.count

    @admin.display(description="Choices")
    def choices_shown(self, report):
        rows = [
            ("✓" if place == report.answer else "✗", choice)
            for place, choice in enumerate(report.choices)
        ]
        return format_html_join("\n", "<div>{} {}</div>", rows)
