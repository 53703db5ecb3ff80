"""One generation: how far it is, what was asked, who served it and why, what came of it, and what can be done now."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_POST, require_safe

from generation.pages.access import PageRequest, page


@require_safe
@page
def detail(request: PageRequest, public_id: str) -> HttpResponse:
    raise NotImplementedError


@require_POST
@page
async def rerun(request: PageRequest, public_id: str) -> HttpResponse:
    """Ask for the same again."""
    raise NotImplementedError


@require_POST
@page
async def cancel(request: PageRequest, public_id: str) -> HttpResponse:
    """While nothing is spent."""
    raise NotImplementedError


@require_POST
@page
def look_again(request: PageRequest, public_id: str) -> HttpResponse:
    """Ask Jimeng for a result that is late, or for files that are missing."""
    raise NotImplementedError
