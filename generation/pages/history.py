"""The gallery: everything that was asked for, newest first, as pictures or as a table."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from generation.pages.access import PageRequest, page


@require_safe
@page
def history(request: PageRequest) -> HttpResponse:
    return render(request, "pages/history.html")


@require_safe
@page
def rows(request: PageRequest) -> HttpResponse:
    """The next page as a fragment."""
    raise NotImplementedError


@require_safe
@page
def news(request: PageRequest) -> HttpResponse:
    """What is newer than what the page shows, as a fragment."""
    raise NotImplementedError
