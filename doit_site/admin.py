"""The base of the admin pages of documents."""

from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import quote
from django.core.paginator import Paginator
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from doit_site.mongo.documents import count_up_to
from doit_site.mongo.transactions import in_transaction

# Rows of a list that can be paged to. Skipping costs what it skips, so nobody pages to the
# millionth row: filters and the search narrow instead.
REACHABLE = 10_000


class DocumentList(ChangeList):
    """Sorted by what the list names and nothing after it, so that an index serves the sort.

    MongoDB's indexes keep equal keys in the order of the records, so pages neither lose nor
    double one.
    """

    result_list: Any

    def _get_deterministic_ordering(self, ordering):
        return ordering

    def get_ordering(self, request, queryset):
        """The list's own order, or one column that has an index; none beside a filter.

        Django hides the links of other columns and still obeys `?o=`.
        """
        default = list(self.model_admin.get_ordering(request))
        if self.has_filters and self.has_active_filters:
            return default
        asked = super().get_ordering(request, queryset)[:1]
        allowed = {self.get_ordering_field(column) for column in self.sortable_by}
        return asked if {name.lstrip("-") for name in asked} <= allowed else default


class DocumentPaginator(Paginator):
    """Counts a whole collection by its metadata, a part of it up to what can be paged to."""

    @cached_property
    def count(self):
        rows: Any = self.object_list
        if rows.query.where:
            return count_up_to(rows, REACHABLE + 1)
        return rows.query.model.objects.collection.estimated_document_count()

    @cached_property
    def num_pages(self):
        return min(super().num_pages, REACHABLE // self.per_page)


class DocumentAdmin(ModelAdmin):
    """Writes only the fields that were changed, all of a request in one transaction.

    Changed is what differs from the form as it was shown, not from the document as it is by
    now: what somebody else wrote meanwhile stays. Lists sort by `sortable_by` alone, which
    names columns that an index serves.
    """

    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # a count of the whole collection for each choice
    list_per_page = 50
    list_max_show_all = 50
    list_fullwidth = True
    sortable_by: ClassVar[Any] = ()
    paginator: ClassVar[Any] = DocumentPaginator

    def get_changelist(self, request, **kwargs):
        return DocumentList

    def lookup_allowed(self, lookup, value, request):
        """What a filter of the list asks; anything else in the address could scan, or operate."""
        filters = {_parameter(entry) for entry in self.get_list_filter(request)}
        if lookup not in filters:
            raise IncorrectLookupParameters
        return True

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

    @staticmethod
    def beginning_with(queryset, field, text):
        """A prefix as a range, in the order of the field, so that its index serves both."""
        end = text + "\U0010ffff"
        return queryset.filter(**{f"{field}__gte": text, f"{field}__lt": end}).order_by(field)

    def back_to(self, request, obj, text, level=messages.SUCCESS):
        """To the page of the document, saying `text`."""
        self.message_user(request, text, level)
        name = f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change"
        return HttpResponseRedirect(reverse(name, args=[quote(obj.pk)]))


def _parameter(list_filter):
    """The name in the address of what stands in `list_filter`: a field, or a filter's class."""
    return getattr(list_filter, "parameter_name", f"{list_filter}__exact")
