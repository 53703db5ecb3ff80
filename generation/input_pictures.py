"""Input pictures as callers give them: what they are by decoding them, converted where Jimeng would not read them."""

from __future__ import annotations

import mmap
import struct
import threading
import zlib
from contextlib import nullcontext
from dataclasses import dataclass
from typing import IO, Final

from PIL import ExifTags, Image, ImageOps

from generation.engine.pictures import IMAGE_TYPES, UNREADABLE

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_PIXELS: Final = 50_000_000
_TOO_MANY_PIXELS: Final = f"This picture has more than {MAX_PIXELS // 10**6} megapixels."
SIDE_MIN_PX: Final = 16
SIDE_MAX_PX: Final = 8192

# Decoding takes up to 15 bytes a pixel (WebP): above this, one at a time in the process.
# Above this a picture is not decoded but looked at: 36 bytes of WebP may be 49 megapixels and a second of work.
_DECODED_PIXELS: Final = 5_000_000
_one_large: Final = threading.Lock()

_KEPT: Final = tuple(IMAGE_TYPES)
_CONVERTED: Final = ("GIF", "BMP", "TIFF", "AVIF")  # the first picture of each, as PNG
_PNG_MODES: Final = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
# Pictures of telephones hold more than one JPEG; Pillow then gives them another name.
_SAME_AS: Final = {"MPO": "JPEG"}
_PNG_START: Final = b"\x89PNG\r\n\x1a\n"
# A picture of 50 megapixels may have hundreds of progressive passes in a few kilobytes, each a second of work.
_JPEG_PASSES_MAX: Final = 50
_JPEG_PASS: Final = b"\xff\xda"
_JPEG_END: Final = b"\xff\xd9"
# Each costs Pillow a step in Python. Libraries write 8 KB or more a chunk. What is packed in text and colour profile
# needs no look of ours: Pillow unpacks 1 MB of each at most and refuses the file if that is not all.
_PNG_CHUNKS_MAX: Final = 20_000
# What Pillow's readers raise for hostile files beyond UNREADABLE.
_BROKEN: Final = (
    *UNREADABLE,
    struct.error,
    zlib.error,
    EOFError,
    RuntimeError,  # AVIF
    LookupError,
    ArithmeticError,
    MemoryError,
)


class NotAPicture(Exception):
    """The text is for the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """`width`, `height`: pixels, as the picture is shown. `is_converted`: the file holds it anew."""

    content_type: str
    suffix: str
    width: int
    height: int
    is_converted: bool


def read_picture(file: IO[bytes], *, is_known: bool = False) -> Picture:
    """Decode a picture once, to be sure that it is one; a large one is only looked at.

    PNG, JPEG and WebP stay as they are, animated ones too. Any other is replaced in `file` by a PNG. `is_known`: these
    bytes were decoded before, so a look at the header is enough. Blocks for up to seconds: never on the event loop.
    Raises NotAPicture.
    """
    try:
        _check_before_decoding(file)
        with Image.open(file, formats=(*_KEPT, *_CONVERTED)) as image:
            _check_size(*image.size)
            found = _SAME_AS.get(image.format or "", image.format or "")
            if found in _KEPT:
                return _kept(image, found, file, is_known=is_known)
            with _one_large if image.width * image.height > _DECODED_PIXELS else nullcontext():
                return _as_png(image, file)
    # Above 100 megapixels Pillow warns, which is an error where warnings are; above 200 it raises.
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NotAPicture(_TOO_MANY_PIXELS) from error
    except _BROKEN as error:
        raise NotAPicture(
            "This is not a whole picture that can be read: PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF."
        ) from error


def _kept(image: Image.Image, found: str, file: IO[bytes], *, is_known: bool) -> Picture:
    size = image.size
    if size[0] * size[1] > _DECODED_PIXELS:
        _check_whole(found, file)
    elif not is_known:
        # A JPEG is read to its end, but spread out at an eighth of its size only.
        image.draft(None, (size[0] // 8, size[1] // 8))
        image.load()
    width, height = reversed(size) if _lies_on_its_side(image) else size
    content_type, suffix = IMAGE_TYPES[found]
    return Picture(content_type=content_type, suffix=suffix, width=width, height=height, is_converted=False)


def _check_whole(found: str, file: IO[bytes]) -> None:
    """Whether the end is there, by the form of the file. Raises ValueError. A PNG's was found before."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if found == "WEBP" and len(content) < 8 + int.from_bytes(content[4:8], "little"):
            raise ValueError("This WebP is cut off.")
        if found == "JPEG" and content.rfind(_JPEG_END) < content.rfind(_JPEG_PASS):
            raise ValueError("This JPEG is cut off.")


def _as_png(image: Image.Image, file: IO[bytes]) -> Picture:
    image.load()
    ImageOps.exif_transpose(image, in_place=True)
    savable = image if image.mode in _PNG_MODES else image.convert("RGBA" if image.has_transparency_data else "RGB")
    file.seek(0)
    file.truncate()
    savable.save(file, format="PNG")
    if file.tell() > MAX_BYTES:
        raise NotAPicture(f"This picture is larger than {MAX_BYTES // 1024**2} MB as PNG: send it as JPEG or WebP.")
    content_type, suffix = IMAGE_TYPES["PNG"]
    return Picture(
        content_type=content_type, suffix=suffix, width=savable.width, height=savable.height, is_converted=True
    )


def _lies_on_its_side(image: Image.Image) -> bool:
    """Whether the camera was turned by 90 degrees, so that width and height change places when it is shown."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8)
    except (*_BROKEN, TypeError):
        return False  # notes of the camera that cannot be read harm nobody


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise NotAPicture(_TOO_MANY_PIXELS)
    if not SIDE_MIN_PX <= min(width, height) <= max(width, height) <= SIDE_MAX_PX:
        raise NotAPicture(
            f"This picture has {width} x {height} pixels; each side must have {SIDE_MIN_PX} to {SIDE_MAX_PX}."
        )


def _check_before_decoding(file: IO[bytes]) -> None:
    """Refuse files that are small and make work or memory without end. Raises NotAPicture, ValueError if empty."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content[:3] == b"\xff\xd8\xff":
            _check_jpeg(content)
        elif content[:8] == _PNG_START:
            _check_png(content)


def _check_jpeg(content: mmap.mmap) -> None:
    """A pass begins with this mark, which cannot stand in the compressed data."""
    passes, at = 0, content.find(_JPEG_PASS)
    while at >= 0:
        passes += 1
        if passes > _JPEG_PASSES_MAX:
            raise NotAPicture(f"This JPEG has more than {_JPEG_PASSES_MAX} passes.")
        at = content.find(_JPEG_PASS, at + 2)


def _check_png(content: mmap.mmap) -> None:
    """Walk over the chunks to the end, which Pillow does not miss when it is cut off."""
    at = len(_PNG_START)
    for _chunk in range(_PNG_CHUNKS_MAX):
        length, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        if kind == b"IEND":
            return
        at += length + 12
        if at >= len(content):
            raise NotAPicture("This PNG is cut off.")
    raise NotAPicture("This PNG has too many chunks.")
