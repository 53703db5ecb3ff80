"""Results into storage, at once: download, check, store. Upstream links die within hours."""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

import imagesize
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, UnidentifiedImageError

from generation.transitions import ResultFile
from generation.upstream.answers import Item
from generation.upstream.client import UpstreamClient
from generation.upstream.failures import UpstreamFailure

logger = logging.getLogger(__name__)

IMAGE_MAX_BYTES = 64 * 1024 * 1024
VIDEO_MAX_BYTES = 512 * 1024 * 1024
RETRY_AFTER_S = (0.5, 2.0)  # a download is tried once more after each; then it is left to housekeeping
AT_ONCE = 32
THREADS = 2
THUMBNAIL_PX = 480
IMAGE_TYPES = {"WEBP": ("image/webp", ".webp"), "PNG": ("image/png", ".png"), "JPEG": ("image/jpeg", ".jpg")}

Image.MAX_IMAGE_PIXELS = 100_000_000  # 4k pictures have 17 million; more is not ours
# What Pillow raises for files that are broken or too large; SyntaxError is its own name for a broken PNG.
UNREADABLE = (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError)


class NotMedia(Exception):
    """What was downloaded is not a picture or video that we keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A file that was looked into. `width`, `height`: pixels, None where the header does not say."""

    content: bytes
    content_type: str
    suffix: str
    width: int | None
    height: int | None


def check_image(content: bytes, *, wanted: str = "") -> Checked:
    """Tell a picture by its own first and last bytes, never by what the server calls it.

    `wanted`: png, jpeg, webp or "" for as it is. Nothing is decoded unless it must be converted: opening a WebP of
    2048 x 2048 with Pillow takes 20 ms and 32 MB. Raises NotMedia, for a file that was cut off too.
    """
    found = _format(content)
    if wanted and wanted.upper() != found:
        content, found = _converted(content, wanted.upper()), wanted.upper()
    width, height = imagesize.get(io.BytesIO(content))
    if width <= 0 or height <= 0:
        raise NotMedia("The picture's header does not tell its size.")
    content_type, suffix = IMAGE_TYPES[found]
    return Checked(content=content, content_type=content_type, suffix=suffix, width=width, height=height)


def _format(content: bytes) -> str:
    """PNG, JPEG or WEBP, if the file is whole."""
    if (
        content[:4] == b"RIFF"
        and content[8:12] == b"WEBP"
        and len(content) >= 8 + int.from_bytes(content[4:8], "little")
    ):
        return "WEBP"
    if content[:8] == b"\x89PNG\r\n\x1a\n" and b"IEND" in content[-16:]:
        return "PNG"
    if content[:3] == b"\xff\xd8\xff" and b"\xff\xd9" in content[-32:]:
        return "JPEG"
    raise NotMedia("The file is not a whole PNG, JPEG or WebP picture.")


def _converted(content: bytes, wanted: str) -> bytes:
    try:
        with Image.open(io.BytesIO(content), formats=tuple(IMAGE_TYPES)) as image:
            out = io.BytesIO()
            flat = image.convert("RGB") if wanted == "JPEG" and image.mode not in ("RGB", "L") else image
            flat.save(out, format=wanted, quality=92)
            return out.getvalue()
    except UNREADABLE as error:
        raise NotMedia("The file cannot be read as a picture.") from error


def check_video(content: bytes) -> Checked:
    if content[4:8] != b"ftyp":
        raise NotMedia("The file is not an MP4 video.")
    return Checked(content=content, content_type="video/mp4", suffix=".mp4", width=None, height=None)


def thumbnail_of(content: bytes) -> bytes:
    """A WebP of at most THUMBNAIL_PX a side. Raises NotMedia."""
    try:
        with Image.open(io.BytesIO(content), formats=tuple(IMAGE_TYPES)) as image:
            image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
            out = io.BytesIO()
            (image if image.mode in ("RGB", "RGBA") else image.convert("RGB")).save(out, format="WEBP", quality=80)
            return out.getvalue()
    except UNREADABLE as error:
        raise NotMedia("The file cannot be read as a picture.") from error


def storage_name(public_id: str, position: int, suffix: str, created_at: datetime) -> str:
    """The same for the same result, so that a repeated download replaces and never piles up."""
    return str(PurePosixPath(created_at.strftime("%Y/%m/%d"), f"{public_id}-{position}{suffix}"))


class MediaFetcher:
    """Downloads few at a time, and writes in threads of its own: never on the loop or a database lane."""

    def __init__(self, client: UpstreamClient, *, retry_after_s: Sequence[float] = RETRY_AFTER_S) -> None:
        self._client = client
        self._retry_after_s = retry_after_s
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="media")

    async def fetch(
        self, item: Item, *, public_id: str, position: int, created_at: datetime, output_format: str = ""
    ) -> ResultFile:
        """Fetch one result. When that fails, the file has no name: the address is kept and tried again later."""
        for pause_s in (*self._retry_after_s, None):
            try:
                checked, name = await self._try(item, public_id, position, created_at, output_format)
                return _result(item, position, checked, name)
            except (UpstreamFailure, NotMedia, OSError) as error:
                logger.warning(
                    "A result could not be stored",
                    extra={"action": "download", "generation": public_id, "position": position, "reason": str(error)},
                )
            if pause_s is not None:
                await asyncio.sleep(pause_s)
        return _result(item, position, None, "")

    async def _try(
        self, item: Item, public_id: str, position: int, created_at: datetime, output_format: str
    ) -> tuple[Checked, str]:
        async with self._slots:
            limit = IMAGE_MAX_BYTES if item.kind == "image" else VIDEO_MAX_BYTES
            downloaded = await self._client.download(item.url, max_bytes=limit)

            def check_and_store() -> tuple[Checked, str]:
                content = downloaded.content
                checked = check_image(content, wanted=output_format) if item.kind == "image" else check_video(content)
                wanted = storage_name(public_id, position, checked.suffix, created_at)
                return checked, default_storage.save(wanted, ContentFile(checked.content))

            return await asyncio.get_running_loop().run_in_executor(self._threads, check_and_store)

    def close(self) -> None:
        self._threads.shutdown(wait=True)


def _result(item: Item, position: int, checked: Checked | None, name: str) -> ResultFile:
    return ResultFile(
        position=position,
        kind=item.kind,
        name=name,
        content_type=checked.content_type if checked else "",
        width=checked.width if checked and checked.width else item.width,
        height=checked.height if checked and checked.height else item.height,
        size_bytes=len(checked.content) if checked else None,
        sha256=hashlib.sha256(checked.content).hexdigest() if checked else "",
        upstream_uri=item.uri,
        upstream_url=item.url,
    )
