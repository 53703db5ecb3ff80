"""Result files that are missing: fetched again by a fresh address, through the account that they belong to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import StrEnum
from typing import Final

from django.utils import timezone

from generation.engine.pictures import NotMedia
from generation.engine.storing import (
    IMAGE_MAX_BYTES,
    Stored,
    fetch_poster,
    store_picture,
    store_poster,
    store_video,
)
from generation.models import Generation, GenerationEvent, Media
from generation.specs import spec_from_json
from generation.stored import stored_is_kept
from generation.upstream.answers import Item
from generation.upstream.client import UpstreamClient
from generation.upstream.failures import FailureKind, UpstreamFailure
from generation.upstream.signing import Login
from jimeng_site.database import in_database

logger = logging.getLogger(__name__)

FETCH_PAUSES: Final = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
ATTEMPTS_MAX: Final = 1000  # what is counted of them: a page that is looked at asks again and again


class Mended(StrEnum):
    """How an attempt ended."""

    STORED = "stored"  # it is there, now or all along
    REMOVED = "removed"  # on purpose: it is not fetched by itself
    NO_ACCOUNT = "no_account"  # the account that it belongs to is gone, or its login cannot be read
    LOGIN_EXPIRED = "login_expired"
    NOT_UPSTREAM = "not_upstream"  # Jimeng does not have it any more
    NOT_MEDIA = "not_media"  # what Jimeng gives is no picture or video
    UNREACHABLE = "unreachable"  # Jimeng, its store of files, or whoever runs the engine: later perhaps
    NOT_WRITTEN = "not_written"  # our storage does not take it
    BUSY = "busy"  # too many others are waiting
    STILL_COMING = "still_coming"  # it takes longer than a request waits


class _NotFresh(Exception):
    """The upstream gives no fresh address."""

    def __init__(self, why: Mended) -> None:
        super().__init__(f"No fresh address: {why}.")
        self.why = why


class Mender:
    """Fetches one missing file at a time for whoever calls it. `login`: that of an account, by its primary key."""

    def __init__(self, client: UpstreamClient, login: Callable[[int], Awaitable[Login | None]]) -> None:
        self._client = client
        self._login = login

    async def mend(self, media_id: int) -> Mended:
        """Fetch what of a result is missing. Costs one question and one or two downloads, and no credits."""
        media = await in_database(lambda: Media.objects.select_related("generation").filter(pk=media_id).first())
        if media is None or media.is_removed:
            return Mended.REMOVED
        try:
            lacks_file, lacks_poster = await asyncio.to_thread(_lacking, media)
        except OSError as error:
            return await self._give_up(media, Mended.NOT_WRITTEN, str(error))
        if not (lacks_file or lacks_poster):
            await in_database(_note_present, media)
            return Mended.STORED
        outcome, reason = await self._attempt(media, lacks_file=lacks_file)
        if outcome is not Mended.STORED:
            return await self._give_up(media, outcome, reason)
        is_wanted = await in_database(_note_fetched, media, with_file=lacks_file)
        return Mended.STORED if is_wanted else Mended.REMOVED

    async def _give_up(self, media: Media, outcome: Mended, reason: str) -> Mended:
        """For this time."""
        logger.warning(
            "A missing file could not be fetched",
            extra={"action": "fetch_again", "media": media.public_id, "outcome": str(outcome), "reason": reason},
        )
        await in_database(_note_failed_fetch, media)
        return outcome

    async def _attempt(self, media: Media, *, lacks_file: bool) -> tuple[Mended, str]:
        """The outcome, and the reason for the log if it is a failure. Fills in the row, not saved."""
        try:
            item, stale = await self._fresh_item(media), None
        except _NotFresh as error:
            item, stale = None, error.why
        if item is None and not (lacks_file and media.upstream_url):
            return stale or Mended.NOT_UPSTREAM, "No address."
        try:
            await self._store(media, item, lacks_file=lacks_file)
        except UpstreamFailure as error:
            return stale or Mended.UNREACHABLE, str(error)
        except NotMedia as error:
            return stale or Mended.NOT_MEDIA, str(error)
        except OSError as error:
            return Mended.NOT_WRITTEN, str(error)
        return Mended.STORED, ""

    async def _fresh_item(self, media: Media) -> Item:
        """The result as the upstream tells it now, with a new address. Raises _NotFresh."""
        generation = media.generation
        if generation.account_id is None:
            raise _NotFresh(Mended.NO_ACCOUNT)
        login = await self._login(generation.account_id)
        if login is None:
            raise _NotFresh(Mended.NO_ACCOUNT)
        record_id = generation.history_record_id
        try:
            records = await self._client.records(login, record_ids=[record_id]) if record_id else {}
        except UpstreamFailure as error:
            expired = error.kind is FailureKind.EXPIRED
            raise _NotFresh(Mended.LOGIN_EXPIRED if expired else Mended.UNREACHABLE) from error
        items = records[record_id].items if record_id in records else ()
        same = [item for item in items if item.uri and item.uri == media.upstream_uri]
        # Where it has another name than the one that is there, that is another picture of the set.
        named = bool(media.upstream_uri) and media.kind == Generation.Kind.IMAGE
        at_position = [item for item in items[media.position : media.position + 1] if not (named and item.uri)]
        found = next((item for item in (*same, *at_position) if item.url and item.kind == media.kind), None)
        if found is None:
            raise _NotFresh(Mended.NOT_UPSTREAM)
        return found

    async def _store(self, media: Media, item: Item | None, *, lacks_file: bool) -> None:
        """Download, check and write what is missing. Raises UpstreamFailure, NotMedia, OSError."""
        if item is not None:
            media.upstream_url = item.url
        if lacks_file:
            _fill_in(media, await self._fetch(media))
        if media.kind != Generation.Kind.VIDEO or (lacks_file and media.thumbnail):
            return
        public_id, video = media.generation.public_id, media.file.name or ""
        content = await fetch_poster(self._client, item.cover_url if item else "", public_id=public_id)
        poster = await asyncio.to_thread(store_poster, content, video, public_id=public_id)
        if not poster and not lacks_file:
            raise NotMedia("There is no poster.")
        media.thumbnail = poster

    async def _fetch(self, media: Media) -> Stored:
        if media.kind == Generation.Kind.VIDEO:
            return await store_video(self._client, media.upstream_url)
        downloaded = await self._client.download(media.upstream_url, max_bytes=IMAGE_MAX_BYTES)
        wanted = spec_from_json(media.generation.kind, media.generation.spec).output_format
        return await asyncio.to_thread(store_picture, downloaded.content, wanted=wanted)


def _lacking(media: Media) -> tuple[bool, bool]:
    """Whether the file is missing, and whether the poster is that a video once had. Blocks."""
    file, poster = media.file.name or "", media.thumbnail.name or ""
    lacks_poster = media.kind == Generation.Kind.VIDEO and bool(poster) and not stored_is_kept(poster)
    if lacks_poster:
        media.thumbnail = ""
    return not (file and stored_is_kept(file, media.size_bytes)), lacks_poster


def _fill_in(media: Media, stored: Stored) -> None:
    if media.file.name != stored.name and media.kind == Generation.Kind.IMAGE:
        media.thumbnail = media.preview = ""  # of another picture
    media.file = stored.name
    media.content_type, media.size_bytes, media.sha256 = stored.content_type, stored.size_bytes, stored.sha256
    if media.kind == Generation.Kind.VIDEO:  # its size is rather what the upstream said, as for one that came in time
        media.width, media.height = media.width or stored.width, media.height or stored.height
        media.duration_s = media.duration_s or stored.duration_s
    else:
        media.width, media.height = stored.width, stored.height


def _note_present(media: Media) -> None:
    Media.objects.filter(pk=media.pk).update(fetch_due_at=None, fetch_attempts=0)


_FETCHED: Final = (
    *("file", "thumbnail", "preview", "content_type", "width", "height", "duration_s", "size_bytes", "sha256"),
    *("upstream_url", "fetch_due_at", "fetch_attempts", "thumbnail_due_at"),
)


def _note_fetched(media: Media, *, with_file: bool) -> bool:
    """Only what was fetched is written: a person may have pinned it meanwhile. False: or it was removed on purpose."""
    media.fetch_due_at, media.fetch_attempts = None, 0
    media.thumbnail_due_at = timezone.now() if media.kind == Generation.Kind.IMAGE else None
    row = Media.objects.filter(pk=media.pk, removed_at__isnull=True, removed_why="")
    if not row.update(**{name: getattr(media, name) for name in _FETCHED}):
        return False
    if with_file:
        GenerationEvent.objects.create(
            generation_id=media.generation_id,
            kind=GenerationEvent.Kind.MEDIA_STORED,
            at=timezone.now(),
            detail={"position": media.position},
        )
    return True


def _note_failed_fetch(media: Media) -> None:
    attempts = media.fetch_attempts + 1
    pause = FETCH_PAUSES[attempts - 1] if attempts <= len(FETCH_PAUSES) else None
    Media.objects.filter(pk=media.pk).update(
        fetch_attempts=min(attempts, ATTEMPTS_MAX), fetch_due_at=None if pause is None else timezone.now() + pause
    )
