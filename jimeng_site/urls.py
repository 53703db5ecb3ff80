"""The map of the site."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path

from generation.pages import appearance
from generation.pages.login import Login
from openai_compat.views.docs import docs

urlpatterns = [
    path("login/", Login.as_view(), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("theme/", appearance.theme, name="theme"),
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
