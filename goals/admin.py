from django.contrib import admin
from django.utils.html import format_html, format_html_join

from accounts import phones
from accounts.models import User
from doit_site import clock
from doit_site.admin import DocumentAdmin, DocumentList
from goals import editing, streaks
from goals.models import Goal


class GoalList(DocumentList):
    """Loads the owners of a page at once; a join would read every goal's before the page."""

    def get_results(self, request):
        super().get_results(request)
        self.result_list = list(self.result_list)
        owners = User.objects.in_bulk({goal.user_id for goal in self.result_list})
        for goal in self.result_list:
            goal.user = owners.get(goal.user_id) or User(pk=goal.user_id, name="nobody")


@admin.register(Goal)
class GoalAdmin(DocumentAdmin):
    """Goals. What the acts keep exact is shown, not edited; chats are private and not shown."""

    list_display = ("title", "owner", "category", "status", "progress", "streak_now", "target_date")
    list_filter = ("status", "category")
    ordering = ("-created_at",)
    raw_id_fields = ("user",)
    search_fields = ("title",)  # shows the search box; the search is below
    search_help_text = "A goal's id, its owner's phone number or id, or the beginning of a title"
    readonly_fields = (
        "id",
        "created_at",
        "progress",
        "streak_now",
        "statistics",
        "message_count",
        "roadmap_table",
        "version",
    )
    fieldsets = (
        (None, {"fields": ("user", "title", "description", "target_date", "status")}),
        ("Kind", {"fields": ("category", "subcategory")}),
        (
            "Where it stands",
            {"fields": ("progress", "streak_now", "statistics", "message_count")},
        ),
        ("Roadmap", {"fields": ("roadmap_table",)}),
        ("Facts", {"fields": ("id", "created_at", "version")}),
    )

    def get_changelist(self, request, **kwargs):
        return GoalList

    def get_readonly_fields(self, request, obj=None):
        return (*self.readonly_fields, "user") if obj else self.readonly_fields

    def get_search_results(self, request, queryset, search_term):
        """By an index each where the term allows."""
        term = search_term.strip()[:100]
        if not term:
            return queryset, False
        if len(term) == 36:
            by_id = queryset.filter(pk=term.lower())
            return (by_id if by_id.exists() else queryset.filter(user_id=term.lower())), False
        try:
            owner = User.objects.filter(phone_number=phones.normalise(term)).first()
        except ValueError:
            return queryset.filter(title__startswith=term), False
        return queryset.filter(user_id=owner.pk if owner else ""), False

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
        editing.delete(user=User(pk=obj.user_id), goal_id=obj.pk)  # who may be missing

    @admin.display(description="Owner")
    def owner(self, goal):
        return goal.user

    @admin.display(description="Streak")
    def streak_now(self, goal):
        raw = {
            "streak": goal.streak,
            "streak_until": goal.streak_until,
            "daily_verifications": [
                {"date": entry.date, "passed": entry.passed} for entry in goal.daily_verifications
            ],
        }
        if goal.streak_until is None:
            del raw["streak_until"]
        return streaks.as_of_now(raw, goal.user.calendar, clock.now())

    @admin.display(description="Tests")
    def statistics(self, goal):
        stats = goal.verification_stats
        if not stats:
            return "none yet"
        return (
            f"{stats.passed} of {stats.total_tests} passed, "
            f"average {stats.average_score:.0%}, {stats.perfect_scores} perfect"
        )

    @admin.display(description="Messages")
    def message_count(self, goal):
        return len(goal.messages)

    @admin.display(description="Days")
    def roadmap_table(self, goal):
        if not goal.roadmap:
            return "No roadmap yet."
        rows = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            (
                (day.day, day.date, day.title, "; ".join(task.task for task in day.tasks))
                for day in goal.roadmap.days
            ),
        )
        return format_html(
            "<p>{}</p><table><thead><tr><th>Day</th><th>Date</th><th>Title</th><th>Tasks</th></tr>"
            "</thead><tbody>{}</tbody></table>",
            goal.roadmap.summary,
            rows,
        )
