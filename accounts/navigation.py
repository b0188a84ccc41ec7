"""The links at the side of the admin: what the person may see, by app."""

from django.contrib import admin
from django.urls import reverse_lazy


def links(request) -> list[dict]:
    """Unfold's SIDEBAR navigation. The model's admin gives `icon` and `menu_title`."""
    apps = admin.site.get_app_list(request)
    return [{"items": [_dashboard()]}, *(_group(app) for app in apps)]


def _dashboard():
    return {"title": "Dashboard", "icon": "dashboard", "link": reverse_lazy("admin:index")}


def _group(app):
    return {
        "title": app["name"],
        "separator": True,
        "items": [
            {
                "title": getattr(_admin(model), "menu_title", str(model["name"]).capitalize()),
                "icon": getattr(_admin(model), "icon", "article"),
                "link": model["admin_url"],
            }
            for model in app["models"]
            if model["admin_url"]
        ],
    }


def _admin(model):
    return admin.site._registry[model["model"]]
