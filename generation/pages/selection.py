"""What is done with selected results: pin, delete, restore, make again, and take away as an archive."""

from __future__ import annotations

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST

from generation.pages.access import PageRequest, page
from generation.pages.archive import archive_response


@require_POST
@page
def selection(request: PageRequest) -> HttpResponse:
    """`action` and `ids` (med_…, gen_…)."""
    raise NotImplementedError


@require_POST
@page
async def archive(request: PageRequest) -> HttpResponseBase:
    """A zip of the files of `ids`, streamed."""
    return await archive_response(request)
