"""What is asked of the engine: all that the edge hands down. Frozen, checked against the catalog."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self

from generation.catalog import (
    RATIO_CODES,
    RATIOS,
    RESOLUTIONS,
    SIZES,
    Kind,
    ModelInfo,
    Resolution,
    image_credits,
    nearest_ratio,
    nearest_resolution,
    resolve_model,
    video_credits,
    video_size,
)
from generation.errors import InvalidSpec, UnknownModel

PROMPT_MAX_CHARS = 32_000  # the documented limit of the OpenAI image API
SIDE_MIN_PX, SIDE_MAX_PX = 64, 8192
COUNT_MAX = 10
INPUTS_MAX = 10  # pictures of one images-to-image submission
FRAMES_MAX = 2  # first and last frame of a video
SEED_MIN, SEED_MAX = 2_500_000_000, 2_600_000_000  # upstream's own range, end excluded

_STORY = re.compile(r"连续|绘本|故事|[0-9]张")
_STORY_COUNT = re.compile(r"([0-9]{1,4})张")  # bounded: a prompt of 32 000 digits would take seconds to search
STORY_DEFAULT_COUNT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spec:
    """What all specs have. `inputs`: SHA-256 (hex) of the input pictures, in order. `seed` None: "draw one"."""

    model: str
    prompt: str
    width: int
    height: int
    ratio: str
    resolution: str
    seed: int | None = None
    inputs: tuple[str, ...] = ()

    @property
    def info(self) -> ModelInfo:
        return _known_model(self.model)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read a stored spec; keys of other versions of this class are ignored."""
        known = {field.name for field in fields(cls)}
        read = {key: value for key, value in stored.items() if key in known}
        return cls(**{**read, "inputs": tuple(read.get("inputs", ()))})

    def fingerprint(self) -> str:
        """SHA-256 (hex) of the request: says whether two requests are the same."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSpec(_Spec):
    """One submission of text to image, or of images to image when there are `inputs`.

    `count`: pictures, 1…images_per_submission. `width`, `height`: pixels sent upstream.
    `ratio`: one of RATIOS. `sample_strength`: 0…1.
    `output_format`: png, jpeg, webp, or empty for whatever the upstream makes.
    """

    resolution: Resolution
    count: int
    negative_prompt: str = ""
    sample_strength: float = 0.5
    output_format: str = ""

    @property
    def prompt_sent(self) -> str:
        """The prompt as the upstream gets it: images to image have no place of their own for a negative prompt."""
        if self.inputs and self.negative_prompt:
            return f"{self.prompt}\n不要出现：{self.negative_prompt}"  # "must not appear: …"
        return self.prompt

    @property
    def is_story(self) -> bool:
        """Several pictures that belong together: the upstream calls it ImageMultiGenerate."""
        return self.info.tells_stories and _STORY.search(self.prompt_sent) is not None

    @property
    def ratio_code(self) -> int:
        return RATIO_CODES[self.ratio] + (100 if self.resolution == "4k" else 0)

    @property
    def cost_credits(self) -> int:
        return image_credits(self.info, self.resolution, self.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoSpec(_Spec):
    """One video. `inputs`: nothing, its first frame, or its first and last frame.

    `width`, `height`: pixels that ratio and resolution (720p, 1080p) amount to. `ratio`: in lowest terms.
    """

    seconds: int

    @property
    def count(self) -> int:
        return 1

    @property
    def output_format(self) -> str:
        return ""

    @property
    def cost_credits(self) -> int:
        return video_credits(self.info, self.seconds)

    @property
    def has_last_frame(self) -> bool:
        return len(self.inputs) == FRAMES_MAX


Spec = ImageSpec | VideoSpec


def spec_from_json(kind: str, stored: dict[str, Any]) -> Spec:
    """The stored spec of a generation of this kind."""
    return VideoSpec.from_json(stored) if kind == "video" else ImageSpec.from_json(stored)


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
    inputs: Sequence[str] = (),
) -> ImageSpec:
    """Check a request against the catalog and fill in what was left open.

    `width` with `height` go through as given; otherwise `ratio` (default 1:1) and `resolution`
    (default the model's) pick the size from the table. `count` None: 1, or what a story prompt asks for.
    `inputs`: SHA-256 of the pictures to start from. Raises UnknownModel or InvalidSpec(param=…), before
    anything is spent.
    """
    info = _model_of_kind(model, "image")
    _check_prompt(prompt)
    chosen = _image_size(info, width=width, height=height, ratio=ratio, resolution=resolution)
    strength = 0.5 if sample_strength is None else sample_strength
    if not 0 <= strength <= 1:
        raise InvalidSpec("sample_strength must be between 0 and 1.", param="sample_strength")
    if count is None:
        tells = info.tells_stories and _STORY.search(prompt) is not None
        count = min(max(story_count(prompt), 1), COUNT_MAX) if tells else 1
    if not 1 <= count <= COUNT_MAX:
        raise InvalidSpec(f"n must be between 1 and {COUNT_MAX}.", param="n")
    if output_format not in ("", "png", "jpeg", "webp"):
        raise InvalidSpec("output_format must be one of png, jpeg, webp.", param="output_format")
    if len(inputs) > INPUTS_MAX:
        raise InvalidSpec(f"At most {INPUTS_MAX} input images are possible; {len(inputs)} were given.", param="images")
    return ImageSpec(
        model=info.name,
        prompt=prompt,
        count=count,
        width=chosen[0],
        height=chosen[1],
        ratio=chosen[2],
        resolution=chosen[3],
        negative_prompt=negative_prompt,
        sample_strength=strength,
        seed=_checked_seed(seed),
        output_format=output_format,
        inputs=tuple(inputs),
    )


def video_spec(
    *,
    model: str,
    prompt: str,
    seconds: int | None = None,
    width: int | None = None,
    height: int | None = None,
    ratio: str | None = None,
    resolution: str | None = None,
    seed: int | None = None,
    frames: Sequence[tuple[str, int, int]] = (),
) -> VideoSpec:
    """Check a request for a video against the catalog and fill in what was left open.

    `frames`: SHA-256, width and height of the first and perhaps the last frame. The ratio is that of `width`
    and `height` in lowest terms, else `ratio`, else that of the first frame, else 16:9. The prompt may be empty
    if there is a first frame. Raises UnknownModel or InvalidSpec(param=…) that names what is possible.
    """
    info = _model_of_kind(model, "video")
    if not frames or prompt.strip():
        _check_prompt(prompt)
    if len(frames) > FRAMES_MAX:
        text = f"A video takes at most a first and a last frame; {len(frames)} images were given."
        raise InvalidSpec(text, param="image")
    chosen_s = info.seconds[0] if seconds is None else seconds
    if chosen_s not in info.seconds:
        allowed = ", ".join(map(str, info.seconds))
        raise InvalidSpec(f"The model {info.name} makes videos of {allowed} seconds.", param="seconds")
    chosen_resolution = resolution or info.default_resolution
    if chosen_resolution not in info.resolutions:
        allowed = ", ".join(info.resolutions)
        raise InvalidSpec(f"resolution must be one of {allowed} for the model {info.name}.", param="resolution")
    chosen_ratio = _video_ratio(info, width=width, height=height, ratio=ratio, frames=frames)
    size = video_size(chosen_ratio, chosen_resolution)
    return VideoSpec(
        model=info.name,
        prompt=prompt,
        width=size[0],
        height=size[1],
        ratio=chosen_ratio,
        resolution=chosen_resolution,
        seconds=chosen_s,
        seed=_checked_seed(seed),
        inputs=tuple(sha256 for sha256, _, _ in frames),
    )


def upstream_seed(seed: int) -> int:
    """Any seed, moved into the range that the upstream takes; equal seeds stay equal."""
    return seed if SEED_MIN <= seed < SEED_MAX else SEED_MIN + seed % (SEED_MAX - SEED_MIN)


def submission_counts(spec: Spec) -> list[int]:
    """How many pictures each submission of this request makes. A story whose prompt names the number stays whole."""
    if isinstance(spec, VideoSpec):
        return [1]
    if spec.is_story and spec.count == story_count(spec.prompt):
        return [spec.count]
    return split_counts(spec.count, spec.info.images_per_submission)


def split_counts(count: int, per_submission: int) -> list[int]:
    """How a request for many pictures is spread over submissions, as evenly as possible: 10 by 8 is 5 + 5."""
    parts = -(-count // per_submission)
    return [count // parts + (1 if part < count % parts else 0) for part in range(parts)]


def _known_model(name: str) -> ModelInfo:
    info = resolve_model(name)
    if info is None:
        raise UnknownModel(f"The model {name!r} does not exist.", param="model")
    return info


def _model_of_kind(name: str, kind: Kind) -> ModelInfo:
    info = _known_model(name)
    if info.kind != kind:
        makes: Literal["videos, not images", "images, not videos"]
        makes = "videos, not images" if info.kind == "video" else "images, not videos"
        raise InvalidSpec(f"The model {name!r} makes {makes}.", param="model")
    return info


def _check_prompt(prompt: str) -> None:
    if not prompt.strip():
        raise InvalidSpec("The prompt must not be empty.", param="prompt")
    if len(prompt) > PROMPT_MAX_CHARS:
        raise InvalidSpec(f"The prompt is longer than {PROMPT_MAX_CHARS} characters.", param="prompt")


def _checked_seed(seed: int | None) -> int | None:
    if seed is not None and seed < 0:
        raise InvalidSpec("seed must not be negative.", param="seed")
    return None if seed is None else upstream_seed(seed)


def _check_sides(width: int | None, height: int | None) -> None:
    """Both or none, and of a sensible size."""
    if (width is None) != (height is None):
        raise InvalidSpec("width and height must be given together.", param="width" if width is None else "height")
    for side, name in ((width, "width"), (height, "height")):
        if side is not None and not SIDE_MIN_PX <= side <= SIDE_MAX_PX:
            raise InvalidSpec(f"{name} must be between {SIDE_MIN_PX} and {SIDE_MAX_PX} pixels.", param=name)


def _image_size(
    info: ModelInfo, *, width: int | None, height: int | None, ratio: str | None, resolution: str | None
) -> tuple[int, int, str, Resolution]:
    """Width, height, ratio and resolution class of a request."""
    if ratio is not None and ratio not in info.ratios:
        raise InvalidSpec(f"ratio must be one of {', '.join(info.ratios)}.", param="ratio")
    if resolution is not None and resolution not in info.resolutions:
        raise InvalidSpec(f"resolution must be one of {', '.join(info.resolutions)}.", param="resolution")
    _check_sides(width, height)
    if width is not None and height is not None:
        return width, height, nearest_ratio(width, height), nearest_resolution(width, height)
    chosen_ratio = ratio or RATIOS[0]
    chosen = next(each for each in RESOLUTIONS if each == (resolution or info.default_resolution))
    table_width, table_height = SIZES[chosen][chosen_ratio]
    return table_width, table_height, chosen_ratio, chosen


def _video_ratio(
    info: ModelInfo,
    *,
    width: int | None,
    height: int | None,
    ratio: str | None,
    frames: Sequence[tuple[str, int, int]],
) -> str:
    if ratio is not None and ratio not in info.ratios:
        raise InvalidSpec(f"ratio must be one of {', '.join(info.ratios)}.", param="ratio")
    _check_sides(width, height)
    if width is not None and height is not None:
        common = math.gcd(width, height)
        return f"{width // common}:{height // common}"
    if ratio is None and frames:
        return nearest_ratio(frames[0][1], frames[0][2], info.ratios)
    return ratio or info.ratios[0]
