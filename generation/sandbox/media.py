"""The pictures that the sandbox hands out: soft gradients with a few shapes, as WebP. Each is drawn once."""

from __future__ import annotations

import asyncio
import io
import random
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
_SKETCH: Final = 160  # the longer side, in pixels, at which a picture is drawn before it is enlarged


def draw(width: int, height: int, variant: int) -> bytes:
    """A WebP of width × height pixels in one of the palettes; the same bytes for the same arguments."""
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
    sketch = sketch.filter(ImageFilter.GaussianBlur(0.8))
    picture = sketch.resize((max(width, 1), max(height, 1)), Image.Resampling.BICUBIC)
    written = io.BytesIO()
    picture.save(written, "WEBP", quality=70, method=0)
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


class Gallery:
    """Pictures by size and palette. Each is drawn once, in a thread, however many ask for it at the same time."""

    def __init__(self) -> None:
        self._pictures: dict[tuple[int, int, int], asyncio.Task[bytes]] = {}

    async def picture(self, width: int, height: int, variant: int) -> bytes:
        """The WebP bytes of one picture of width × height pixels."""
        key = (width, height, variant % VARIANTS)
        task = self._pictures.get(key)
        if task is None:
            task = self._pictures[key] = asyncio.create_task(asyncio.to_thread(draw, *key))
        return await asyncio.shield(task)

    async def prewarm(self, width: int, height: int) -> None:
        """Draw all palettes of one size, so that no download waits for a drawing."""
        await asyncio.gather(*(self.picture(width, height, variant) for variant in range(VARIANTS)))
