"""Results into storage, under their content: pictures from memory, videos through a file of their own, and posters."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from generation.engine.mp4 import BrokenMp4, read_mp4
from generation.engine.pictures import NotMedia, check_image, small_pictures
from generation.stored import new_part, stored_is_kept, stored_save
from generation.upstream.client import UpstreamClient
from generation.upstream.downloads import DownloadedFile
from generation.upstream.failures import UpstreamFailure

logger = logging.getLogger(__name__)

FOLDER = "results"
IMAGE_MAX_BYTES = 64 * 1024 * 1024
VIDEO_MAX_BYTES = 512 * 1024 * 1024
POSTER_MAX_BYTES = 10 * 1024 * 1024
POSTER_TIMEOUT_S = 10.0  # a video that is there does not wait longer for its poster
POSTER_PX = 960


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A result in storage, under `name`. `width`, `height`: pixels, None where the file does not say."""

    name: str
    content_type: str
    width: int | None
    height: int | None
    duration_s: float | None = None
    size_bytes: int
    sha256: str


def result_name(sha256: str, suffix: str) -> str:
    """Where a result with this content belongs: equal ones are one file, however often they come."""
    return str(PurePosixPath(FOLDER, sha256[:2], f"{sha256}{suffix}"))


def thumbnail_name(name: str) -> str:
    """Where the small picture of a stored file belongs. Those of equal files are one, too."""
    return f"{name}.thumb.webp"


def preview_name(name: str) -> str:
    return f"{name}.view.webp"


def store_picture(content: bytes, *, wanted: str) -> Stored:
    """Check a picture, convert it if it is `wanted` otherwise, and store it. Raises NotMedia, OSError."""
    checked = check_image(content, wanted=wanted)
    sha256 = hashlib.sha256(checked.content).hexdigest()
    return Stored(
        name=_keep(result_name(sha256, checked.suffix), checked.content, len(checked.content)),
        content_type=checked.content_type,
        width=checked.width,
        height=checked.height,
        size_bytes=len(checked.content),
        sha256=sha256,
    )


async def store_video(client: UpstreamClient, url: str, *, threads: Executor | None = None) -> Stored:
    """Download a video into storage without ever holding it in memory.

    `threads`: where it is checked and moved. Raises UpstreamFailure, NotMedia, OSError.
    """
    with new_part() as part:
        downloaded = await client.download_to_file(url, part, max_bytes=VIDEO_MAX_BYTES)
        return await asyncio.get_running_loop().run_in_executor(threads, _check_and_keep, part, downloaded)


def _check_and_keep(part: IO[bytes], downloaded: DownloadedFile) -> Stored:
    part.flush()  # what a full disk does not take shows here, before anything is moved
    try:
        movie = read_mp4(part)
    except BrokenMp4 as error:
        raise NotMedia(str(error)) from error
    return Stored(
        name=_keep(result_name(downloaded.sha256, ".mp4"), part, downloaded.size_bytes),
        content_type="video/mp4",
        width=movie.width,
        height=movie.height,
        duration_s=movie.duration_s,
        size_bytes=downloaded.size_bytes,
        sha256=downloaded.sha256,
    )


def _keep(name: str, source: bytes | IO[bytes], size_bytes: int) -> str:
    """Write it, unless the same is there already."""
    return name if stored_is_kept(name, size_bytes) else stored_save(name, source)


async def fetch_poster(client: UpstreamClient, url: str, *, public_id: str) -> bytes:
    """Download the still picture of a video and make it small; b"" when there is none. `public_id`: for the log.

    Never fails, and takes POSTER_TIMEOUT_S at most: a video is as good without.
    """
    if not url:
        return b""
    try:
        async with asyncio.timeout(POSTER_TIMEOUT_S):
            downloaded = await client.download(url, max_bytes=POSTER_MAX_BYTES)
            return await asyncio.to_thread(_poster_of, downloaded.content)
    except (UpstreamFailure, NotMedia, OSError) as error:  # a TimeoutError is an OSError
        logger.warning(
            "A video has no poster",
            extra={"action": "poster", "generation": public_id, "reason": str(error) or type(error).__name__},
        )
        return b""


def _poster_of(content: bytes) -> bytes:
    return small_pictures(content, (POSTER_PX,))[0]


def store_poster(content: bytes, video: str, *, public_id: str) -> str:
    """Store the poster beside its video, of which `video` is the name. Returns its name; "" when there is none.

    `public_id`: for the log. Never fails.
    """
    name = thumbnail_name(video)
    if not content:
        return ""
    try:
        return name if stored_is_kept(name) else stored_save(name, content)
    except OSError as error:
        logger.warning(
            "A poster could not be stored", extra={"action": "poster", "generation": public_id, "reason": str(error)}
        )
        return ""
