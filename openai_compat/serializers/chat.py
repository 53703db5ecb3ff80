"""`POST /v1/chat/completions`: what the last user message says and shows, to a request for pictures or a video."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rest_framework import serializers

from accounts.models import ApiKey
from generation.catalog import DEFAULT_IMAGE_MODEL, ModelInfo, resolve_model
from generation.errors import InvalidSpec
from generation.inputs import source_of
from generation.services import InputSource
from openai_compat.serializers.fields import Flag
from openai_compat.serializers.images import ImagesRequest, images_request, no_such_model
from openai_compat.serializers.videos import VideosRequest, videos_request

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
    """`model`: as asked, with its suffixes. `wanted`: the checked request. `sources`: its input pictures, in order."""

    model: str
    wanted: ImagesRequest | VideosRequest
    sources: tuple[InputSource, ...]
    stream: bool
    include_usage: bool

    @property
    def prompt(self) -> str:
        return str(self.wanted.given.get("prompt", ""))


def chat_request(fields: Mapping[str, Any], *, api_key: ApiKey | None) -> ChatRequest:
    """Check a request. Raises ValidationError, InvalidSpec or UnknownModel, each naming the parameter."""
    model = fields.get("model") or DEFAULT_IMAGE_MODEL
    if not isinstance(model, str):
        raise InvalidSpec("model must be text.", param="model")
    name, said = model_and_suffixes(model)
    info = resolve_model(name)
    if info is None:
        raise no_such_model(model)
    prompt, sources = last_user_message(fields.get("messages"))
    if not prompt.strip() and not (info.kind == "video" and sources):
        raise InvalidSpec("The last user message says nothing to make.", param="messages")
    extras = {key: fields[key] for key in _EXTRAS if fields.get(key) not in (None, "")}
    given = {**said, **extras, "model": name, "prompt": prompt}
    options = fields.get("stream_options")
    return ChatRequest(
        model=model,
        wanted=_wanted(info, given, pictures=len(sources), api_key=api_key),
        sources=tuple(sources),
        stream=_flag(fields.get("stream"), "stream"),
        include_usage=isinstance(options, Mapping) and options.get("include_usage") is True,
    )


def _wanted(
    info: ModelInfo, given: Mapping[str, Any], *, pictures: int, api_key: ApiKey | None
) -> ImagesRequest | VideosRequest:
    if info.kind == "image":
        return images_request(given, api_key=api_key, operation="edits" if pictures else "generations")
    if given.get("n") not in (None, 1, "1"):
        raise InvalidSpec("n must be 1 for videos.", param="n")
    return videos_request(given, api_key=api_key, frames=pictures)


def model_and_suffixes(model: str) -> tuple[str, dict[str, str]]:
    """`jimeng-4.5:16:9:4k` as the name and what its suffixes say. A name that is known as it stands has none."""
    if resolve_model(model) is not None or ":" not in model:
        return model, {}
    name, _, rest = model.partition(":")
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
    """The text and the pictures of the last message by the user. Raises InvalidSpec."""
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
            case {"type": "image_url" | "input_image", "image_url": url}:
                yield source_of({"image_url": url}, param="messages")
            case {"type": "image", "image": image} | {"type": "image", "url": image}:
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
