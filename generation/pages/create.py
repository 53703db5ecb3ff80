"""Making something from the browser."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation.pages.access import PageRequest, page


@require_http_methods(["GET", "HEAD", "POST"])
@page
async def create(request: PageRequest) -> HttpResponse:
    raise NotImplementedError


@require_safe
@page
def options(request: PageRequest) -> HttpResponse:
    """What the chosen model can do, as a fragment of the form."""
    raise NotImplementedError


@require_POST
@page
async def inputs(request: PageRequest) -> HttpResponse:
    """Store pictures that were dropped; answers with their small pictures as a fragment."""
    raise NotImplementedError


@require_POST
@page
def estimate(request: PageRequest) -> HttpResponse:
    """What it would cost and which account would serve it, as a fragment."""
    raise NotImplementedError
