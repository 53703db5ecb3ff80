"""Small pictures of stored ones, both sizes from one decode: a few at a time, each once however many ask for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from threading import Lock

from generation.engine.pictures import PREVIEW_PX, THUMBNAIL_PX, NotMedia, small_pictures
from generation.engine.storing import preview_name, thumbnail_name
from generation.models import Media
from generation.stored import stored_is_kept, stored_read, stored_save
from jimeng_site.database import in_database

logger = logging.getLogger(__name__)

DECODERS = 2  # a picture of 4096 x 4096 takes 50 MB and more while it is made small


@dataclass(frozen=True, slots=True, kw_only=True)
class Miniatures:
    """Names in storage. `preview` is "" for a picture that is no larger than one: it is its own preview."""

    thumbnail: str
    preview: str


class _Decoders:
    """Threads of their own, with a queue: many first views at once wait for each other instead of for memory."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(DECODERS, thread_name_prefix="miniatures")
        self._lock = Lock()
        self._flights: dict[str, Future[Miniatures]] = {}

    def make(self, name: str, work: Callable[[], Miniatures]) -> Future[Miniatures]:
        """What is being made for the same file already, or else `work` as soon as a thread is free."""
        with self._lock:
            flight = self._flights.get(name)
            if flight is not None:
                return flight
            flight = self._flights[name] = self._threads.submit(work)
        flight.add_done_callback(lambda _: self._forget(name))
        return flight

    def _forget(self, name: str) -> None:
        with self._lock:
            self._flights.pop(name, None)


@cache
def _decoders() -> _Decoders:
    return _Decoders()


def needs_preview(media: Media) -> bool:
    """Whether a picture is larger than its preview would be. One of unknown size is."""
    return max(media.width or PREVIEW_PX + 1, media.height or PREVIEW_PX + 1) > PREVIEW_PX


async def make_miniatures(media: Media) -> Miniatures | None:
    """Make and store the small pictures of a stored one, now, as far as they are missing; the row learns their names.

    None, with the reason in the log, if it cannot be read as a picture. Raises FileNotFoundError if it is not there.
    """
    name = media.file.name or ""
    with_preview = needs_preview(media)
    try:
        # A caller that goes away must not take the work of others with it.
        flight = _decoders().make(name, lambda: _make(name, with_preview=with_preview))
        made = await asyncio.shield(asyncio.wrap_future(flight))
    except FileNotFoundError:
        await _note(media)
        raise
    except (NotMedia, OSError) as error:
        logger.warning(
            "No thumbnail could be made", extra={"action": "thumbnail", "media": media.public_id, "reason": str(error)}
        )
        await _note(media)
        return None
    media.thumbnail, media.preview = made.thumbnail, made.preview
    await _note(media, thumbnail=made.thumbnail, preview=made.preview)
    return made


async def _note(media: Media, **names: str) -> None:
    """Unless its file was removed meanwhile, or is another one by now: what was made is then an orphan."""
    rows = Media.objects.filter(pk=media.pk, file=media.file.name or "", removed_at__isnull=True)
    await in_database(lambda: rows.update(thumbnail_due_at=None, **names))


def _make(name: str, *, with_preview: bool) -> Miniatures:
    """Those that other rows with the same picture have made already are used again."""
    sizes = {PREVIEW_PX: preview_name(name)} if with_preview else {}
    sizes[THUMBNAIL_PX] = thumbnail_name(name)
    if not all(stored_is_kept(each) for each in sizes.values()):
        made = small_pictures(stored_read(name), tuple(sizes))
        for small, content in zip(sizes.values(), made, strict=True):
            stored_save(small, content)
    return Miniatures(thumbnail=sizes[THUMBNAIL_PX], preview=sizes.get(PREVIEW_PX, ""))
