"""`POST /v1/images/*`: OpenAI's parameters, and Jimeng's own, to a spec. OpenAI's words stop here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from rest_framework import serializers

from accounts.models import ApiKey
from generation.catalog import DEFAULT_IMAGE_MODEL, nearest_ratio, resolve_model
from generation.errors import InvalidSpec
from generation.key_models import check_allowed
from generation.services import StoredInput
from generation.specs import PROMPT_MAX_CHARS, ImageSpec, image_spec
from openai_compat.serializers.fields import Choice, Flag, Integer, LenientSerializer, Number, Prompt, Text, Word
from openai_compat.serializers.sizes import QUALITIES, SIZE_FORMS, parse_size, quality_resolution

Representation = Literal["url", "b64_json", "both"]
Operation = Literal["generations", "edits", "variations", "compositions"]
# OpenAI's variations have no prompt; Jimeng needs one.
VARIATION_PROMPT: Final = "生成一张与原图主题和风格相近的新图"  # "a new picture close to the original"
PARTIAL_IMAGES_MAX: Final = 3
# Clients of these names read b64_json only, as OpenAI answers them.
B64_NAMES: Final = ("gpt-image-", "chatgpt-image")
# Not among what a request is stored with: the prompts have their own place, the rest says how to answer.
_NOT_NOTED: Final = ("prompt", "negative_prompt", "stream")
# Without effect here, but the history shall show that they were asked for.
_NOTED_EXTRAS: Final = ("background", "style")
_WORD_MAX_CHARS: Final = 40


class ImageRequestSerializer(LenientSerializer):
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


# Made once: a serializer is 190 µs to make and 30 µs to use, and validating leaves no trace in it.
_IMAGE_REQUEST = ImageRequestSerializer()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagesRequest:
    """A checked request for pictures. `requested`: the caller's own words, for the answer and the history."""

    given: Mapping[str, Any]
    model: str
    operation: Operation
    representation: Representation
    requested: dict[str, Any]
    stream: bool
    partial_images: int

    def spec(self, inputs: Sequence[StoredInput]) -> ImageSpec:
        """Raises InvalidSpec or UnknownModel, each naming the parameter."""
        given, info = self.given, resolve_model(self.model)
        size = parse_size(given.get("size"))
        ratio = given.get("ratio") or size.ratio
        if ratio is None and inputs and (self.operation != "compositions"):
            ratio = nearest_ratio(inputs[0].width, inputs[0].height)  # an edit keeps the shape of its picture
        seed = given.get("seed")
        return image_spec(
            model=self.model,
            prompt=given["prompt"],
            count=given.get("n"),
            width=given.get("width"),
            height=given.get("height"),
            ratio=ratio,
            resolution=given.get("resolution")
            or size.resolution
            or (None if info is None else quality_resolution(given.get("quality"), info)),
            negative_prompt=given.get("negative_prompt", ""),
            sample_strength=given.get("sample_strength"),
            seed=None if seed == -1 else seed,  # -1 says "any" in Stable Diffusion's tools
            output_format=given.get("output_format", ""),
            inputs=[each.sha256 for each in inputs],
        )


def images_request(
    fields: Mapping[str, Any], *, api_key: ApiKey | None, operation: Operation = "generations"
) -> ImagesRequest:
    """Check a request. Raises ValidationError, InvalidSpec or UnknownModel, each naming the parameter."""
    if operation == "variations":
        fields = {"prompt": VARIATION_PROMPT, **fields}
    checked = _IMAGE_REQUEST.run_validation(fields)
    given = {name: value for name, value in checked.items() if value is not None}
    model = given.get("model", DEFAULT_IMAGE_MODEL)
    check_allowed(model, api_key)
    extras = {name: fields[name] for name in _NOTED_EXTRAS if _is_a_word(fields.get(name))}
    is_stream = bool(given.get("stream"))
    asked = ImagesRequest(
        given=given,
        model=model,
        operation=operation,
        representation="b64_json" if is_stream else representation(given, model, api_key, operation),
        requested={name: value for name, value in given.items() if name not in _NOT_NOTED} | extras,
        stream=is_stream,
        partial_images=_partial_images(fields.get("partial_images")) if is_stream else 0,
    )
    asked.spec(())  # what is wrong with it shows before a picture is fetched
    return asked


def _partial_images(value: Any) -> int:
    """How many pictures a stream shows before its end."""
    text = f"partial_images must be a whole number between 0 and {PARTIAL_IMAGES_MAX}."
    try:
        count = Integer().run_validation(value) or 0
    except serializers.ValidationError as error:
        raise InvalidSpec(text, param="partial_images") from error
    if not 0 <= count <= PARTIAL_IMAGES_MAX:
        raise InvalidSpec(text, param="partial_images")
    return count


def representation(
    given: Mapping[str, Any], model: str, api_key: ApiKey | None, operation: Operation
) -> Representation:
    """How pictures travel: what the request says, else the key, else what clients of this name can read."""
    of_key = "" if api_key is None else api_key.response_format
    by_name = "b64_json" if model.startswith(B64_NAMES) or operation == "edits" else "url"
    return cast("Representation", given.get("response_format") or of_key or by_name)


def _is_a_word(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _WORD_MAX_CHARS and value.isascii() and value.isprintable()
