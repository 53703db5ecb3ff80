"""News for open pages: that something changed which their reader may see, never what.

One task asks the database for all pages of this process, and only while there are any. A page that is open holds
no thread and no connection.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from django.db import DatabaseError

from generation.engine import runtime
from generation.models import GenerationEvent
from generation.viewing import Viewer
from jimeng_site.database import in_database

logger = logging.getLogger(__name__)

EVERY_S: Final = 1.0  # between two looks, and so between two pieces of news
SOONEST_S: Final = 0.2  # between two looks that found nothing, when this process has news
WINDOW: Final = 200  # transactions that run at once do not commit in the order of their keys


@dataclass(slots=True, eq=False)
class Listener:
    """One open page. `is_over`: this process stops."""

    viewer: Viewer
    news: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False


class NewsDesk:
    """One per process."""

    def __init__(self, *, every_s: float = EVERY_S) -> None:
        self._every_s = every_s
        self._listeners: set[Listener] = set()
        self._seen: set[int] = set()
        self._task: asyncio.Task[None] | None = None
        self._begun = asyncio.Event()

    @asynccontextmanager
    async def listening(self, viewer: Viewer) -> AsyncIterator[Listener]:
        """From the moment that this gives a listener, nothing is missed."""
        listener = Listener(viewer)
        self._listeners.add(listener)
        try:
            if self._task is None or self._task.done():
                self._begun = asyncio.Event()
                # A context of its own: it outlives the request that began it, and must not use its lane.
                self._task = asyncio.get_running_loop().create_task(
                    self._serve(self._begun), name="live-news", context=contextvars.Context()
                )
            await self._begun.wait()
            yield listener
        finally:
            self._listeners.discard(listener)

    async def _serve(self, begun: asyncio.Event) -> None:
        self._seen = set()
        has_news = True
        while self._listeners:
            try:
                found = await in_database(_events_since, self._oldest if begun.is_set() else None)
                has_news = await self._tell(found) if begun.is_set() else self._begin(found)
                begun.set()
            except DatabaseError:
                logger.exception("News could not be read", extra={"action": "live_news"})
            await self._pause(has_news)

    @property
    def _oldest(self) -> int:
        """From which event on it is looked at what is new."""
        return min(self._seen) if len(self._seen) == WINDOW else 0

    def _begin(self, found: list[int]) -> bool:
        self._seen = set(found)
        return False

    async def _tell(self, found: list[int]) -> bool:
        fresh = set(found) - self._seen
        if fresh:
            self._seen = set(sorted(found)[-WINDOW:])
            plain = {each.viewer.user_id for each in self._listeners if not each.viewer.sees_all}
            owners = await in_database(_owners_since, min(fresh), plain) if plain else set()
            for each in self._listeners:
                if each.viewer.sees_all or each.viewer.user_id in owners:
                    each.news.set()
        return bool(fresh)

    async def _pause(self, has_news: bool) -> None:
        """Until the next look; shorter when this process stirs. When it stops, every page is told."""
        running = runtime.current()
        if running is None:
            await asyncio.sleep(self._every_s)
            return
        rest_s = self._every_s if has_news else SOONEST_S
        with suppress(TimeoutError):
            async with asyncio.timeout(self._every_s):
                await asyncio.sleep(rest_s)
                await running.hub.stirred.wait()
        running.hub.stirred.clear()
        if running.hub.is_leaving:
            for each in self._listeners:
                each.is_over = True
                each.news.set()


def _events_since(oldest: int | None) -> list[int]:
    """Keys of the events from this one on, newest first; of the last ones where there is none."""
    events = GenerationEvent.objects.order_by("-pk").values_list("pk", flat=True)
    return list(events[:WINDOW] if oldest is None else events.filter(pk__gte=oldest))


def _owners_since(oldest: int, user_ids: Collection[int]) -> set[int]:
    """Which of these people have API keys that something happened for, from this event on."""
    events = GenerationEvent.objects.filter(pk__gte=oldest, generation__api_key__owner_id__in=user_ids)
    owners = events.order_by().values_list("generation__api_key__owner_id", flat=True).distinct()
    return set(owners)


news_desk = NewsDesk()
