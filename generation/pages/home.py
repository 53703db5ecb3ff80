"""The first page: what is running, what came last, how the pool is, and how to begin."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from generation.pages.access import PageRequest, page


@require_safe
@page
def home(request: PageRequest) -> HttpResponse:
    return render(request, "pages/home.html")
