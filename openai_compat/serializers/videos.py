"""`POST /v1/videos` and `/v1/videos/generations`: the words of all their clients, to a spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rest_framework import serializers

from accounts.models import ApiKey
from generation.catalog import DEFAULT_VIDEO_MODEL, ModelInfo, resolve_model
from generation.errors import InvalidSpec, NotSupported
from generation.key_models import check_allowed
from generation.services import InputSource, StoredInput
from generation.specs import PROMPT_MAX_CHARS, VideoSpec, video_spec
from openai_compat.bodies import Body
from openai_compat.serializers.fields import Choice, Flag, Integer, LenientSerializer, Seconds, Text, Word
from openai_compat.serializers.images import Representation, representation
from openai_compat.serializers.inputs import FRAME_FIELDS, input_sources
from openai_compat.serializers.sizes import VIDEO_SIZE_FORMS, parse_video_size, video_resolution

# Clients of these names know only OpenAI's 4, 8 and 12 seconds: theirs become the nearest that the model makes.
FITTED_NAMES: Final = ("sora-",)
_INPUT_VIDEOS: Final = ("video", "video_file", "video_url")
_LAST_FRAME_NAMES: Final = ("end_frame", "last_frame")
# Not among what a request is stored with: the prompt has its own place.
_NOT_NOTED: Final = ("prompt",)
# Stands for a frame while it is not fetched yet.
_SOME_FRAME: Final = ("", 1024, 1024)


class VideoRequestSerializer(LenientSerializer):
    """All that has an effect. Anything else is ignored, whatever its type (n, user, functionMode, quality, …)."""

    model = Text(max_chars=100)
    prompt = Text(max_chars=PROMPT_MAX_CHARS)
    seconds = Seconds()
    duration = Seconds()
    size = Word(expected=VIDEO_SIZE_FORMS)
    ratio = Word()
    aspect_ratio = Word()
    resolution = Word()
    width = Integer()
    height = Integer()
    seed = Integer()
    n = Integer()
    negative_prompt = Text(max_chars=PROMPT_MAX_CHARS)  # noted only: Jimeng's videos know none
    response_format = Choice(meanings={"url": "url", "b64_json": "b64_json"})


# Made once, as for images.
_VIDEO_REQUEST = VideoRequestSerializer()


@dataclass(frozen=True, slots=True, kw_only=True)
class VideosRequest:
    """A checked request for a video. `requested`: the caller's own words, for the answer and the history."""

    given: Mapping[str, Any]
    model: str
    representation: Representation
    requested: dict[str, Any]

    def spec(self, inputs: Sequence[StoredInput]) -> VideoSpec:
        """Raises InvalidSpec or UnknownModel, each naming the parameter."""
        return self.spec_of_frames([(each.sha256, each.width, each.height) for each in inputs])

    def spec_of_frames(self, frames: Sequence[tuple[str, int, int]]) -> VideoSpec:
        """`frames`: SHA-256, width and height of the first and perhaps the last frame."""
        given, size, seed = self.given, parse_video_size(self.given.get("size")), self.given.get("seed")
        width, height = given.get("width"), given.get("height")
        of_sides = video_resolution(width, height) if width and height else None
        try:
            return video_spec(
                model=self.model,
                prompt=given.get("prompt", ""),
                seconds=self._seconds(),
                width=width,
                height=height,
                ratio=given.get("ratio") or given.get("aspect_ratio") or size.ratio,
                resolution=given.get("resolution") or of_sides or size.resolution,
                seed=None if seed == -1 else seed,  # -1 says "any" in Stable Diffusion's tools
                frames=frames,
            )
        except InvalidSpec as error:
            raise self._in_their_words(error) from error

    def _seconds(self) -> int | None:
        seconds: int | None = self.given.get("seconds", self.given.get("duration"))
        info = resolve_model(self.model)
        if seconds is None or info is None or not self.model.startswith(FITTED_NAMES):
            return seconds
        return fitted_seconds(seconds, info)

    def _in_their_words(self, error: InvalidSpec) -> InvalidSpec:
        """The error under the name that the caller used for the parameter."""
        for ours, theirs in (("seconds", "duration"), ("ratio", "aspect_ratio")):
            if error.param == ours and ours not in self.given and theirs in self.given:
                return InvalidSpec(error.detail.replace(f"{ours} must", f"{theirs} must"), param=theirs)
        return error


def videos_request(fields: Mapping[str, Any], *, api_key: ApiKey | None, frames: int = 0) -> VideosRequest:
    """Check a request that comes with so many `frames`, before one of them is fetched.

    Raises ValidationError, InvalidSpec or UnknownModel, each naming the parameter.
    """
    checked = _VIDEO_REQUEST.run_validation(fields)
    given = {name: value for name, value in checked.items() if value is not None}
    _check_sense(given)
    model = given.get("model", DEFAULT_VIDEO_MODEL)
    check_allowed(model, api_key)
    asked = VideosRequest(
        given=given,
        model=model,
        representation=representation(given, model, api_key, "generations"),
        requested={name: value for name, value in given.items() if name not in _NOT_NOTED},
    )
    asked.spec_of_frames([_SOME_FRAME] * frames)
    return asked


def _check_sense(given: Mapping[str, Any]) -> None:
    """What would change the result must not be passed over."""
    if given.get("n", 1) != 1:
        raise InvalidSpec("n must be 1: a request makes one video.", param="n")
    if "seconds" in given and given.get("duration", given["seconds"]) != given["seconds"]:
        raise InvalidSpec("seconds and duration differ; give one of them.", param="duration")


def frame_sources(body: Body) -> list[InputSource]:
    """First and last frame in this order, however they are called. Raises InvalidSpec(param=…)."""
    for name in _INPUT_VIDEOS:
        if body.fields.get(name) or body.files.get(name):
            raise NotSupported("Jimeng makes videos from texts and pictures, not from videos.", param=name)
    found = input_sources(body, names=FRAME_FIELDS)
    last = [each for each in found if each.param.startswith(_LAST_FRAME_NAMES)]
    first = [each for each in found if each not in last]
    if last and not first:
        raise InvalidSpec("A last frame needs a first frame.", param=last[0].param)
    return [*first, *last]


def wants_async(fields: Mapping[str, Any], prefer: str) -> bool:
    """Whether the caller will poll: `"async": true`, or `respond-async` in the header Prefer (RFC 7240)."""
    preferences = {each.partition(";")[0].strip().lower() for each in prefer.split(",")}
    if "respond-async" in preferences:
        return True
    try:
        return bool(Flag().run_validation(fields.get("async")))
    except serializers.ValidationError as error:
        raise InvalidSpec("async must be true or false.", param="async") from error


def fitted_seconds(seconds: int, model: ModelInfo) -> int:
    """The length nearest to `seconds` that the model makes; of two equally near the longer one."""
    return min(model.seconds, key=lambda each: (abs(each - seconds), -each))
