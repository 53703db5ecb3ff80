"""The map of the site with a page that has a bug."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from jimeng_site import urls


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("A bug.")


urlpatterns = [path("broken/", broken), *urls.urlpatterns]
handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500
