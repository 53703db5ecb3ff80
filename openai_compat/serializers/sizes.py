"""What OpenAI's `size` and `quality` mean here: pure tables.

Who decides, strongest first: `width` + `height` (as given) · `ratio` and `resolution` · `size` · `quality` ·
the model's default. A `size` of pixels says both ratio and class, `16:9` only the ratio, `2k` only the class.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from generation.catalog import (
    RESOLUTIONS,
    VIDEO_RATIOS,
    VIDEO_SHORT_SIDES,
    ModelInfo,
    nearest_ratio,
    nearest_resolution,
)
from generation.errors import InvalidSpec

SIZE_FORMS: Final = "pixels (1024x1024), a ratio (16:9), 1k, 2k, 4k, or auto"
VIDEO_SIZE_FORMS: Final = "pixels (1280x720), a ratio (16:9), 720p, 1080p, or auto"
QUALITIES: Final = ("auto", "low", "medium", "high", "standard", "hd")
_PIXELS = re.compile(r"(\d{1,5})\s*[x\u00d7\u2715\u2716*]\s*(\d{1,5})")  # x, three times signs, asterisk
_RATIO = re.compile(r"(\d{1,5})\s*:\s*(\d{1,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a `size` said; None: nothing about it."""

    ratio: str | None = None
    resolution: str | None = None


def parse_size(size: str | None) -> Size:
    """Read a `size` in lower case. Pixels become the nearest ratio and class. Raises InvalidSpec."""
    if size is None or size == "auto":
        return Size()
    for resolution in RESOLUTIONS:
        if size == resolution:
            return Size(resolution=resolution)
    sides, is_pixels = _read_sides(size, SIZE_FORMS)
    return Size(ratio=nearest_ratio(*sides), resolution=nearest_resolution(*sides) if is_pixels else None)


def parse_video_size(size: str | None) -> Size:
    """The same for videos: pixels become the nearest of their ratios, and 720p or 1080p by the shorter side."""
    if size is None or size == "auto":
        return Size()
    if size in VIDEO_SHORT_SIDES:
        return Size(resolution=size)
    sides, is_pixels = _read_sides(size, VIDEO_SIZE_FORMS)
    return Size(ratio=nearest_ratio(*sides, VIDEO_RATIOS), resolution=video_resolution(*sides) if is_pixels else None)


def video_resolution(width: int, height: int) -> str:
    """The resolution whose shorter side is nearest by factor: 1024 is nearer to 1080 than to 720."""
    short = max(1, min(width, height))
    return min(
        VIDEO_SHORT_SIDES, key=lambda name: max(VIDEO_SHORT_SIDES[name] / short, short / VIDEO_SHORT_SIDES[name])
    )


def _read_sides(size: str, forms: str) -> tuple[tuple[int, int], bool]:
    """Both sides, or both numbers of a ratio, and whether they are pixels. Raises InvalidSpec that names `forms`."""
    pixels, ratio = _PIXELS.fullmatch(size), _RATIO.fullmatch(size)
    found = pixels or ratio
    sides = (int(found[1]), int(found[2])) if found else (0, 0)
    if 0 in sides:
        raise InvalidSpec(f"size must be {forms}.", param="size")
    return sides, pixels is not None


def quality_resolution(quality: str | None, model: ModelInfo) -> str | None:
    """The class that a `quality` of QUALITIES asks for; None: the model's default."""
    if quality in ("low", "standard"):
        return RESOLUTIONS[0]
    return model.best_resolution if quality in ("high", "hd") else None
