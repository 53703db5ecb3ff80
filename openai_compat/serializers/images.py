"""`POST /v1/images/*`: OpenAI's parameters, and Jimeng's own, to a spec. OpenAI's words stop here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from rest_framework import serializers

from accounts.models import ApiKey
from generation.catalog import DEFAULT_IMAGE_MODEL, resolve_model
from generation.errors import InvalidSpec, UnknownModel
from generation.specs import PROMPT_MAX_CHARS, ImageSpec, image_spec
from openai_compat.serializers.fields import Choice, Flag, Integer, Number, Prompt, Text, Word
from openai_compat.serializers.sizes import QUALITIES, SIZE_FORMS, parse_size, quality_resolution

Representation = Literal["url", "b64_json", "both"]
# Clients of these names read b64_json only, as OpenAI answers them.
B64_NAMES: Final = ("gpt-image-", "chatgpt-image")
# Not among what a request is stored with: the prompts have their own place, the rest says how to answer.
_NOT_NOTED: Final = ("prompt", "negative_prompt", "stream")
# Without effect here, but the history shall show that they were asked for.
_NOTED_EXTRAS: Final = ("background", "style")
_WORD_MAX_CHARS: Final = 40


class ImageRequestSerializer(serializers.Serializer[Any]):
    """All that has an effect. Anything else is ignored, whatever its type (style, moderation, user, …)."""

    model = Text(max_chars=100)
    prompt = Prompt(max_chars=PROMPT_MAX_CHARS)
    n = Integer(expected="a whole number between 1 and 10")
    size = Word(expected=SIZE_FORMS)
    quality = Choice(meanings={name: name for name in QUALITIES})
    response_format = Choice(meanings={"url": "url", "b64_json": "b64_json"})
    output_format = Choice(meanings={"png": "png", "jpeg": "jpeg", "webp": "webp", "jpg": "jpeg"})
    stream = Flag()
    ratio = Word()
    resolution = Word()
    width = Integer()
    height = Integer()
    negative_prompt = Text(max_chars=PROMPT_MAX_CHARS)
    sample_strength = Number()
    seed = Integer()

    def to_internal_value(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Check what was given and what must be; walking through all that was not takes five times as long."""
        checked, errors = {}, {}
        for name, field in self.fields.items():
            if name in data or field.required:
                try:
                    checked[name] = field.run_validation(data.get(name, serializers.empty))
                except serializers.ValidationError as error:
                    errors[name] = error.detail
        if errors:
            raise serializers.ValidationError(errors)
        return checked


# Made once: a serializer is 190 µs to make and 30 µs to use, and validating leaves no trace in it.
_IMAGE_REQUEST = ImageRequestSerializer()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagesRequest:
    """`requested`: the caller's own words, for the answer and the history."""

    spec: ImageSpec
    representation: Representation
    requested: dict[str, Any]


def images_request(fields: Mapping[str, Any], *, api_key: ApiKey | None) -> ImagesRequest:
    """Check a request. Raises ValidationError, InvalidSpec or UnknownModel, each naming the parameter."""
    checked = _IMAGE_REQUEST.run_validation(fields)
    given = {name: value for name, value in checked.items() if value is not None}
    if given.get("stream"):
        raise InvalidSpec("stream is not supported for images yet; leave it out.", param="stream")
    model = given.get("model", DEFAULT_IMAGE_MODEL)
    check_allowed(model, api_key)
    extras = {name: fields[name] for name in _NOTED_EXTRAS if _is_a_word(fields.get(name))}
    return ImagesRequest(
        spec=_spec(given, model),
        representation=representation(given.get("response_format"), model=model, api_key=api_key),
        requested={name: value for name, value in given.items() if name not in _NOT_NOTED} | extras,
    )


def _spec(given: Mapping[str, Any], model: str) -> ImageSpec:
    info = resolve_model(model)
    size = parse_size(given.get("size"))
    by_quality = None if info is None else quality_resolution(given.get("quality"), info)
    seed = given.get("seed")
    return image_spec(
        model=model,
        prompt=given["prompt"],
        count=given.get("n"),
        width=given.get("width"),
        height=given.get("height"),
        ratio=given.get("ratio") or size.ratio,
        resolution=given.get("resolution") or size.resolution or by_quality,
        negative_prompt=given.get("negative_prompt", ""),
        sample_strength=given.get("sample_strength"),
        seed=None if seed == -1 else seed,  # -1 says "any" in Stable Diffusion's tools
        output_format=given.get("output_format", ""),
    )


def representation(asked: str | None, *, model: str, api_key: ApiKey | None) -> Representation:
    """How pictures travel: what the request says, else the key, else what clients of this name can read."""
    of_key = "" if api_key is None else api_key.response_format
    by_name = "b64_json" if model.startswith(B64_NAMES) else "url"
    return cast("Representation", asked or of_key or by_name)


def is_allowed(model: str, api_key: ApiKey | None) -> bool:
    """Whether a key may use a public name; an alias is allowed where its model is."""
    info = resolve_model(model)
    names = {model} if info is None else {model, info.name}
    return api_key is None or not api_key.allowed_models or not names.isdisjoint(api_key.allowed_models)


def check_allowed(model: str, api_key: ApiKey | None) -> None:
    """Raises UnknownModel: to this key the model does not exist."""
    if not is_allowed(model, api_key):
        raise no_such_model(model)


def no_such_model(model: str) -> UnknownModel:
    return UnknownModel(f"The model {model!r} does not exist or this API key may not use it.", param="model")


def _is_a_word(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _WORD_MAX_CHARS and value.isascii() and value.isprintable()
