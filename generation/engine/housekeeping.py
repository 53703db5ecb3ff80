"""What can wait: files that could not be fetched at once, thumbnails, pass-through logins nobody uses any more."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from accounts import services as accounts
from generation.engine.healing import Healer
from generation.engine.miniatures import make_miniatures
from generation.engine.pace import Pace
from generation.inputs import inputs_prune
from generation.models import Media
from generation.stored import remove_old_parts
from jimeng_site.database import in_database

logger = logging.getLogger(__name__)

THUMBNAILS_A_TICK = 4
IDLE_S = 10.0  # thumbnails wait for so long a calm: a picture of 2048² takes 50 ms and 60 MB to make small
FETCHES_A_TICK = 4
FORGET_EVERY = timedelta(hours=1)
INPUTS_WITHOUT_REQUEST = timedelta(days=1)  # pictures of requests that were refused


class Housekeeping:
    def __init__(
        self,
        healer: Healer,
        *,
        is_idle: Callable[[], bool],
        tick_s: float = Pace().housekeeping_s,
    ) -> None:
        self._healer = healer
        self._tick_s = tick_s
        self._is_idle = is_idle
        self._busy_at = 0.0  # loop time when something was being generated
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(
            self._serve(), name="housekeeping", context=contextvars.Context()
        )

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _serve(self) -> None:
        forget_at = timezone.now()
        while True:
            await asyncio.sleep(self._tick_s)
            try:
                for media_id in await in_database(_due_fetches):
                    await self._healer.fetch(media_id)
                await self._make_thumbnails()
                if timezone.now() >= forget_at:
                    forget_at = timezone.now() + FORGET_EVERY
                    idle_since = timezone.now() - timedelta(days=settings.JIMENG_PASSTHROUGH_DAYS)
                    await in_database(accounts.passthrough_forget, unused_since=idle_since)
                    await asyncio.to_thread(remove_old_parts)
                    await inputs_prune(older_than=timezone.now() - INPUTS_WITHOUT_REQUEST)
                    await in_database(prune_notices)
            except Exception:
                logger.exception("Housekeeping was interrupted", extra={"action": "housekeeping"})

    async def _make_thumbnails(self) -> None:
        """Some of those that are missing, if nothing was generated for a while. A page that needs one makes it."""
        now = asyncio.get_running_loop().time()
        if not self._is_idle():
            self._busy_at = now
        if now - self._busy_at < IDLE_S:
            return
        for media in await in_database(_without_thumbnail):
            if self._is_idle():
                with suppress(FileNotFoundError):  # somebody who looks at it has it fetched
                    await make_miniatures(media)


def prune_notices() -> None:
    """Forget what was told and what happened to accounts, once it is JIMENG_EVENTS_DAYS old."""
    older_than = timezone.now() - timedelta(days=settings.JIMENG_EVENTS_DAYS)
    accounts.deliveries_prune(older_than=older_than)
    accounts.alerts_prune(older_than=older_than)
    accounts.account_events_prune(older_than=older_than)


def _due_fetches() -> list[int]:
    due = Media.objects.filter(fetch_due_at__lte=timezone.now(), removed_at__isnull=True)
    return list(due.order_by("fetch_due_at").values_list("pk", flat=True)[:FETCHES_A_TICK])


def _without_thumbnail() -> list[Media]:
    due = Media.objects.filter(thumbnail_due_at__lte=timezone.now())
    return list(due.order_by("thumbnail_due_at")[:THUMBNAILS_A_TICK])
