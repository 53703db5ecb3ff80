"""Result files for those who want to see them: from storage, or fetched again when they are missing there."""

from __future__ import annotations

import asyncio
from typing import Final

from django.db import transaction
from django.utils import timezone

from generation.engine import runtime
from generation.engine.mending import Mended
from generation.errors import ResultUnavailable
from generation.keepsakes import generations_out_of_trash
from generation.models import Media
from generation.stored import stored_read
from jimeng_site.database import in_database

HEAL_S: Final = 30.0  # how long a request waits for a file that is fetched again


class MediaGone(Exception):
    """A file is not here and cannot be had now. `why`: never Mended.STORED."""

    def __init__(self, why: Mended) -> None:
        super().__init__(why.value)
        self.why = why


async def media_heal(media: Media) -> Media:
    """Have a missing file fetched again through the account that it belongs to; returns the row as it is then.

    Waits HEAL_S at most; the fetching goes on. What was removed on purpose is not fetched. Raises MediaGone.
    """
    if media.is_removed:
        raise MediaGone(Mended.REMOVED)
    running = runtime.current()
    if running is None:
        raise MediaGone(Mended.UNREACHABLE)
    try:
        async with asyncio.timeout(HEAL_S):
            outcome = await running.runner.healer.heal(media.pk)
    except TimeoutError:
        outcome = Mended.STILL_COMING
    if outcome is not Mended.STORED:
        raise MediaGone(outcome)
    row = await in_database(lambda: Media.objects.select_related("generation").filter(pk=media.pk).first())
    if row is None:
        raise MediaGone(Mended.REMOVED)
    return row


async def media_read(media: Media) -> bytes:
    """The bytes of a result file, from storage, fetched again if it is not there. Raises ResultUnavailable."""
    try:
        return await _read(media)
    except OSError:
        try:
            return await _read(await media_heal(media))
        except (MediaGone, OSError) as error:
            raise ResultUnavailable from error


async def _read(media: Media) -> bytes:
    name = media.file.name
    if not name or media.removed_at is not None:
        raise FileNotFoundError(media.public_id)
    return await asyncio.to_thread(stored_read, name)


async def media_refetch(*, media_id: str) -> bool:
    """Ask for a file to be fetched again, now, even if it was removed on purpose; False if there is no such result.

    `media_id`: its public id. It is taken out of the trash. Whoever runs the engine fetches it within seconds.
    """

    @transaction.atomic
    def ask() -> bool:
        found = Media.objects.filter(public_id=media_id)
        kept = {"deleted_at": None, "removed_at": None, "removed_why": ""}
        generations_out_of_trash(found.values_list("generation_id", flat=True))
        return found.update(fetch_due_at=timezone.now(), fetch_attempts=0, **kept) == 1

    return await in_database(ask)
