"""Pages of the admin that ask why before they act; the reason goes into the audit."""

from django import forms
from django.template.response import TemplateResponse


class ReasonForm(forms.Form):
    reason = forms.CharField(
        min_length=5,
        max_length=500,
        label="Reason",
        help_text="Kept in the audit, which erasing a person does not empty: no names, no numbers.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def form_of(request) -> ReasonForm:
    """The form as sent, or an empty one."""
    return ReasonForm(request.POST if request.method == "POST" else None)


def page(request, model_admin, obj, form, *, title: str, explanation: str, button: str):
    """The page that asks; `button` says what will be done."""
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.model._meta,
        "original": obj,
        "title": title,
        "explanation": explanation,
        "button": button,
        "form": form,
    }
    return TemplateResponse(request, "accounts/admin/reason.html", context)
