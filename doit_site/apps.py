"""The site's own app, and Django's apps with keys that MongoDB has."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.apps import AuthConfig
from django.contrib.contenttypes.apps import ContentTypesConfig
from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries

OBJECT_ID = "django_mongodb_backend.fields.ObjectIdAutoField"


class DoItSiteConfig(AppConfig):
    name = "doit_site"
    verbose_name = "DoIt"

    def ready(self):
        from doit_site import checks, error_reports  # noqa: F401

        error_reports.start()

        # The driver keeps its own pool and logs no queries, and the caches in use keep theirs;
        # looking at all three costs 50 us a request.
        request_started.disconnect(reset_queries)
        request_started.disconnect(close_old_connections)
        request_finished.disconnect(close_old_connections)
        request_finished.disconnect(close_caches)


class MongoAdminConfig(AdminConfig):
    default_auto_field = OBJECT_ID
    default_site = "accounts.admin_site.AdminSite"


class MongoAuthConfig(AuthConfig):
    verbose_name = "Staff"
    default_auto_field = OBJECT_ID


class MongoContentTypesConfig(ContentTypesConfig):
    default_auto_field = OBJECT_ID
