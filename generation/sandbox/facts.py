"""The published facts that the sandbox holds callers to: models, sizes, ratios, prices, constants of the page."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final, Literal

Resolution = Literal["1k", "2k", "4k"]

AID: Final = 513695
PF: Final = "7"
APP_VERSION: Final = "5.8.0"
ORIGIN: Final = "https://jimeng.jianying.com"
CREDIT_REFERER: Final = "https://jimeng.jianying.com/ai-tool/image/generate"
VIDEO_REFERER: Final = "https://jimeng.jianying.com/ai-tool/video/generate"
IMAGE_WEB_VERSION: Final = "7.5.0"
WEB_VERSIONS: Final = frozenset({"7.5.0", "6.6.0"})
DRAFT_VERSIONS: Final = frozenset({"3.0.2", "3.2.8", "3.2.9", "3.3.4", "3.3.9"})
DRAFT_MIN_VERSION: Final = "3.0.2"
BLEND_VERSION: Final = "3.2.9"
LONGEST_DRAFT_AGE_MS: Final = 300_000
DAILY_GIFT: Final = 66
IMAGES_WITHOUT_COUNT: Final = 4
MOST_IMAGES: Final = 8
MOST_STORY_IMAGES: Final = 15
SEED_FIRST: Final = 2_500_000_000
SEED_END: Final = 2_600_000_000


@dataclass(frozen=True, slots=True)
class ImageModel:
    """One image model: names, draft version, whether it makes stories, and credits per image by resolution."""

    public_name: str
    key: str
    draft_version: str
    has_stories: bool
    prices_credits: tuple[int, int, int]

    def price_credits(self, resolution: Resolution) -> int:
        """Credits for one image of that resolution."""
        return self.prices_credits[RESOLUTIONS.index(resolution)]


RESOLUTIONS: Final[tuple[Resolution, ...]] = ("1k", "2k", "4k")
OLD, NEW, NEWEST = (1, 2, 4), (2, 3, 6), (2, 4, 8)

_MODELS: Final = (
    ImageModel("jimeng-5.0", "high_aes_general_v50", "3.3.9", True, NEWEST),
    ImageModel("jimeng-4.6", "high_aes_general_v42", "3.3.9", True, NEWEST),
    ImageModel("jimeng-4.5", "high_aes_general_v40l", "3.3.4", True, NEW),
    ImageModel("jimeng-4.1", "high_aes_general_v41", "3.3.4", True, NEW),
    ImageModel("jimeng-4.0", "high_aes_general_v40", "3.3.4", True, NEW),
    ImageModel("jimeng-3.1", "high_aes_general_v30l_art_fangzhou:general_v3.0_18b", "3.0.2", False, OLD),
    ImageModel("jimeng-3.0", "high_aes_general_v30l:general_v3.0_18b", "3.0.2", False, OLD),
    ImageModel("jimeng-2.1", "high_aes_general_v21_L:general_v2.1_L", "3.0.2", False, OLD),
    ImageModel("jimeng-2.0-pro", "high_aes_general_v20_L:general_v2.0_L", "3.0.2", False, OLD),
    ImageModel("jimeng-2.0", "high_aes_general_v20:general_v2.0", "3.0.2", False, OLD),
    ImageModel("jimeng-1.4", "high_aes_general_v14:general_v1.4", "3.0.2", False, OLD),
    ImageModel("jimeng-xl-pro", "text2img_xl_sft", "3.0.2", False, OLD),
)
MODELS: Final = {model.key: model for model in _MODELS}

RATIO_CODES: Final = {
    (1, 1): 1,
    (3, 4): 2,
    (16, 9): 3,
    (4, 3): 4,
    (9, 16): 5,
    (2, 3): 6,
    (3, 2): 7,
    (21, 9): 8,
}
_TABLE: Final[dict[Resolution, tuple[tuple[int, int], ...]]] = {
    "1k": ((1024, 1024), (768, 1024), (1024, 576), (1024, 768), (576, 1024), (682, 1024), (1024, 682), (1195, 512)),
    "2k": (
        (2048, 2048),
        (1728, 2304),
        (2560, 1440),
        (2304, 1728),
        (1440, 2560),
        (1664, 2496),
        (2496, 1664),
        (3024, 1296),
    ),
    "4k": (
        (4096, 4096),
        (3456, 4608),
        (5120, 2880),
        (4608, 3456),
        (2880, 5120),
        (3328, 4992),
        (4992, 3328),
        (6048, 2592),
    ),
}
# width × height -> (resolution, ratio code without the 4k offset)
TABLE_SIZES: Final[dict[tuple[int, int], tuple[Resolution, int]]] = {
    size: (resolution, code)
    for resolution, sizes in _TABLE.items()
    for size, code in zip(sizes, RATIO_CODES.values(), strict=True)
}
_PIXELS: Final[dict[Resolution, int]] = {"1k": 1024**2, "2k": 2048**2, "4k": 4096**2}


def resolution_of(width: int, height: int) -> Resolution:
    """The class of a size in pixels: the table's, else the one whose square has the nearest pixel count."""
    if known := TABLE_SIZES.get((width, height)):
        return known[0]
    return min(RESOLUTIONS, key=lambda resolution: abs(_PIXELS[resolution] - width * height))


def ratio_codes_of(width: int, height: int) -> set[int]:
    """The ratio codes that fit a size. Two only where "nearest" depends on measuring the difference or the quotient."""
    known = TABLE_SIZES.get((width, height))
    offset = 100 if resolution_of(width, height) == "4k" else 0
    if known:
        return {known[1] + offset}
    shape = width / height
    by_difference = min(RATIO_CODES, key=lambda ratio: abs(ratio[0] / ratio[1] - shape))
    by_quotient = min(RATIO_CODES, key=lambda ratio: abs(math.log(ratio[0] / ratio[1] / shape)))
    return {RATIO_CODES[by_difference] + offset, RATIO_CODES[by_quotient] + offset}


_STORY_COUNT: Final = re.compile(r"([0-9]+)张")
_STORY_WORD: Final = re.compile(r"连续|绘本|故事")


def is_story(model: ImageModel, prompt: str) -> bool:
    """Whether the prompt asks this model for several pictures that belong together."""
    return model.has_stories and bool(_STORY_WORD.search(prompt) or _STORY_COUNT.search(prompt))


def story_count(prompt: str) -> int:
    """How many pictures a story has: the number before 张 (1 to 15), else 4."""
    found = _STORY_COUNT.search(prompt)
    return min(max(int(found[1]), 1), MOST_STORY_IMAGES) if found else IMAGES_WITHOUT_COUNT
