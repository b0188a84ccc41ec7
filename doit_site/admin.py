"""The base of the admin pages of documents."""

from django.contrib import admin

from doit_site.mongo.transactions import in_transaction


class DocumentAdmin(admin.ModelAdmin):
    """Writes only the fields that were changed, all of a request in one transaction."""

    show_full_result_count = False
    list_per_page = 50

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
            fields = {field.name for field in obj._meta.concrete_fields}
            obj.save(update_fields=fields.intersection(form.changed_data))
        else:
            obj.save(force_insert=True)
