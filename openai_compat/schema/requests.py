"""What requests may hold, as lenient as they are read: null means "not given", numbers may come as text."""

from __future__ import annotations

from typing import Any, Final

from generation.catalog import DEFAULT_IMAGE_MODEL, DEFAULT_VIDEO_MODEL, RATIOS, RESOLUTIONS, VIDEO_RATIOS
from generation.specs import COUNT_MAX, PROMPT_MAX_CHARS, SIDE_MAX_PX, SIDE_MIN_PX
from openai_compat.schema.typed import Schema
from openai_compat.serializers.sizes import QUALITIES, SIZE_FORMS, VIDEO_SIZE_FORMS
from openai_compat.serializers.tokens import TOKENS_MAX

_PROMPT: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": PROMPT_MAX_CHARS, "pattern": r"\S"}
_FILE: Final[Schema] = {"type": "string", "format": "binary"}
_SOME_PICTURE: Final[Schema] = {
    "description": "A public http(s) address, a data URL, base64, or an object with one of them as `url`.",
    "anyOf": [
        {"type": "string"},
        {"type": "object", "properties": {"url": {"type": "string"}}},
    ],
}


def _text(description: str = "", **more: Any) -> Schema:
    return {"type": ["string", "null"], **({"description": description} if description else {}), **more}


def _number(low: float | None = None, high: float | None = None, *, kind: str = "integer", about: str = "") -> Schema:
    limits = {name: limit for name, limit in (("minimum", low), ("maximum", high)) if limit is not None}
    described = {"description": about} if about else {}
    return {"anyOf": [{"type": kind, **limits}, {"type": "string"}, {"type": "null"}], **described}


def flag(about: str) -> Schema:
    kinds = [{"type": "boolean"}, {"type": "integer", "enum": [0, 1]}, {"type": "string"}, {"type": "null"}]
    return {"anyOf": kinds, "description": about}


def _model(example: str) -> Schema:
    about = "A model or an alias of `GET /v1/models`."
    return _text(about, maxLength=100, default=example, examples=[example])


_SEED: Final = _number(-1, 2**63 - 1, about="The same seed and prompt give similar results; -1 means any.")
_SIDE: Final = _number(SIDE_MIN_PX, SIDE_MAX_PX, about="Pixels; give width and height together.")
_RESPONSE_FORMAT: Final = _text(
    "How results travel. By default `url`, but `b64_json` for edits and for names like `gpt-image-1`.",
    examples=["url", "b64_json"],
)
IMAGE_FIELDS: Final[dict[str, Schema]] = {
    "model": _model(DEFAULT_IMAGE_MODEL),
    "n": _number(1, COUNT_MAX, about="How many pictures; by default one, or as many as the prompt of a story names."),
    "size": _text(f"{SIZE_FORMS[:1].upper()}{SIZE_FORMS[1:]}.", maxLength=40, examples=["1024x1024", "16:9", "2k"]),
    "quality": _text("low and standard mean 1k, high and hd the model's best.", examples=list(QUALITIES)),
    "ratio": _text("Stronger than `size`.", examples=list(RATIOS)),
    "resolution": _text("Stronger than `size`.", examples=list(RESOLUTIONS)),
    "width": _SIDE,
    "height": _SIDE,
    "negative_prompt": _text("What must not appear.", maxLength=PROMPT_MAX_CHARS),
    "sample_strength": _number(0, 1, kind="number", about="How closely the prompt is followed; 0.5 by default."),
    "seed": _SEED,
    "response_format": _RESPONSE_FORMAT,
    "output_format": _text("By default what Jimeng makes.", examples=["png", "jpeg", "webp"]),
    "stream": flag("Answer with events: partial_image and completed."),
    "partial_images": _number(0, 3, about="In a stream: how many finished pictures to show before the end."),
}
_PICTURES: Final[dict[str, Schema]] = {
    "image": {"anyOf": [_SOME_PICTURE, {"type": "array", "items": _SOME_PICTURE, "maxItems": 10}, {"type": "null"}]},
    "images": {"anyOf": [_SOME_PICTURE, {"type": "array", "items": _SOME_PICTURE, "maxItems": 10}, {"type": "null"}]},
}
_PICTURE_FILES: Final[dict[str, Schema]] = {
    "image": {"anyOf": [_FILE, {"type": "array", "items": _FILE, "maxItems": 10}]},
    "image[]": {"type": "array", "items": _FILE, "maxItems": 10},
}
_MASK: Final[dict[str, Schema]] = {"mask": {**_FILE, "description": "Accepted, without effect: Jimeng knows none."}}
VIDEO_FIELDS: Final[dict[str, Schema]] = {
    "prompt": _text("May be left out if there is a first frame.", maxLength=PROMPT_MAX_CHARS),
    "model": _model(DEFAULT_VIDEO_MODEL),
    "seconds": _number(1, None, about="What the model makes: see `durations` of `GET /v1/models`."),
    "duration": _number(1, None, about="The same as `seconds`."),
    "size": _text(f"{VIDEO_SIZE_FORMS[:1].upper()}{VIDEO_SIZE_FORMS[1:]}.", maxLength=40, examples=["1280x720"]),
    "ratio": _text(examples=list(VIDEO_RATIOS)),
    "aspect_ratio": _text("The same as `ratio`.", examples=list(VIDEO_RATIOS)),
    "resolution": _text(examples=["720p", "1080p"]),
    "width": _SIDE,
    "height": _SIDE,
    "seed": _SEED,
    "response_format": _text("url by default.", examples=["url", "b64_json"]),
}
_FRAMES: Final[dict[str, Schema]] = {
    "image": {"anyOf": [_SOME_PICTURE, {"type": "null"}], "description": "The first frame."},
    "images": {
        "type": ["array", "null"],
        "items": _SOME_PICTURE,
        "maxItems": 2,
        "description": "First and last frame.",
    },
    "first_frame": {"anyOf": [_SOME_PICTURE, {"type": "null"}]},
    "last_frame": {"anyOf": [_SOME_PICTURE, {"type": "null"}]},
}
_FRAME_FILES: Final[dict[str, Schema]] = {
    "input_reference": {**_FILE, "description": "The first frame."},
    "first_frame": _FILE,
    "last_frame": _FILE,
}
_ASYNC: Final[dict[str, Schema]] = {"async": flag("Answer at once with a job (202) instead of waiting.")}


def _object(properties: dict[str, Schema], *required: str, example: dict[str, Any] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        **({"required": list(required)} if required else {}),
        **({"examples": [example]} if example else {}),
    }


def _body(json: Schema, form: Schema | None = None, *, required: bool = True) -> Schema:
    content = {"application/json": {"schema": json}}
    if form is not None:
        content["multipart/form-data"] = {"schema": form}
    return {"required": required, "content": content}


_ASKED: Final = {"model": DEFAULT_IMAGE_MODEL, "prompt": "a lighthouse in the mist", "size": "16:9"}
_FROM: Final = "https://example.com/cat.png"
TEXT_TO_IMAGE: Final = _body(_object({"prompt": _PROMPT, **IMAGE_FIELDS}, "prompt", example=_ASKED))
IMAGES_TO_IMAGE: Final = _body(
    _object({"prompt": _PROMPT, **_PICTURES, **IMAGE_FIELDS}, "prompt", example={**_ASKED, "images": [_FROM]}),
    _object({"prompt": _PROMPT, **_PICTURE_FILES, **_MASK, **IMAGE_FIELDS}, "prompt"),
)
VARIATION: Final = _body(
    _object({"prompt": _text(maxLength=PROMPT_MAX_CHARS), **_PICTURES, **IMAGE_FIELDS}, example={"image": _FROM}),
    _object({"image": _FILE, **IMAGE_FIELDS}, "image"),
)
_FILM: Final = {"model": DEFAULT_VIDEO_MODEL, "prompt": "waves at night", "seconds": 5, "ratio": "16:9"}
VIDEO: Final = _body(_object({**VIDEO_FIELDS, **_FRAMES}, example=_FILM), _object({**VIDEO_FIELDS, **_FRAME_FILES}))
VIDEO_WAITED: Final = _body(
    _object({**VIDEO_FIELDS, **_FRAMES, **_ASYNC}, example=_FILM),
    _object({**VIDEO_FIELDS, **_FRAME_FILES, **_ASYNC}),
)
_LOGINS: Final[Schema] = {
    "type": ["array", "string", "null"],
    "items": {"type": ["string", "null"]},
    "maxItems": TOKENS_MAX,
}
TOKENS: Final = _body(
    _object(
        {
            "token": {**_LOGINS, "description": "Jimeng sessionids, as a list or separated by commas."},
            "tokens": {**_LOGINS, "description": "The same."},
        },
        example={"tokens": ["…"]},
    ),
    required=False,
)
