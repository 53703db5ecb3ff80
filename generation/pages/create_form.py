"""What stands in the form of the page to create: texts as they were chosen and typed, and what they ask for."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from django.http import QueryDict

from generation.catalog import DEFAULT_IMAGE_MODEL, DEFAULT_VIDEO_MODEL, nearest_ratio, resolve_model
from generation.errors import InvalidSpec
from generation.inputs import StoredInput
from generation.specs import FRAMES_MAX, Spec, image_spec, video_spec

KINDS: Final = ("image", "video")
_CHOICES: Final = (
    *("kind", "model", "other_model", "ratio", "resolution", "count", "seconds", "output_format"),
    *("strength", "seed", "key"),
)
_CHOICE_MAX_CHARS: Final = 100
_PICTURES_READ: Final = 50  # far more than any request takes: the surplus is told, not cut off
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
# What the specs call a parameter, by what this form calls it where that differs.
FIELDS: Final = {"n": "count", "sample_strength": "strength", "images": "inputs", "image": "inputs"}


def new_token() -> str:
    """Names one filling of the form: sent twice, it is one request."""
    return secrets.token_urlsafe(18)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Texts of the form; "" is "left open". `pictures`: signed names of input pictures, in order.

    `other_model`: the one that was chosen before for the other kind, for when the reader goes back to it.
    """

    kind: str = "image"
    model: str = ""
    other_model: str = ""
    prompt: str = ""
    negative_prompt: str = ""
    ratio: str = ""
    resolution: str = ""
    count: str = ""
    seconds: str = ""
    output_format: str = ""
    strength: str = ""
    seed: str = ""
    key: str = ""
    token: str = ""
    pictures: tuple[str, ...] = ()

    @classmethod
    def read(cls, sent: QueryDict) -> Self:
        """As it was sent. What is much too long to be a choice is none."""
        choices = {name: _text(sent, name)[: _CHOICE_MAX_CHARS + 1].strip() for name in _CHOICES}
        model = resolve_model(choices["model"])
        if choices["kind"] not in KINDS:
            choices["kind"] = "image" if model is None else model.kind
        token = sent.get("token") or ""
        return cls(
            **choices,
            prompt=_text(sent, "prompt"),
            negative_prompt=_text(sent, "negative_prompt"),
            token=token if _TOKEN.fullmatch(token) else new_token(),
            pictures=tuple(sent.getlist("input")[:_PICTURES_READ]),
        )

    @property
    def is_video(self) -> bool:
        return self.kind == "video"

    @property
    def default_model(self) -> str:
        return DEFAULT_VIDEO_MODEL if self.is_video else DEFAULT_IMAGE_MODEL

    def spec(self, inputs: Sequence[StoredInput]) -> Spec:
        """What it asks for. `inputs`: of `pictures`. Raises InvalidSpec or UnknownModel, with the specs' `param`."""
        return _video_spec(self, inputs) if self.is_video else _image_spec(self, inputs)

    def requested(self, inputs: Sequence[StoredInput]) -> dict[str, Any]:
        """The choices in the words of the API, for the history; what was left open is not among them."""
        said: dict[str, Any] = {
            "model": self.model or self.default_model,
            "ratio": self.ratio,
            "resolution": self.resolution,
            "seed": _whole(self.seed, "seed"),
        }
        if self.is_video:
            said["seconds"] = _whole(self.seconds, "seconds")
        else:
            said["n"] = _whole(self.count, "n")
            said["output_format"] = self.output_format
            said["sample_strength"] = _strength(self.strength) if inputs else None
        return {name: value for name, value in said.items() if value not in (None, "")}

    def with_pictures(self, pictures: Sequence[str]) -> Draft:
        return replace(self, pictures=tuple(pictures))


def frames_of(inputs: Sequence[StoredInput]) -> Sequence[StoredInput]:
    """Those that a video begins and ends with; further ones wait in the form for the reader to go back to pictures."""
    return inputs[:FRAMES_MAX]


def _image_spec(draft: Draft, inputs: Sequence[StoredInput]) -> Spec:
    info = resolve_model(draft.model or draft.default_model)
    ratio = draft.ratio or None
    if ratio is None and inputs and info is not None:
        ratio = nearest_ratio(inputs[0].width, inputs[0].height, info.ratios)
    return image_spec(
        model=draft.model or draft.default_model,
        prompt=draft.prompt,
        count=_whole(draft.count, "n"),
        ratio=ratio,
        resolution=draft.resolution or None,
        negative_prompt=draft.negative_prompt.strip(),
        sample_strength=_strength(draft.strength) if inputs else None,
        seed=_whole(draft.seed, "seed"),
        output_format=draft.output_format,
        inputs=[each.sha256 for each in inputs],
    )


def _video_spec(draft: Draft, inputs: Sequence[StoredInput]) -> Spec:
    return video_spec(
        model=draft.model or draft.default_model,
        prompt=draft.prompt,
        seconds=_whole(draft.seconds, "seconds"),
        ratio=draft.ratio or None,
        resolution=draft.resolution or None,
        seed=_whole(draft.seed, "seed"),
        frames=[(each.sha256, each.width, each.height) for each in frames_of(inputs)],
    )


def _text(sent: QueryDict, name: str) -> str:
    """Lines end as everywhere else; what databases cannot store is left out."""
    text: str = sent.get(name) or ""
    return text.replace("\r\n", "\n").replace("\x00", "").encode("utf-8", "ignore").decode()


def _whole(text: str, param: str) -> int | None:
    if not text:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise InvalidSpec("This must be a whole number.", param=param) from error


def _strength(text: str) -> float | None:
    if not text:
        return None
    try:
        return float(text)
    except ValueError as error:
        raise InvalidSpec("This must be a number.", param="sample_strength") from error
