"""What can wait: files that could not be fetched at once, thumbnails, pass-through logins nobody uses any more."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts import services as accounts
from generation.engine.caretaker import Caretaker
from generation.engine.pace import Pace
from generation.engine.pictures import NotMedia, thumbnail_of
from generation.engine.storing import (
    IMAGE_MAX_BYTES,
    Place,
    Stored,
    remove_old_parts,
    store_picture,
    store_poster,
    store_video,
)
from generation.inputs import inputs_prune
from generation.models import Generation, GenerationEvent, Media
from generation.specs import spec_from_json
from generation.upstream.answers import Item
from generation.upstream.client import UpstreamClient
from generation.upstream.failures import UpstreamFailure
from jimeng_site.database import in_database

logger = logging.getLogger(__name__)

THUMBNAILS_A_TICK = 4
IDLE_S = 10.0  # thumbnails wait for so long a calm: a picture of 2048² takes 50 ms and 60 MB to make small
FETCHES_A_TICK = 4
FETCH_PAUSES = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
FORGET_EVERY = timedelta(hours=1)
INPUTS_WITHOUT_REQUEST = timedelta(days=1)  # pictures of requests that were refused


class Housekeeping:
    def __init__(
        self,
        client: UpstreamClient,
        caretaker: Caretaker,
        *,
        is_idle: Callable[[], bool],
        tick_s: float = Pace().housekeeping_s,
    ) -> None:
        self._client = client
        self._tick_s = tick_s
        self._caretaker = caretaker
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
                for media in await in_database(_due_fetches):
                    await self._fetch(media)
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
                await make_thumbnail(media)

    async def _fetch(self, media: Media) -> None:
        """Try a missing file again, by a fresh address if the upstream still gives one."""
        try:
            item = await self._fresh_item(media)
            await self._store(media, item.url if item else media.upstream_url, item.cover_url if item else "")
        except (UpstreamFailure, NotMedia, OSError) as error:
            logger.warning(
                "A missing file could not be fetched",
                extra={"action": "fetch_again", "media": media.public_id, "reason": str(error)},
            )
            await in_database(_note_failed_fetch, media)
        else:
            await in_database(_note_fetched, media)

    async def _fresh_item(self, media: Media) -> Item | None:
        """The result as the upstream tells it now, with a new address; None if it does not."""
        generation = media.generation
        if generation.account_id is None:
            return None
        login = await self._caretaker.login(generation.account_id)
        if login is None:
            return None
        try:
            records = await self._client.records(login, record_ids=[generation.history_record_id])
        except UpstreamFailure:
            return None  # the address that is known may still be good
        record = records.get(generation.history_record_id)
        items = record.items if record is not None else ()
        same = [item for item in items if item.uri and item.uri == media.upstream_uri]
        at_position = items[media.position : media.position + 1]
        return next((item for item in (*same, *at_position) if item.url), None)

    async def _store(self, media: Media, url: str, cover_url: str) -> None:
        """Download, check and write a late file, and fill in the row (not saved)."""
        generation = media.generation
        place = Place(public_id=generation.public_id, position=media.position, created_at=generation.created_at)
        if media.kind == Generation.Kind.VIDEO:
            stored = await store_video(self._client, url, place)
            if not media.thumbnail:
                media.thumbnail = await store_poster(self._client, cover_url, place)
        else:
            downloaded = await self._client.download(url, max_bytes=IMAGE_MAX_BYTES)
            wanted = spec_from_json(generation.kind, generation.spec).output_format
            stored = await asyncio.to_thread(store_picture, downloaded.content, place, wanted=wanted)
        _fill_in(media, stored)


def prune_notices() -> None:
    """Forget what was told and what happened to accounts, once it is JIMENG_EVENTS_DAYS old."""
    older_than = timezone.now() - timedelta(days=settings.JIMENG_EVENTS_DAYS)
    accounts.deliveries_prune(older_than=older_than)
    accounts.alerts_prune(older_than=older_than)
    accounts.account_events_prune(older_than=older_than)


def _fill_in(media: Media, stored: Stored) -> None:
    media.file = stored.name
    media.content_type, media.size_bytes, media.sha256 = stored.content_type, stored.size_bytes, stored.sha256
    if media.kind == Generation.Kind.VIDEO:  # its size is rather what the upstream said, as for one that came in time
        media.width, media.height = media.width or stored.width, media.height or stored.height
        media.duration_s = media.duration_s or stored.duration_s
    else:
        media.width, media.height = stored.width, stored.height


def _due_fetches() -> list[Media]:
    due = Media.objects.filter(fetch_due_at__lte=timezone.now()).select_related("generation")
    return list(due.order_by("fetch_due_at")[:FETCHES_A_TICK])


def _note_fetched(media: Media) -> None:
    media.fetch_due_at = None
    media.thumbnail_due_at = timezone.now() if media.kind == Generation.Kind.IMAGE else None
    media.save()
    GenerationEvent.objects.create(
        generation_id=media.generation_id,
        kind=GenerationEvent.Kind.MEDIA_STORED,
        at=timezone.now(),
        detail={"position": media.position},
    )


def _note_failed_fetch(media: Media) -> None:
    attempts = media.fetch_attempts + 1
    pause = FETCH_PAUSES[attempts - 1] if attempts <= len(FETCH_PAUSES) else None
    Media.objects.filter(pk=media.pk).update(
        fetch_attempts=attempts, fetch_due_at=None if pause is None else timezone.now() + pause
    )


def _without_thumbnail() -> list[Media]:
    due = Media.objects.filter(thumbnail_due_at__lte=timezone.now())
    return list(due.order_by("thumbnail_due_at")[:THUMBNAILS_A_TICK])


async def make_thumbnail(media: Media) -> bytes | None:
    """Make and store the small picture of a stored file, now; None if the file cannot be read."""

    stored = media.file.name or ""

    def make() -> bytes:
        with default_storage.open(stored) as file:
            content = thumbnail_of(file.read())
        media.thumbnail = default_storage.save(f"{stored}.thumb.webp", ContentFile(content))
        return content

    try:
        content = await asyncio.to_thread(make)
    except (NotMedia, OSError) as error:
        logger.warning(
            "No thumbnail could be made", extra={"action": "thumbnail", "media": media.public_id, "reason": str(error)}
        )
        content = None
    name = media.thumbnail.name or ""
    await in_database(lambda: Media.objects.filter(pk=media.pk).update(thumbnail=name, thumbnail_due_at=None))
    return content
