"""The site's own app, and Django's apps with keys that MongoDB has."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.apps import AuthConfig
from django.contrib.contenttypes.apps import ContentTypesConfig

OBJECT_ID = "django_mongodb_backend.fields.ObjectIdAutoField"


class DoItSiteConfig(AppConfig):
    name = "doit_site"
    verbose_name = "DoIt"

    def ready(self):
        from doit_site import checks  # noqa: F401


class MongoAdminConfig(AdminConfig):
    default_auto_field = OBJECT_ID
    default_site = "accounts.admin_site.AdminSite"


class MongoAuthConfig(AuthConfig):
    default_auto_field = OBJECT_ID


class MongoContentTypesConfig(ContentTypesConfig):
    default_auto_field = OBJECT_ID
