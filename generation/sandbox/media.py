"""The pictures and videos that the sandbox hands out. Each picture is drawn once; videos are three small clips."""

from __future__ import annotations

import asyncio
import io
import os
import random
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

_PALETTES: Final = (
    ("#0f2027", "#2c7a7b", "#f6ad55", "#fffaf0"),
    ("#1a1a40", "#7a0bc0", "#fa58b6", "#ffe3f3"),
    ("#14342b", "#60935d", "#bad29f", "#fff7d6"),
    ("#3a1c10", "#c8553d", "#f28f3b", "#ffd5c2"),
    ("#0b132b", "#1c7293", "#9eb3c2", "#f1faee"),
    ("#2d132c", "#801336", "#ee4540", "#ffd9a0"),
    ("#22223b", "#4a4e69", "#c9ada7", "#f2e9e4"),
    ("#003049", "#669bbc", "#fdf0d5", "#c1121f"),
)
VARIANTS: Final = len(_PALETTES)
_SKETCH: Final = 512  # the longer side, in pixels, at which a picture is drawn before it is enlarged


FORMATS: Final = ("webp", "png", "jpeg")
_SAVING: Final = {"webp": {"quality": 70, "method": 0}, "png": {"compress_level": 1}, "jpeg": {"quality": 80}}
_CLIPS: Final = Path(__file__).with_name("clips")


def draw(width: int, height: int, variant: int, kind: str = FORMATS[0]) -> bytes:
    """A picture of width × height pixels in one of the palettes and FORMATS; the same bytes for the same arguments."""
    chance = random.Random(variant)  # noqa: S311 - pictures, not secrets
    colours = _PALETTES[variant % VARIANTS]
    scale = _SKETCH / max(width, height)
    small = (max(int(width * scale), 4), max(int(height * scale), 4))
    corners = Image.new("RGB", (3, 3), colours[0])
    for place in range(9):
        corners.paste(colours[min(place // 3 + chance.randrange(2), 3)], (place % 3, place // 3, place % 3 + 1, 3))
    sketch = corners.resize(small, Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(sketch, "RGBA")
    for _ in range(6):
        _shape(pen, small, colours[1 + chance.randrange(3)], chance)
    sketch = sketch.filter(ImageFilter.GaussianBlur(1.2))
    picture = sketch.resize((max(width, 1), max(height, 1)), Image.Resampling.BICUBIC)
    written = io.BytesIO()
    picture.save(written, kind.upper(), **_SAVING[kind])
    return written.getvalue()


def _shape(pen: ImageDraw.ImageDraw, size: tuple[int, int], colour: str, chance: random.Random) -> None:
    """One translucent circle or hill somewhere in a sketch of that size in pixels."""
    width, height = size
    fill = (*bytes.fromhex(colour[1:]), chance.randrange(70, 170))
    left, top = chance.randrange(width), chance.randrange(height)
    radius = chance.randrange(2, max(min(size) // 3, 3))
    if chance.random() < 0.6:
        pen.ellipse((left - radius, top - radius, left + radius, top + radius), fill=fill)
    else:
        pen.polygon(
            [(left - 3 * radius, height), (left, max(top, height // 3)), (left + 3 * radius, height)], fill=fill
        )


def clip(width: int, height: int) -> bytes:
    """A real MP4 (H.264, 5 s, 24 frames/s) of roughly that shape; its own size is small whatever was ordered."""
    name = "square" if 0.9 < width / height < 1.1 else "landscape" if width > height else "portrait"
    return (_CLIPS / f"{name}.mp4").read_bytes()


class Gallery:
    """Pictures by size, palette and format, and clips. Each is made once, in a thread, however many ask for it.

    `folder` keeps what was drawn for the next start; without it pictures live in memory alone.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._pictures: dict[tuple[int, int, int, str], asyncio.Task[bytes]] = {}
        self._clips: dict[tuple[int, int], bytes] = {}

    async def picture(self, width: int, height: int, variant: int, kind: str = FORMATS[0]) -> bytes:
        """The bytes of one picture of width × height pixels, in one of FORMATS."""
        key = (width, height, variant % VARIANTS, kind)
        task = self._pictures.get(key)
        if task is None:
            task = self._pictures[key] = asyncio.create_task(asyncio.to_thread(self._draw_or_read, *key))
        return await asyncio.shield(task)

    def clip(self, width: int, height: int) -> bytes:
        """The bytes of a video for an order of that size in pixels."""
        if (width, height) not in self._clips:
            self._clips[width, height] = clip(width, height)
        return self._clips[width, height]

    async def prewarm(self, width: int, height: int, kind: str = FORMATS[0]) -> None:
        """Draw all palettes of one size, so that no download waits for a drawing."""
        await asyncio.gather(*(self.picture(width, height, variant, kind) for variant in range(VARIANTS)))

    def _draw_or_read(self, width: int, height: int, variant: int, kind: str) -> bytes:
        if self._folder is None:
            return draw(width, height, variant, kind)
        file = self._folder / f"{width}x{height}-{variant}.{kind}"
        if file.exists():
            return file.read_bytes()
        content = draw(width, height, variant, kind)
        self._folder.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.name}.{os.getpid()}")  # another sandbox may read the folder at the same time
        part.write_bytes(content)
        part.replace(file)
        return content
