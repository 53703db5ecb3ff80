"""What clients send for a video, and what it comes to: pure tables."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.datastructures import MultiValueDict
from rest_framework.exceptions import ValidationError

from accounts.models import ApiKey
from generation.catalog import MODELS
from generation.errors import InvalidSpec, NotSupported, UnknownModel
from generation.specs import VideoSpec
from openai_compat.bodies import Body
from openai_compat.serializers.sizes import parse_video_size, video_resolution
from openai_compat.serializers.videos import fitted_seconds, frame_sources, videos_request, wants_async

A_FRAME = ("a" * 64, 900, 1600)


def spec_of(*frames: tuple[str, int, int], **fields: Any) -> VideoSpec:
    asked = videos_request({"prompt": "a ship", **fields}, api_key=None, frames=len(frames))
    return asked.spec_of_frames(frames)


@pytest.mark.parametrize(
    ("fields", "ratio", "resolution", "size"),
    [
        ({}, "16:9", "720p", (1280, 720)),
        ({"size": "1280x720"}, "16:9", "720p", (1280, 720)),
        ({"size": "720x1280"}, "9:16", "720p", (720, 1280)),
        ({"size": "1024x1792"}, "9:16", "1080p", (1080, 1920)),
        ({"size": "1792×1024"}, "16:9", "1080p", (1920, 1080)),
        ({"size": "1080p"}, "16:9", "1080p", (1920, 1080)),
        ({"size": "9:16"}, "9:16", "720p", (720, 1280)),
        ({"size": "3:2"}, "4:3", "720p", (960, 720)),
        ({"size": "auto"}, "16:9", "720p", (1280, 720)),
        ({"size": None, "ratio": "", "seed": "-1"}, "16:9", "720p", (1280, 720)),
        ({"size": "1280x720", "ratio": "1:1", "resolution": "1080P"}, "1:1", "1080p", (1080, 1080)),
        ({"aspect_ratio": "9：16"}, "9:16", "720p", (720, 1280)),
        ({"width": 1920, "height": "1080"}, "16:9", "1080p", (1920, 1080)),
        ({"width": 960, "height": 720, "size": "9:16"}, "4:3", "720p", (960, 720)),
        ({"width": 1024, "height": 1024, "resolution": "720p"}, "1:1", "720p", (720, 720)),
        ({"model": "jimeng-video-3.0-fast"}, "16:9", "1080p", (1920, 1080)),
    ],
)
def test_the_shape_of_a_video(fields: dict[str, Any], ratio: str, resolution: str, size: tuple[int, int]) -> None:
    spec = spec_of(**fields)
    assert (spec.ratio, spec.resolution, (spec.width, spec.height)) == (ratio, resolution, size)


def test_the_first_frame_says_the_ratio_where_nothing_else_does() -> None:
    assert spec_of(A_FRAME).ratio == "9:16"
    assert spec_of(A_FRAME, ratio="1:1").ratio == "1:1"
    assert spec_of(A_FRAME, size="1280x720").ratio == "16:9"


def test_a_first_frame_needs_no_prompt() -> None:
    assert spec_of(A_FRAME, prompt=None).prompt == ""
    with pytest.raises(InvalidSpec) as raised:
        spec_of(prompt="")
    assert raised.value.param == "prompt"


@pytest.mark.parametrize("value", [10, "10", "10s", "10 S", 10.0, "10秒", "１０", "10 seconds"])
@pytest.mark.parametrize("name", ["seconds", "duration"])
def test_seconds_in_all_their_spellings(name: str, value: Any) -> None:
    assert spec_of(**{name: value}).seconds == 10


def test_the_models_shortest_length_is_the_default() -> None:
    assert [spec_of(model=name).seconds for name, info in MODELS.items() if info.kind == "video"] == [5] * 6


@pytest.mark.parametrize(
    ("fields", "param", "says"),
    [
        ({"seconds": 7}, "seconds", "5, 10"),
        ({"duration": "7s"}, "duration", "5, 10"),
        ({"model": "jimeng-video-2.0", "seconds": "10"}, "seconds", "of 5 seconds"),
        ({"model": "jimeng-video", "seconds": 4}, "seconds", "5, 10"),
        ({"resolution": "4k"}, "resolution", "720p, 1080p"),
        ({"ratio": "5:4"}, "ratio", "16:9"),
        ({"aspect_ratio": "5:4"}, "aspect_ratio", "aspect_ratio must be one of 16:9"),
        ({"size": "480p"}, "size", "1280x720"),
        ({"size": "0x720"}, "size", "1280x720"),
        ({"width": 0, "height": 720}, "width", "64"),
        ({"width": 1280}, "height", "together"),
        ({"model": "jimeng-4.5"}, "model", "images, not videos"),
        ({"seed": -5}, "seed", "negative"),
    ],
)
def test_what_cannot_be_made_names_what_can(fields: dict[str, Any], param: str, says: str) -> None:
    with pytest.raises(InvalidSpec) as raised:
        spec_of(**fields)
    assert raised.value.param == param
    assert says in raised.value.detail


@pytest.mark.parametrize(("name", "value"), [("seconds", "long"), ("duration", True), ("response_format", "mp4")])
def test_what_is_no_value_at_all_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValidationError) as raised:
        spec_of(**{name: value})
    assert name in raised.value.detail


@pytest.mark.parametrize(
    ("fields", "param"),
    [({"n": 3}, "n"), ({"seconds": 5, "duration": 10}, "duration")],
)
def test_what_would_change_the_result_is_not_passed_over(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidSpec) as raised:
        spec_of(**fields)
    assert raised.value.param == param


@pytest.mark.parametrize("name", ["video", "video_file", "video_url"])
def test_a_video_is_no_input(name: str) -> None:
    for body in (
        Body(fields={name: "https://films.example/a.mp4"}),
        Body(fields={}, files=MultiValueDict({name: [SimpleUploadedFile("a.mp4", b"1")]})),
    ):
        with pytest.raises(NotSupported) as raised:
            frame_sources(body)
        assert raised.value.param == name


def test_three_frames_are_too_many_before_one_is_fetched() -> None:
    with pytest.raises(InvalidSpec, match="at most a first and a last frame; 3"):
        videos_request({"prompt": "a ship"}, api_key=None, frames=3)


def test_unknown_and_forbidden_models_do_not_exist() -> None:
    with pytest.raises(UnknownModel):
        spec_of(model="sora-3")
    key = ApiKey(allowed_models=["jimeng-video-2.0"])
    videos_request({"prompt": "a ship", "model": "jimeng-video-2.0"}, api_key=key)
    with pytest.raises(UnknownModel):
        videos_request({"prompt": "a ship"}, api_key=key)


@pytest.mark.parametrize(
    ("model", "asked", "made"),
    [("sora-2", "4", 5), ("sora-2", "8", 10), ("sora-2", 12, 10), ("sora-2-pro", "12", 12), ("sora-2-pro", 11, 12)],
)
def test_names_of_openai_get_the_nearest_length(model: str, asked: Any, made: int) -> None:
    request = videos_request({"prompt": "a ship", "model": model, "seconds": asked}, api_key=None)
    assert request.spec_of_frames(()).seconds == made
    assert request.requested == {"model": model, "seconds": int(asked)}


def test_of_two_lengths_as_near_the_longer_is_made() -> None:
    pro = MODELS["jimeng-video-3.5-pro"]
    assert [fitted_seconds(each, pro) for each in (0, 7, 8, 11, 60)] == [5, 5, 10, 12, 12]


def test_the_callers_words_are_kept_but_for_the_prompt() -> None:
    fields = {"prompt": "a ship", "duration": "5s", "size": "16:9", "functionMode": "omni", "n": 1, "async": True}
    assert videos_request(fields, api_key=None).requested == {"duration": 5, "size": "16:9", "n": 1}


def test_video_comes_as_address_unless_the_request_or_the_key_says_otherwise() -> None:
    for_b64 = ApiKey(response_format="b64_json")
    assert videos_request({"prompt": "a ship"}, api_key=None).representation == "url"
    assert videos_request({"prompt": "a ship"}, api_key=for_b64).representation == "b64_json"
    assert videos_request({"prompt": "a ship", "response_format": "url"}, api_key=for_b64).representation == "url"


@pytest.mark.parametrize(
    ("fields", "prefer", "is_async"),
    [
        ({}, "", False),
        ({"async": True}, "", True),
        ({"async": "true"}, "", True),
        ({"async": False}, "wait=5", False),
        ({}, "respond-async", True),
        ({}, "Respond-Async, wait=10", True),
        ({}, "handling=lenient, respond-async; x=1", True),
    ],
)
def test_who_wants_to_poll(fields: dict[str, Any], prefer: str, is_async: bool) -> None:
    assert wants_async(fields, prefer) is is_async


def test_async_is_a_flag() -> None:
    with pytest.raises(InvalidSpec) as raised:
        wants_async({"async": "later"}, "")
    assert raised.value.param == "async"


def test_sizes_and_their_resolutions() -> None:
    assert [video_resolution(*sides) for sides in ((1280, 720), (800, 800), (2000, 900), (3840, 2160), (0, 5))] == [
        "720p",
        "720p",
        "1080p",
        "1080p",
        "720p",
    ]
    assert parse_video_size("21:9").ratio == "21:9"
    assert parse_video_size(None).ratio is None


def test_a_last_frame_stands_behind_the_first_however_they_come() -> None:
    first, last = SimpleUploadedFile("1.png", b"1"), SimpleUploadedFile("2.png", b"2")
    body = Body(fields={}, parts=(("end_frame", last), ("first_frame", first)))
    assert [each.param for each in frame_sources(body)] == ["first_frame", "end_frame"]
    as_numbered = Body(fields={}, parts=(("image_file_1", first), ("image_file_2", last)))
    assert [each.param for each in frame_sources(as_numbered)] == ["image_file_1", "image_file_2"]


def test_a_last_frame_alone_is_refused() -> None:
    body = Body(fields={}, parts=(("last_frame", SimpleUploadedFile("2.png", b"2")),))
    with pytest.raises(InvalidSpec, match="needs a first frame"):
        frame_sources(body)
