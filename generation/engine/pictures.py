"""Pictures as they come from the upstream: what they are by their own bytes, and small ones of them. No network."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import imagesize
from PIL import Image, UnidentifiedImageError

THUMBNAIL_PX = 480  # of a grid of pictures
PREVIEW_PX = 1280  # of one picture on a screen
IMAGE_TYPES = {"WEBP": ("image/webp", ".webp"), "PNG": ("image/png", ".png"), "JPEG": ("image/jpeg", ".jpg")}

Image.MAX_IMAGE_PIXELS = 100_000_000  # 4k pictures have 17 million; more is not ours
# What Pillow raises for files that are broken or too large; SyntaxError is its own name for a broken PNG.
UNREADABLE = (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError)


class NotMedia(Exception):
    """What was downloaded is not a picture or video that we keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A picture that was looked into. `width`, `height`: pixels."""

    content: bytes
    content_type: str
    suffix: str
    width: int
    height: int


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


def small_pictures(content: bytes, sides_px: Sequence[int]) -> list[bytes]:
    """WebPs of at most so many pixels a side, from one decode, in the order asked for: the largest first.

    None is larger than the picture itself. Raises NotMedia.
    """
    try:
        with Image.open(io.BytesIO(content), formats=tuple(IMAGE_TYPES)) as image:
            return [_shrunk(image, side_px) for side_px in sides_px]
    except UNREADABLE as error:
        raise NotMedia("The file cannot be read as a picture.") from error


def _shrunk(image: Image.Image, side_px: int) -> bytes:
    """Shrinks the picture itself, so that the next smaller one is made of few pixels."""
    image.thumbnail((side_px, side_px))
    out = io.BytesIO()
    (image if image.mode in ("RGB", "RGBA") else image.convert("RGB")).save(out, format="WEBP", quality=80)
    return out.getvalue()
