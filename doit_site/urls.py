from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import RedirectView, TemplateView
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerView

import accounts.urls
import goals.urls
import groups.urls
from accounts.unsubscribe_page import unsubscribe
from doit_site import health, metrics
from doit_site.api import problems

admin.site.site_header = admin.site.site_title = "DoIt"


@csrf_exempt
def not_found(request, *args, **kwargs):
    return problems.plain_response(problems.Problem(problems.Code.not_found), request.id)


# In one list, and before the pages: each level and each pattern on the way takes time.
api: list[URLPattern | URLResolver] = [
    *goals.urls.urlpatterns,
    *groups.urls.urlpatterns,
    *accounts.urls.urlpatterns,
    re_path(r"^", not_found),
]

urlpatterns = [
    path("api/v1/", include(api)),
    path("", RedirectView.as_view(url="/api/docs/")),
    path("health/live/", health.live),
    path("health/ready/", health.ready),
    path("metrics", metrics.page),
    path("unsubscribe/<str:token>/", unsubscribe),
    path("api/schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path(
        "api/docs/errors/",
        TemplateView.as_view(
            template_name="errors.html", extra_context={"codes": list(problems.Code)}
        ),
    ),
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
]
