"""Selected results as a zip: on the live handler, so that nothing but an open file is held while it is sent."""

from __future__ import annotations

import asyncio
from functools import partial

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.http import content_disposition_header

from generation.archive import FILES_MAX, TooManyFiles, archive_files, archive_of, archive_stream
from generation.pages.access import PageRequest
from jimeng_site.database import in_database


async def archive_response(request: PageRequest) -> HttpResponseBase:
    """A zip of the files of `ids`; a page that says why if there is none."""
    ids = request.POST.getlist("ids")
    try:
        files = await in_database(archive_files, viewer=request.viewer, ids=ids)
    except TooManyFiles:
        return await _refusal(request, status=413, is_too_large=True)
    if not files:
        return await _refusal(request, status=404, is_too_large=False)
    archive = await asyncio.to_thread(archive_of, files)
    name = f"jimeng-{timezone.localtime():%Y-%m-%d-%H%M}.zip"
    headers = {
        "Content-Type": "application/zip",
        "Content-Disposition": content_disposition_header(True, name) or "attachment",
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    if archive.length is not None:
        headers["Content-Length"] = str(archive.length)
    return StreamingHttpResponse(archive_stream(archive), headers=headers)


async def _refusal(request: PageRequest, *, status: int, is_too_large: bool) -> HttpResponse:
    context = {"is_too_large": is_too_large, "files_max": FILES_MAX}
    # On a lane, as the page's header asks who is logged in. The language stays behind in this task.
    shown = translation.override(translation.get_language())(render)
    return await in_database(partial(shown, request, "pages/archive_refused.html", context, status=status))
