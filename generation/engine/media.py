"""Results, fetched at once and few at a time: upstream links die within hours."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.conf import settings

from generation.changes import ResultFile
from generation.engine.pictures import NotMedia
from generation.engine.storing import (
    IMAGE_MAX_BYTES,
    Stored,
    fetch_poster,
    store_picture,
    store_poster,
    store_video,
)
from generation.upstream.answers import Item
from generation.upstream.client import UpstreamClient
from generation.upstream.failures import UpstreamFailure

logger = logging.getLogger(__name__)

RETRY_AFTER_S = (0.5, 2.0)  # a download is tried once more after each; then it is left to housekeeping
AT_ONCE = 32
THREADS = 2
THREADS_TO_A_STORE = 8  # each waits for a store of objects most of its time
VIDEOS_AT_ONCE = 4  # each may take minutes: pictures have their own places and threads
VIDEO_THREADS = 1
SIDE_MAX_PX = 100_000  # what an upstream may call a width without being disbelieved


class MediaFetcher:
    """Downloads few at a time, and writes in threads of its own: never on the loop or a database lane."""

    def __init__(self, client: UpstreamClient, *, retry_after_s: Sequence[float] = RETRY_AFTER_S) -> None:
        self._client = client
        self._retry_after_s = retry_after_s
        self._slots = asyncio.Semaphore(AT_ONCE)
        threads = THREADS_TO_A_STORE if settings.JIMENG_STORAGE == "s3" else THREADS
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="media")
        self._video_slots = asyncio.Semaphore(VIDEOS_AT_ONCE)
        self._video_threads = ThreadPoolExecutor(VIDEO_THREADS, thread_name_prefix="video")

    async def fetch(self, item: Item, *, public_id: str, position: int, output_format: str = "") -> ResultFile:
        """Fetch one result. When that fails, the file has no name: the address is kept and tried again later.

        `public_id`: of the generation, for the log.
        """
        label: dict[str, str | int] = {"generation": public_id, "position": position}
        if item.kind == "image":
            return _result(item, position, await self._persist(label, lambda: self._image(item, output_format)))
        stored, content = await asyncio.gather(
            self._persist(label, lambda: self._video(item)),
            fetch_poster(self._client, item.cover_url, public_id=public_id),
        )
        if stored is None or not content:  # one that comes late brings its poster with it
            return _result(item, position, stored)
        poster = await asyncio.get_running_loop().run_in_executor(
            self._video_threads, partial(store_poster, content, stored.name, public_id=public_id)
        )
        return _result(item, position, stored, poster)

    async def _persist(self, label: dict[str, str | int], store: Callable[[], Awaitable[Stored]]) -> Stored | None:
        """Call `store`, again after each pause while it fails; None when it failed to the end."""
        for pause_s in (*self._retry_after_s, None):
            try:
                return await store()
            except (UpstreamFailure, NotMedia, OSError) as error:
                logger.warning(
                    "A result could not be stored", extra={"action": "download", "reason": str(error), **label}
                )
            if pause_s is not None:
                await asyncio.sleep(pause_s)
        return None

    async def _image(self, item: Item, output_format: str) -> Stored:
        async with self._slots:
            downloaded = await self._client.download(item.url, max_bytes=IMAGE_MAX_BYTES)
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, partial(store_picture, downloaded.content, wanted=output_format)
            )

    async def _video(self, item: Item) -> Stored:
        async with self._video_slots:
            return await store_video(self._client, item.url, threads=self._video_threads)

    def close(self) -> None:
        self._threads.shutdown(wait=True)
        self._video_threads.shutdown(wait=True)


def _result(item: Item, position: int, stored: Stored | None, poster: str = "") -> ResultFile:
    width, height, duration_s = _measures(item, stored)
    return ResultFile(
        position=position,
        kind=item.kind,
        name=stored.name if stored else "",
        thumbnail=poster,
        content_type=stored.content_type if stored else "",
        width=width,
        height=height,
        duration_s=duration_s,
        size_bytes=stored.size_bytes if stored else None,
        sha256=stored.sha256 if stored else "",
        upstream_uri=item.uri,
        upstream_url=item.url,
    )


def _measures(item: Item, stored: Stored | None) -> tuple[int | None, int | None, float | None]:
    """Width, height (pixels) and length (seconds) of a result: of a picture by its file, of a video by the upstream.

    A video's file serves where the upstream says nothing: its size is that of one of several encodings.
    """
    told = (_side(item.width), _side(item.height), item.duration_s if (item.duration_s or 0) > 0 else None)
    if stored is None:
        return told
    found = (stored.width, stored.height, stored.duration_s)
    first, second = (found, told) if item.kind == "image" else (told, found)
    return first[0] or second[0], first[1] or second[1], first[2] or second[2]


def _side(pixels: int | None) -> int | None:
    return pixels if pixels and 0 < pixels <= SIDE_MAX_PX else None
