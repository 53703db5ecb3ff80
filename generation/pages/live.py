"""Server-sent events for pages that are open: a generation's progress, and that there is something new."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from generation.pages.access import PageRequest, page


@require_safe
@page
async def news(request: PageRequest) -> HttpResponseBase:
    """An event `news` whenever something was asked for, changed its state or ended."""
    raise NotImplementedError


@require_safe
@page
async def progress(request: PageRequest, public_id: str) -> HttpResponseBase:
    """Events `progress` with a fragment of HTML, and `done` at the end."""
    raise NotImplementedError
