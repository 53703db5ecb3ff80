"""Results into storage: pictures from memory, videos through a file of their own, posters where there are any."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import IO

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

from generation.engine.mp4 import BrokenMp4, read_mp4
from generation.engine.pictures import NotMedia, check_image, thumbnail_of
from generation.upstream.client import UpstreamClient
from generation.upstream.downloads import DownloadedFile
from generation.upstream.failures import UpstreamFailure

logger = logging.getLogger(__name__)

IMAGE_MAX_BYTES = 64 * 1024 * 1024
VIDEO_MAX_BYTES = 512 * 1024 * 1024
POSTER_MAX_BYTES = 10 * 1024 * 1024
POSTER_TIMEOUT_S = 10.0  # a video that is there does not wait longer for its poster
POSTER_PX = 960
PART_SUFFIX = ".part"
PART_KEPT_S = 3600.0  # longer than any download may take: what is older was left by a process that died


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a result belongs. The same for the same result: a repeated download replaces and never piles up."""

    public_id: str
    position: int
    created_at: datetime

    def name(self, suffix: str) -> str:
        return str(PurePosixPath(self.created_at.strftime("%Y/%m/%d"), f"{self.public_id}-{self.position}{suffix}"))


class Movable(File):  # type: ignore[type-arg]  # django-stubs makes File generic, Django does not
    """An open file that a storage on the same disk may take as it is, instead of copying it."""

    def temporary_file_path(self) -> str:
        return str(self.name)


def store_picture(content: bytes, place: Place, *, wanted: str) -> Stored:
    """Check a picture, convert it if it is `wanted` otherwise, and store it. Raises NotMedia, OSError."""
    checked = check_image(content, wanted=wanted)
    return Stored(
        name=default_storage.save(place.name(checked.suffix), ContentFile(checked.content)),
        content_type=checked.content_type,
        width=checked.width,
        height=checked.height,
        size_bytes=len(checked.content),
        sha256=hashlib.sha256(checked.content).hexdigest(),
    )


async def store_video(client: UpstreamClient, url: str, place: Place, *, threads: Executor | None = None) -> Stored:
    """Download a video into storage without ever holding it in memory.

    `threads`: where it is checked and moved. Raises UpstreamFailure, NotMedia, OSError.
    """
    with new_part() as part:
        downloaded = await client.download_to_file(url, part, max_bytes=VIDEO_MAX_BYTES)
        return await asyncio.get_running_loop().run_in_executor(threads, _check_and_move, part, downloaded, place)


def _parts_folder() -> Path:
    """On the disk of the results, so that a file is moved at once; never in memory, as /tmp may be."""
    return Path(settings.MEDIA_ROOT) / "incoming"


@contextmanager
def new_part() -> Iterator[IO[bytes]]:
    """A file to write to, with a path; it is deleted at the end unless it was moved away."""
    folder = _parts_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=folder, suffix=PART_SUFFIX, delete=False) as part:
        try:
            yield part
        finally:
            Path(part.name).unlink(missing_ok=True)  # it is still there when it was copied, or was no good


def _check_and_move(part: IO[bytes], downloaded: DownloadedFile, place: Place) -> Stored:
    part.flush()  # what a full disk does not take shows here, before anything is moved
    try:
        movie = read_mp4(part)
    except BrokenMp4 as error:
        raise NotMedia(str(error)) from error
    return Stored(
        name=default_storage.save(place.name(".mp4"), Movable(part, part.name)),
        content_type="video/mp4",
        width=movie.width,
        height=movie.height,
        duration_s=movie.duration_s,
        size_bytes=downloaded.size_bytes,
        sha256=downloaded.sha256,
    )


async def store_poster(client: UpstreamClient, url: str, place: Place) -> str:
    """Download the still picture of a video, make it small, and store it. Returns its name; "" when there is none.

    Never fails, and takes POSTER_TIMEOUT_S at most: a video is as good without.
    """
    if not url:
        return ""
    try:
        async with asyncio.timeout(POSTER_TIMEOUT_S):
            downloaded = await client.download(url, max_bytes=POSTER_MAX_BYTES)
            return await asyncio.to_thread(_store_poster, downloaded.content, place)
    except (UpstreamFailure, NotMedia, OSError) as error:  # a TimeoutError is an OSError
        logger.warning(
            "A video has no poster",
            extra={"action": "poster", "generation": place.public_id, "reason": str(error) or type(error).__name__},
        )
        return ""


def _store_poster(content: bytes, place: Place) -> str:
    name: str = default_storage.save(
        place.name(".mp4.thumb.webp"), ContentFile(thumbnail_of(content, side_px=POSTER_PX))
    )
    return name


def remove_old_parts() -> None:
    """Delete what downloads left behind whose process was killed."""
    oldest = time.time() - PART_KEPT_S
    for part in _parts_folder().glob(f"*{PART_SUFFIX}"):
        try:
            if part.stat().st_mtime < oldest:
                part.unlink()
        except FileNotFoundError:
            continue  # finished in this moment
