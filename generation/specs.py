"""What is asked of the engine: all that the edge hands down. Frozen, checked against the catalog."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from generation.catalog import (
    RATIO_CODES,
    RATIOS,
    RESOLUTIONS,
    SIZES,
    ModelInfo,
    Resolution,
    image_credits,
    nearest_ratio,
    nearest_resolution,
    resolve_model,
)
from generation.errors import InvalidSpec, UnknownModel

PROMPT_MAX_CHARS = 32_000  # the documented limit of the OpenAI image API
SIDE_MIN_PX, SIDE_MAX_PX = 64, 8192
COUNT_MAX = 10
SEED_MIN, SEED_MAX = 2_500_000_000, 2_600_000_000  # upstream's own range, end excluded

_STORY = re.compile(r"连续|绘本|故事|[0-9]张")
_STORY_COUNT = re.compile(r"([0-9]{1,4})张")  # bounded: a prompt of 32 000 digits would take seconds to search
STORY_DEFAULT_COUNT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSpec:
    """One submission of text to image.

    `count`: pictures, 1…images_per_submission. `width`, `height`: pixels sent upstream.
    `ratio`: one of RATIOS. `sample_strength`: 0…1. `seed`: None means "draw one".
    `output_format`: png, jpeg, webp, or empty for whatever the upstream makes.
    """

    model: str
    prompt: str
    count: int
    width: int
    height: int
    ratio: str
    resolution: Resolution
    negative_prompt: str = ""
    sample_strength: float = 0.5
    seed: int | None = None
    output_format: str = ""

    @property
    def info(self) -> ModelInfo:
        model = resolve_model(self.model)
        if model is None:
            raise UnknownModel(f"The model {self.model!r} does not exist.", param="model")
        return model

    @property
    def is_story(self) -> bool:
        """Several pictures that belong together: the upstream calls it ImageMultiGenerate."""
        return self.info.tells_stories and _STORY.search(self.prompt) is not None

    @property
    def ratio_code(self) -> int:
        return RATIO_CODES[self.ratio] + (100 if self.resolution == "4k" else 0)

    @property
    def cost_credits(self) -> int:
        return image_credits(self.info, self.resolution, self.count)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read a stored spec; keys of other versions of this class are ignored."""
        known = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in stored.items() if key in known})

    def fingerprint(self) -> str:
        """SHA-256 (hex) of the request: says whether two requests are the same."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def story_count(prompt: str) -> int:
    """How many pictures a story prompt asks for: `<n>张`, else 4."""
    found = _STORY_COUNT.search(prompt)
    return int(found.group(1)) if found else STORY_DEFAULT_COUNT


def image_spec(
    *,
    model: str,
    prompt: str,
    count: int | None = None,
    width: int | None = None,
    height: int | None = None,
    ratio: str | None = None,
    resolution: str | None = None,
    negative_prompt: str = "",
    sample_strength: float | None = None,
    seed: int | None = None,
    output_format: str = "",
) -> ImageSpec:
    """Check a request against the catalog and fill in what was left open.

    `width` with `height` go through as given; otherwise `ratio` (default 1:1) and `resolution`
    (default the model's) pick the size from the table. `count` None: 1, or what a story prompt asks for.
    Raises UnknownModel or InvalidSpec(param=…), before anything is spent.
    """
    info = resolve_model(model)
    if info is None:
        raise UnknownModel(f"The model {model!r} does not exist.", param="model")
    if info.kind != "image":
        raise InvalidSpec(f"The model {model!r} makes videos, not images.", param="model")
    if not prompt.strip():
        raise InvalidSpec("The prompt must not be empty.", param="prompt")
    if len(prompt) > PROMPT_MAX_CHARS:
        raise InvalidSpec(f"The prompt is longer than {PROMPT_MAX_CHARS} characters.", param="prompt")
    size = _size(info, width=width, height=height, ratio=ratio, resolution=resolution)
    strength = 0.5 if sample_strength is None else sample_strength
    if not 0 <= strength <= 1:
        raise InvalidSpec("sample_strength must be between 0 and 1.", param="sample_strength")
    if count is None:
        tells = info.tells_stories and _STORY.search(prompt) is not None
        count = min(max(story_count(prompt), 1), COUNT_MAX) if tells else 1
    if not 1 <= count <= COUNT_MAX:
        raise InvalidSpec(f"n must be between 1 and {COUNT_MAX}.", param="n")
    if seed is not None and seed < 0:
        raise InvalidSpec("seed must not be negative.", param="seed")
    if output_format not in ("", "png", "jpeg", "webp"):
        raise InvalidSpec("output_format must be one of png, jpeg, webp.", param="output_format")
    return ImageSpec(
        model=info.name,
        prompt=prompt,
        count=count,
        width=size[0],
        height=size[1],
        ratio=size[2],
        resolution=size[3],
        negative_prompt=negative_prompt,
        sample_strength=strength,
        seed=None if seed is None else upstream_seed(seed),
        output_format=output_format,
    )


def upstream_seed(seed: int) -> int:
    """Any seed, moved into the range that the upstream takes; equal seeds stay equal."""
    return seed if SEED_MIN <= seed < SEED_MAX else SEED_MIN + seed % (SEED_MAX - SEED_MIN)


def _size(
    info: ModelInfo, *, width: int | None, height: int | None, ratio: str | None, resolution: str | None
) -> tuple[int, int, str, Resolution]:
    """Width, height, ratio and resolution class of a request."""
    if (width is None) != (height is None):
        raise InvalidSpec("width and height must be given together.", param="width" if width is None else "height")
    if ratio is not None and ratio not in info.ratios:
        raise InvalidSpec(f"ratio must be one of {', '.join(info.ratios)}.", param="ratio")
    if resolution is not None and resolution not in info.resolutions:
        raise InvalidSpec(f"resolution must be one of {', '.join(info.resolutions)}.", param="resolution")
    if width is not None and height is not None:
        for side, name in ((width, "width"), (height, "height")):
            if not SIDE_MIN_PX <= side <= SIDE_MAX_PX:
                raise InvalidSpec(f"{name} must be between {SIDE_MIN_PX} and {SIDE_MAX_PX} pixels.", param=name)
        return width, height, nearest_ratio(width, height), nearest_resolution(width, height)
    chosen_ratio = ratio or RATIOS[0]
    chosen = next(each for each in RESOLUTIONS if each == (resolution or info.default_resolution))
    table_width, table_height = SIZES[chosen][chosen_ratio]
    return table_width, table_height, chosen_ratio, chosen


def submission_counts(spec: ImageSpec) -> list[int]:
    """How many pictures each submission of this request makes. A story whose prompt names the number stays whole."""
    if spec.is_story and spec.count == story_count(spec.prompt):
        return [spec.count]
    return split_counts(spec.count, spec.info.images_per_submission)


def split_counts(count: int, per_submission: int) -> list[int]:
    """How a request for many pictures is spread over submissions, as evenly as possible: 10 by 8 is 5 + 5."""
    parts = -(-count // per_submission)
    return [count // parts + (1 if part < count % parts else 0) for part in range(parts)]
