"""The audit in the admin: read, never written."""

from django.contrib.admin import SimpleListFilter, display

from accounts import audit, phones
from accounts.models import User
from doit_site.admin import DocumentAdmin, DocumentList


class ActionFilter(SimpleListFilter):
    title = "action"
    parameter_name = "action"

    def lookups(self, request, model_admin):
        return list(audit.actions().items())

    def queryset(self, request, queryset):
        return queryset.filter(action=self.value()) if self.value() else queryset


class AuditList(DocumentList):
    """Loads the people of a page at once."""

    def get_results(self, request):
        super().get_results(request)
        rows = list(self.result_list)
        people = {row.actor_id for row in rows}
        people |= {row.subject_id for row in rows if row.subject_kind == "person"}
        found = User.objects.order_by().in_bulk(people)  # sorted, it could scan all people
        for row in rows:
            row.people = found
        self.result_list = rows


class AuditAdmin(DocumentAdmin):
    """Who of the staff did what with whose data. Nobody adds, changes or deletes here."""

    icon = "policy"
    menu_title = "Audit"
    list_display = ("at", "what", "actor", "subject", "reason")
    list_filter = (ActionFilter,)
    sortable_by = ("at",)
    ordering = ("-at",)
    actions = None
    search_fields = ("subject_id",)  # shows the search box; the search is below
    search_help_text = "The id of a person or goal, or a phone number: what was done to it or by it"
    fields = ("at", "what", "actor_id", "subject_kind", "subject_id", "reason", "request_id", "id")
    readonly_fields = fields

    def get_changelist(self, request, **kwargs):
        return AuditList

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_search_results(self, request, queryset, search_term):
        """What was done to the person or thing, else what the person did; by an index each."""
        identity = search_term.strip().lower()[:100]
        if not identity:
            return queryset, False
        try:
            phone = phones.normalise(identity)
        except ValueError:
            pass
        else:
            person = User.objects.filter(phone_number=phone).first()
            identity = person.pk if person else "nobody"
        done_to = queryset.filter(subject_id=identity)
        return (done_to if done_to.exists() else queryset.filter(actor_id=identity)), False

    @display(description="What")
    def what(self, row):
        return audit.actions().get(row.action, row.action)

    @display(description="By")
    def actor(self, row):
        return row.people.get(row.actor_id) or row.actor_id

    @display(description="Of")
    def subject(self, row):
        person = row.people.get(row.subject_id) if row.subject_kind == "person" else None
        return f"{row.subject_kind} {person or row.subject_id or '(many)'}"
