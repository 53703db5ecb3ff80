"""What the retention policy would remove, and how much room everything takes."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from generation.pages.access import PageRequest, page, staff_only


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
@page
def retention(request: PageRequest) -> HttpResponse:
    raise NotImplementedError
