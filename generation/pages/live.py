"""Server-sent events for pages that are open: a generation's progress, and that there is something new.

These run on the database lanes (jimeng_site/asgi.py): an open stream holds no thread and no connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import wraps
from typing import Any, Final

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.http import require_GET

from generation.errors import UnknownGeneration
from generation.live_news import news_desk
from generation.live_progress import ProgressWords, update_context
from generation.models import Generation
from generation.pages.access import PageRequest
from generation.services import generation_watch
from generation.viewing import Viewer, parts_of
from jimeng_site.database import in_database
from jimeng_site.sse import KEEP_ALIVE, frame, retry_after, stream_of

KEEP_ALIVE_S: Final = 15.0
RETRY_S: Final = 3.0
# Then the browser asks again, and it is seen again who asks: nobody listens for ever who has been logged out.
STREAM_S: Final = 15 * 60.0
BEAT_S, PACE_S = 2.0, 0.5  # a page hears of a generation at least, and at most, once in so long

_TEXT: Final = "text/plain; charset=utf-8"


def listener(view: Callable[..., Awaitable[HttpResponseBase]]) -> Callable[..., Any]:
    """As `page`, for what scripts ask for: whoever is not logged in is told so, and gets no page."""

    @wraps(view)
    async def serve(request: PageRequest, *args: str, **kwargs: str) -> HttpResponseBase:
        user = await request.auser()
        if not user.is_authenticated:
            return HttpResponse("Log in first.\n", status=401, content_type=_TEXT)
        request.viewer = Viewer.of(user)
        try:
            return await view(request, *args, **kwargs)
        except UnknownGeneration:
            return HttpResponse("There is no such generation.\n", status=404, content_type=_TEXT)

    return serve


@require_GET
@listener
async def news(request: PageRequest) -> HttpResponseBase:
    """An event `news` at the beginning and whenever something was asked for, changed its state or ended."""
    return stream_of(_news(request.viewer))


@require_GET
@listener
async def progress(request: PageRequest, public_id: str) -> HttpResponseBase:
    """Events `progress` with a fragment of HTML, `phase` with words for screen readers, and `done` at the end."""
    parts = await in_database(parts_of, request.viewer, public_id)
    return stream_of(_progress(parts, translation.get_language() or ""))


async def _news(viewer: Viewer) -> AsyncIterator[bytes]:
    clock = asyncio.get_running_loop().time
    until, count = clock() + STREAM_S, 0
    yield retry_after(RETRY_S)
    async with news_desk.listening(viewer) as told:
        while not told.is_over and clock() < until:
            # The first one covers what happened while the page was on its way, or the stream was broken.
            yield frame(str(count), name="news")
            while not told.news.is_set():
                try:
                    async with asyncio.timeout(KEEP_ALIVE_S):
                        await told.news.wait()
                except TimeoutError:
                    yield KEEP_ALIVE
            told.news.clear()
            count += 1


async def _progress(parts: Sequence[Generation], language: str) -> AsyncIterator[bytes]:
    clock = asyncio.get_running_loop().time
    until, spoken = clock() + STREAM_S, ""
    yield retry_after(RETRY_S)
    async for update in generation_watch(parts, beat_s=BEAT_S, pace_s=PACE_S):
        with translation.override(language):
            words = update_context(update)
            fragment = _fragment(words)
        if words.spoken != spoken:
            spoken = words.spoken
            yield frame(spoken, name="phase")
        yield frame(fragment, name="progress" if update.finished is None else "done")
        if clock() > until:
            return


def _fragment(words: ProgressWords) -> str:
    return render_to_string("pages/_progress.html", {"progress": words}).strip()
