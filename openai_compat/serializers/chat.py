"""`POST /v1/chat/completions`: what the last user message says and shows, to a request for pictures or a video."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rest_framework import serializers

from accounts.models import ApiKey
from generation.catalog import DEFAULT_IMAGE_MODEL, ModelInfo, resolve_model
from generation.errors import InvalidSpec
from generation.inputs import source_of
from generation.key_models import no_such_model
from generation.services import InputSource
from generation.specs import INPUTS_MAX
from openai_compat.errors import describe
from openai_compat.serializers.fields import Flag
from openai_compat.serializers.images import VARIATION_PROMPT, ImagesRequest, images_request
from openai_compat.serializers.videos import VideosRequest, videos_request

MODEL_MAX_CHARS: Final = 100  # with its suffixes
# What may follow a model's name, each after a colon: 1024x768, 16:9, 4k, 1080p, 10s, image (LobeChat's mark).
_SUFFIX: Final = re.compile(
    r"(?P<pixels>\d{1,5}[x×*]\d{1,5})|(?P<ratio>\d{1,2}:\d{1,2})|(?P<resolution>[124]k|720p|1080p)|(?P<seconds>\d{1,2})s"
    r"|(?P<mark>image|auto)",
    re.IGNORECASE,
)
# Under these names a suffix says what the images and videos endpoints know as these parameters.
_MEANS: Final = {"pixels": "size", "ratio": "ratio", "resolution": "resolution", "seconds": "seconds"}
# Parameters of the other endpoints that may stand beside `messages`.
_EXTRAS: Final = (
    "n", "size", "quality", "ratio", "aspect_ratio", "resolution", "width", "height", "negative_prompt",
    "sample_strength", "seed", "seconds", "duration", "output_format",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """`model`: as asked, with its suffixes. `wanted`: the checked request. `sources`: its input pictures, in order.

    `prompt`: the caller's own words; empty when a picture says it all.
    """

    model: str
    prompt: str
    wanted: ImagesRequest | VideosRequest
    sources: list[InputSource]
    stream: bool
    include_usage: bool


def chat_request(fields: Mapping[str, Any], *, api_key: ApiKey | None) -> ChatRequest:
    """Check a request. Raises ValidationError, InvalidSpec or UnknownModel, each naming the parameter."""
    model = fields.get("model") or DEFAULT_IMAGE_MODEL
    if not isinstance(model, str) or len(model) > MODEL_MAX_CHARS:
        raise InvalidSpec(f"model must be text of at most {MODEL_MAX_CHARS} characters.", param="model")
    name, said = model_and_suffixes(model)
    info = resolve_model(name)
    if info is None or (info.kind == "image" and "seconds" in said):  # pictures have no length
        raise no_such_model(model)
    prompt, sources = last_user_message(fields.get("messages"))
    if not prompt.strip() and not sources:
        raise InvalidSpec("The last user message says nothing to make.", param="messages")
    extras = {key: fields[key] for key in _EXTRAS if fields.get(key) not in (None, "")}
    given = {**said, **extras, "model": name, "prompt": prompt}
    if info.kind == "image" and not prompt.strip():
        given["prompt"] = VARIATION_PROMPT
    options = fields.get("stream_options")
    return ChatRequest(
        model=model,
        prompt=prompt,
        wanted=_wanted(info, given, pictures=len(sources), api_key=api_key),
        sources=sources,
        stream=_flag(fields.get("stream"), "stream"),
        include_usage=isinstance(options, Mapping) and options.get("include_usage") is True,
    )


def _wanted(
    info: ModelInfo, given: Mapping[str, Any], *, pictures: int, api_key: ApiKey | None
) -> ImagesRequest | VideosRequest:
    """The request as the images and videos endpoints check it; prompt and pictures stand in `messages` here."""
    if info.kind == "video" and given.get("n") not in (None, 1, "1"):
        raise InvalidSpec("n must be 1 for videos.", param="n")
    try:
        if info.kind == "image":
            return images_request(given, api_key=api_key, operation="edits" if pictures else "generations")
        return videos_request(given, api_key=api_key, frames=pictures)
    except (InvalidSpec, serializers.ValidationError) as error:
        told = describe(error)
        if told.param not in ("prompt", "image"):
            raise
        raise InvalidSpec(told.message, param="messages") from error


def model_and_suffixes(model: str) -> tuple[str, dict[str, str]]:
    """`jimeng-4.5:16:9:4k` as the name and what its suffixes say. A name that is known as it stands has none."""
    if resolve_model(model) is not None:
        return model, {}
    name, _, rest = unicodedata.normalize("NFKC", model).partition(":")  # Chinese keyboards type wide colons
    said: dict[str, str] = {}
    while rest:
        found = _SUFFIX.match(rest)
        if found is None or (len(rest) > found.end() and rest[found.end()] != ":"):
            return model, {}
        sort = str(found.lastgroup)
        if sort in _MEANS:
            said[_MEANS[sort]] = found[sort].lower()
        rest = rest[found.end() + 1 :]
    return name, said


def last_user_message(messages: Any) -> tuple[str, list[InputSource]]:
    """The text and the pictures of the last message by the user, at most INPUTS_MAX. Raises InvalidSpec."""
    if not isinstance(messages, Sequence) or isinstance(messages, str) or not messages:
        raise InvalidSpec("messages must be a list with at least one message.", param="messages")
    for message in reversed(messages):
        if isinstance(message, Mapping) and message.get("role") == "user":
            texts, sources = [], []
            for part in _parts(message.get("content")):
                if isinstance(part, str):
                    texts.append(part)
                else:
                    sources.append(part)
                if len(sources) > INPUTS_MAX:
                    raise InvalidSpec(f"At most {INPUTS_MAX} images are possible in a message.", param="messages")
            return "\n".join(texts), sources
    raise InvalidSpec("messages has no message by the user.", param="messages")


def _parts(content: Any) -> Iterator[str | InputSource]:
    if isinstance(content, str):
        yield content
        return
    if not isinstance(content, Sequence):
        raise InvalidSpec("The content of a message must be text or a list of parts.", param="messages")
    for part in content:
        match part:
            case str():
                yield part
            case {"type": "text" | "input_text", "text": str(text)}:
                yield text
            case {"type": "text" | "input_text", "text": None}:
                continue
            case {"type": "image_url" | "input_image" | "image", "image_url": url}:
                yield source_of({"image_url": url}, param="messages")
            case {"type": "image", "image": image} | {"type": "image", "url": image}:  # Vercel's AI SDK
                yield source_of(image, param="messages")
            case {"type": "image", "source": {"data": image} | {"url": image}}:  # Anthropic
                yield source_of(image, param="messages")
            case _:
                raise InvalidSpec("A part of a message must be text or an image.", param="messages")


def _flag(value: Any, name: str) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    try:
        return bool(Flag().run_validation(value))
    except serializers.ValidationError as error:
        raise InvalidSpec(f"{name} must be true or false.", param=name) from error
