"""What Jimeng offers: models, ratios, sizes and price list, as frozen tables (docs/upstream.md#models, #sizes)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Resolution = Literal["1k", "2k", "4k"]
Kind = Literal["image", "video"]

RESOLUTIONS: tuple[Resolution, ...] = ("1k", "2k", "4k")

# Width and height in pixels, by ratio; width over height is what the ratio says.
SIZES: Mapping[Resolution, Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        "1k": {
            "1:1": (1024, 1024),
            "4:3": (1024, 768),
            "3:4": (768, 1024),
            "16:9": (1024, 576),
            "9:16": (576, 1024),
            "3:2": (1024, 682),
            "2:3": (682, 1024),
            "21:9": (1195, 512),
        },
        "2k": {
            "1:1": (2048, 2048),
            "4:3": (2304, 1728),
            "3:4": (1728, 2304),
            "16:9": (2560, 1440),
            "9:16": (1440, 2560),
            "3:2": (2496, 1664),
            "2:3": (1664, 2496),
            "21:9": (3024, 1296),
        },
        "4k": {
            "1:1": (4096, 4096),
            "4:3": (4608, 3456),
            "3:4": (3456, 4608),
            "16:9": (5120, 2880),
            "9:16": (2880, 5120),
            "3:2": (4992, 3328),
            "2:3": (3328, 4992),
            "21:9": (6048, 2592),
        },
    }
)
RATIOS: tuple[str, ...] = tuple(SIZES["1k"])
# Upstream's own numbers for a ratio; at 4k they are 100 higher.
RATIO_CODES: Mapping[str, int] = MappingProxyType(
    {"1:1": 1, "3:4": 2, "16:9": 3, "4:3": 4, "9:16": 5, "2:3": 6, "3:2": 7, "21:9": 8}
)
VIDEO_RATIOS: tuple[str, ...] = ("16:9", "9:16", "1:1", "4:3", "3:4", "21:9")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """One model that a client may name.

    `credits`: list price per image by resolution, or per video by seconds (as text). Prices change: they are
    an estimate that differences of balances correct (`price_credits`). `images_per_submission`: 0 for video.
    """

    name: str
    upstream_id: str
    draft_version: str
    kind: Kind
    tells_stories: bool = False
    best_resolution: Resolution = "2k"
    default_resolution: str = "2k"
    resolutions: tuple[str, ...] = RESOLUTIONS
    ratios: tuple[str, ...] = RATIOS
    seconds: tuple[int, ...] = ()
    images_per_submission: int = 8
    credits: Mapping[str, int]
    benefit_type: str = ""


def _image(name: str, upstream_id: str, draft_version: str, *, price: tuple[int, int, int], story: bool) -> ModelInfo:
    return ModelInfo(
        name=name,
        upstream_id=upstream_id,
        draft_version=draft_version,
        kind="image",
        tells_stories=story,
        best_resolution="4k" if story else "2k",
        credits=MappingProxyType(dict(zip(RESOLUTIONS, price, strict=True))),
    )


def _video(
    name: str, upstream_id: str, draft_version: str, *, benefit: str, price: Mapping[int, int], resolution: str = "720p"
) -> ModelInfo:
    return ModelInfo(
        name=name,
        upstream_id=upstream_id,
        draft_version=draft_version,
        kind="video",
        default_resolution=resolution,
        resolutions=("720p", "1080p"),
        ratios=VIDEO_RATIOS,
        seconds=tuple(price),
        images_per_submission=0,
        credits=MappingProxyType({str(seconds): credits for seconds, credits in price.items()}),
        benefit_type=benefit,
    )


_BASIC = "basic_video_operation_vgfm_v_three"

MODELS: Mapping[str, ModelInfo] = MappingProxyType(
    {
        model.name: model
        for model in (
            _image("jimeng-5.0", "high_aes_general_v50", "3.3.9", price=(2, 4, 8), story=True),
            _image("jimeng-4.6", "high_aes_general_v42", "3.3.9", price=(2, 4, 8), story=True),
            _image("jimeng-4.5", "high_aes_general_v40l", "3.3.4", price=(2, 3, 6), story=True),
            _image("jimeng-4.1", "high_aes_general_v41", "3.3.4", price=(2, 3, 6), story=True),
            _image("jimeng-4.0", "high_aes_general_v40", "3.3.4", price=(2, 3, 6), story=True),
            _image(
                "jimeng-3.1",
                "high_aes_general_v30l_art_fangzhou:general_v3.0_18b",
                "3.0.2",
                price=(1, 2, 4),
                story=False,
            ),
            _image("jimeng-3.0", "high_aes_general_v30l:general_v3.0_18b", "3.0.2", price=(1, 2, 4), story=False),
            _image("jimeng-2.1", "high_aes_general_v21_L:general_v2.1_L", "3.0.2", price=(1, 2, 4), story=False),
            _image("jimeng-2.0-pro", "high_aes_general_v20_L:general_v2.0_L", "3.0.2", price=(1, 2, 4), story=False),
            _image("jimeng-2.0", "high_aes_general_v20:general_v2.0", "3.0.2", price=(1, 2, 4), story=False),
            _image("jimeng-1.4", "high_aes_general_v14:general_v1.4", "3.0.2", price=(1, 2, 4), story=False),
            _image("jimeng-xl-pro", "text2img_xl_sft", "3.0.2", price=(1, 2, 4), story=False),
            _video(
                "jimeng-video-3.5-pro",
                "dreamina_ic_generate_video_model_vgfm_3.5_pro",
                "3.3.4",
                benefit="dreamina_video_seedance_15_pro",
                price={5: 20, 10: 40, 12: 48},
            ),
            _video(
                "jimeng-video-3.0-pro",
                "dreamina_ic_generate_video_model_vgfm_3.0_pro",
                "3.2.8",
                benefit="basic_video_operation_vgfm_v_three_pro",
                price={5: 30, 10: 60},
            ),
            _video(
                "jimeng-video-3.0",
                "dreamina_ic_generate_video_model_vgfm_3.0",
                "3.2.8",
                benefit=_BASIC,
                price={5: 10, 10: 20},
            ),
            _video(
                "jimeng-video-3.0-fast",
                "dreamina_ic_generate_video_model_vgfm_3.0_fast",
                "3.2.8",
                benefit="basic_video_operation_vgfm_v_three_1080",
                price={5: 15, 10: 30},
                resolution="1080p",
            ),
            _video(
                "jimeng-video-2.0",
                "dreamina_ic_generate_video_model_vgfm_lite",
                "3.2.8",
                benefit=_BASIC,
                price={5: 5},
            ),
            _video(
                "jimeng-video-2.0-pro",
                "dreamina_ic_generate_video_model_vgfm1.0",
                "3.2.8",
                benefit=_BASIC,
                price={5: 10},
            ),
        )
    }
)
DEFAULT_IMAGE_MODEL = "jimeng-4.5"
DEFAULT_VIDEO_MODEL = "jimeng-video-3.0"
# Names that mean one of ours, as a new gateway knows them; the table of aliases is the truth later on
# (generation/aliases.py). OpenAI's names let clients work that only know those.
ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "jimeng": DEFAULT_IMAGE_MODEL,
        "gpt-image-1": DEFAULT_IMAGE_MODEL,
        "gpt-image-1-mini": DEFAULT_IMAGE_MODEL,
        "gpt-image-1.5": DEFAULT_IMAGE_MODEL,
        "gpt-image-2": DEFAULT_IMAGE_MODEL,
        "chatgpt-image-latest": DEFAULT_IMAGE_MODEL,
        "dall-e-2": DEFAULT_IMAGE_MODEL,
        "dall-e-3": DEFAULT_IMAGE_MODEL,
        "jimeng-video": DEFAULT_VIDEO_MODEL,
        "sora-2": DEFAULT_VIDEO_MODEL,
        "sora-2-pro": "jimeng-video-3.5-pro",
    }
)


class _Process:
    """The aliases and learned prices of this process: those of the lists here until the tables were read."""

    aliases: Mapping[str, str] = ALIASES
    prices: Mapping[tuple[str, str], int] = MappingProxyType({})


def aliases() -> Mapping[str, str]:
    """Alias → name in MODELS, as they are now."""
    return _Process.aliases


def aliases_use(names: Mapping[str, str]) -> None:
    """Let these be the aliases from now on; one whose model does not exist is left out."""
    _Process.aliases = MappingProxyType({name: model for name, model in names.items() if model in MODELS})


def prices_use(learned: Mapping[tuple[str, str], int]) -> None:
    """Let these prices hold from now on, in credits each, by model and variant; list prices for all else."""
    _Process.prices = MappingProxyType(dict(learned))


def price_credits(model: ModelInfo, variant: str) -> int:
    """Estimated price in credits of one picture of a resolution, or one video of so many seconds (as text)."""
    return _Process.prices.get((model.name, variant), model.credits[variant])


def resolve_model(name: str) -> ModelInfo | None:
    """The model behind a public name or alias; None if there is none. An alias never hides a model."""
    return MODELS.get(name) or MODELS.get(_Process.aliases.get(name, ""))


def nearest_ratio(width: float, height: float, ratios: tuple[str, ...] = RATIOS) -> str:
    """The listed ratio whose width ÷ height is nearest by factor (4:3 is as far from 1:1 as 3:4 is)."""
    wanted = width / height

    def distance(ratio: str) -> float:
        ratio_width, _, ratio_height = ratio.partition(":")
        has = int(ratio_width) / int(ratio_height)
        return max(has / wanted, wanted / has)

    return min(ratios, key=distance)


def nearest_resolution(width: int, height: int) -> Resolution:
    """The class (1k, 2k, 4k) whose pixel count at the nearest ratio is nearest."""
    ratio = nearest_ratio(width, height)

    def distance(resolution: Resolution) -> int:
        table_width, table_height = SIZES[resolution][ratio]
        return abs(table_width * table_height - width * height)

    return min(RESOLUTIONS, key=distance)


def image_credits(model: ModelInfo, resolution: str, count: int) -> int:
    """Estimated price in credits of `count` pictures."""
    return price_credits(model, resolution) * count


VIDEO_SHORT_SIDES: Mapping[str, int] = MappingProxyType({"720p": 720, "1080p": 1080})


def video_size(ratio: str, resolution: str) -> tuple[int, int]:
    """Width and height in pixels, both even; the shorter side is that of the resolution."""
    across, down = (int(part) for part in ratio.split(":"))
    short = VIDEO_SHORT_SIDES[resolution]
    long = round(short * max(across, down) / min(across, down) / 2) * 2
    return (long, short) if across >= down else (short, long)


def video_credits(model: ModelInfo, seconds: int) -> int:
    """Estimated price in credits of one video."""
    return price_credits(model, str(seconds))
