"""The published facts about videos: models, lengths, shapes, benefits, prices."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

DRAFT_VERSION: Final = "3.2.8"
WEB_VERSION: Final = "6.6.0"
RATIOS: Final = frozenset({"16:9", "9:16", "1:1", "4:3", "3:4", "21:9"})
SHORT_SIDES: Final = {"720p": 720, "1080p": 1080}
END_FRAME_ROOT_MODEL: Final = "dreamina_ic_generate_video_model_vgfm_3.0"
_BASIC: Final = "basic_video_operation_vgfm_v_three"
_RATIO: Final = re.compile(r"([1-9]\d{0,4}):([1-9]\d{0,4})")


@dataclass(frozen=True, slots=True)
class VideoModel:
    """One video model: names, draft version, lengths in seconds, benefit by resolution, and credits per second."""

    public_name: str
    key: str
    lengths_s: tuple[int, ...]
    benefits: tuple[str, str]
    credits_per_second: int
    draft_version: str = DRAFT_VERSION

    def benefit(self, resolution: str) -> str:
        """The benefit_type that goes with a resolution."""
        return self.benefits[tuple(SHORT_SIDES).index(resolution)]

    def price_credits(self, seconds: int) -> int:
        """Credits for a video of that length: 5 to 60."""
        return self.credits_per_second * seconds


def _both(benefit: str) -> tuple[str, str]:
    return benefit, benefit


_KEY: Final = "dreamina_ic_generate_video_model_vgfm"
_LONG, _SHORT = (5, 10), (5,)
_MODELS: Final = (
    VideoModel(
        "jimeng-video-3.5-pro", f"{_KEY}_3.5_pro", (5, 10, 12), _both("dreamina_video_seedance_15_pro"), 5, "3.3.4"
    ),
    VideoModel("jimeng-video-3.0-pro", f"{_KEY}_3.0_pro", _LONG, _both(f"{_BASIC}_pro"), 4),
    VideoModel("jimeng-video-3.0", f"{_KEY}_3.0", _LONG, _both(_BASIC), 2),
    # Only the benefit of 1080p has been seen; below it the fast model is taken to use the basic one.
    VideoModel("jimeng-video-3.0-fast", f"{_KEY}_3.0_fast", _LONG, (_BASIC, f"{_BASIC}_1080"), 1),
    VideoModel("jimeng-video-2.0", f"{_KEY}_lite", _SHORT, _both(_BASIC), 1),
    VideoModel("jimeng-video-2.0-pro", f"{_KEY}1.0", _SHORT, _both(_BASIC), 2),
)
MODELS: Final = {model.key: model for model in _MODELS}


def is_ratio(text: str) -> bool:
    """Whether a text is one of the ratios offered, or any width:height reduced to lowest terms."""
    found = _RATIO.fullmatch(text)
    return text in RATIOS or (found is not None and math.gcd(int(found[1]), int(found[2])) == 1)


def size_of(ratio: str, resolution: str) -> tuple[int, int]:
    """Width and height in pixels, both even: the shorter side is that of the resolution."""
    across, down = (int(part) for part in ratio.split(":"))
    short = SHORT_SIDES[resolution]
    long = round(short * max(across, down) / min(across, down) / 2) * 2
    return (long, short) if across >= down else (short, long)
