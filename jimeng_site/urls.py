"""The map of the site."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from openai_compat.views.docs import docs

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("docs/", docs, name="docs"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("accounts.urls")),
    path("", include("generation.urls")),
    path("", include("openai_compat.urls")),
]

handler400 = "openai_compat.views.fallback.bad_request"
handler403 = "openai_compat.views.fallback.permission_denied"
handler404 = "openai_compat.views.fallback.page_not_found"
handler500 = "openai_compat.views.fallback.server_error"
