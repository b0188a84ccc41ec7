"""The base of the admin pages of documents."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.utils.functional import cached_property

from doit_site.mongo.transactions import in_transaction


class DocumentList(ChangeList):
    """Sorted by what the list names and nothing after it, so that an index serves the sort.

    MongoDB's indexes keep equal keys in the order of the records, so pages neither lose nor
    double one.
    """

    def _get_deterministic_ordering(self, ordering):
        return ordering


class DocumentPaginator(Paginator):
    """Counts a whole collection by its metadata instead of reading it."""

    @cached_property
    def count(self):
        rows: Any = self.object_list
        if rows.query.where:
            return rows.count()
        return rows.query.model.objects.collection.estimated_document_count()


class DocumentAdmin(admin.ModelAdmin):
    """Writes only the fields that were changed, all of a request in one transaction.

    Changed is what differs from the form as it was shown, not from the document as it is by
    now: what somebody else wrote meanwhile stays.
    """

    show_full_result_count = False
    list_per_page = 50
    paginator = DocumentPaginator

    def get_changelist(self, request, **kwargs):
        return DocumentList

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        return super().formfield_for_dbfield(
            db_field, request, **{"show_hidden_initial": True, **kwargs}
        )

    def add_view(self, request, form_url="", extra_context=None):
        act = super().add_view
        return self._whole(request, lambda: act(request, form_url, extra_context))

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        act = super().changeform_view
        return self._whole(request, lambda: act(request, object_id, form_url, extra_context))

    def delete_view(self, request, object_id, extra_context=None):
        act = super().delete_view
        return self._whole(request, lambda: act(request, object_id, extra_context))

    def changelist_view(self, request, extra_context=None):
        act = super().changelist_view
        return self._whole(request, lambda: act(request, extra_context))

    def _whole(self, request, act):
        return in_transaction(act) if request.method == "POST" else act()

    def save_model(self, request, obj, form, change):
        if change:
            obj.save(update_fields=self.changed_fields(obj, form))
        else:
            obj.save(force_insert=True)

    def changed_fields(self, obj, form):
        """The names of the document's fields to write."""
        return {field.name for field in obj._meta.concrete_fields}.intersection(form.changed_data)
