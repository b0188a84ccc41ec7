from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm

from accounts import personal_data, phones, sessions
from accounts.admin_site import PersonsPasswordForm
from accounts.models import User
from doit_site.admin import DocumentAdmin


class PhoneNumberFormField(forms.CharField):
    """Takes a number as people type it."""

    def clean(self, value):
        text = super().clean(value)
        try:
            return phones.normalise(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class AddressFormField(forms.EmailField):
    """An e-mail address in the lower case that it is stored and looked up in; None without one."""

    def clean(self, value):
        address = super().clean(value)
        return address and address.lower()


class PersonForm(UserChangeForm):
    phone_number = PhoneNumberFormField(show_hidden_initial=True)
    email = AddressFormField(
        max_length=254, required=False, empty_value=None, show_hidden_initial=True
    )


class NewPersonForm(AdminUserCreationForm):
    phone_number = PhoneNumberFormField(help_text="International number.")

    class Meta:
        model = User
        fields = ("phone_number", "name")


@admin.register(User)
class PersonAdmin(DocumentAdmin, UserAdmin):
    """People: found by phone number, e-mail or id; deleting one erases all their data."""

    form = PersonForm
    add_form = NewPersonForm
    change_password_form = PersonsPasswordForm
    list_display = ("phone_number", "name", "status", "is_staff", "created_at")
    list_filter = ("status", "is_staff", "is_superuser")
    ordering = ("-created_at",)
    search_help_text = "A phone number, an e-mail address, an id, or the beginning of a name"
    readonly_fields = ("id", "created_at", "last_login", "time_zone")
    filter_horizontal = ("groups", "user_permissions")
    fieldsets = (
        (None, {"fields": ("phone_number", "name", "email", "status", "password")}),
        ("Facts", {"fields": ("id", "created_at", "last_login", "time_zone")}),
        ("Staff", {"fields": ("is_staff", "is_superuser", "groups", "user_permissions")}),
    )
    add_fieldsets = (
        (
            None,
            {"fields": ("phone_number", "name", "usable_password", "password1", "password2")},
        ),
    )
    search_fields = ("phone_number",)  # shows the search box; the search is below

    def get_search_results(self, request, queryset, search_term):
        """By an index each: the whole number, address or id, or how a name begins."""
        term = search_term.strip()[:100]
        if not term:
            return queryset, False
        if "@" in term:
            return queryset.filter(email=term.lower()), False
        try:
            return queryset.filter(phone_number=phones.normalise(term)), False
        except ValueError:
            pass
        if len(term) == 36:
            return queryset.filter(pk=term.lower()), False
        return queryset.filter(name__startswith=term), False

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        sessions.strike_out(user_id=obj.pk)

    def delete_model(self, request, obj):
        personal_data.erase(obj.pk)

    def delete_queryset(self, request, queryset):
        for user_id in list(queryset.values_list("pk", flat=True)):
            personal_data.erase(user_id)
