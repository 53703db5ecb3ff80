"""OpenAI's parameters of an image request to a spec."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.exceptions import ValidationError

from accounts.models import ApiKey
from generation.errors import InvalidSpec, UnknownModel
from openai_compat.serializers.images import ImagesRequest, images_request


def ask(api_key: ApiKey | None = None, **fields: Any) -> ImagesRequest:
    return images_request({"prompt": "a cat", **fields}, api_key=api_key)


def refused(**fields: Any) -> tuple[str | None, str]:
    """The parameter and the text of the refusal."""
    with pytest.raises((ValidationError, InvalidSpec)) as caught:
        ask(**fields)
    error: Any = caught.value
    if isinstance(error, InvalidSpec):
        return error.param, error.detail
    detail = error.detail
    return next((name, str(messages[0])) for name, messages in detail.items())


def test_a_prompt_is_enough() -> None:
    spec = ask().spec(())
    assert (spec.model, spec.prompt, spec.count) == ("jimeng-4.5", "a cat", 1)
    assert (spec.width, spec.height, spec.ratio, spec.resolution) == (2048, 2048, "1:1", "2k")
    assert (spec.negative_prompt, spec.sample_strength, spec.seed, spec.output_format) == ("", 0.5, None, "")


NULLABLE = (
    "model", "n", "size", "quality", "response_format", "output_format", "stream", "ratio", "resolution", "width",
    "height", "negative_prompt", "sample_strength", "seed", "style", "moderation", "background", "user",
    "input_fidelity", "output_compression", "partial_images", "watermark",
)  # fmt: skip


@pytest.mark.parametrize("nothing", [None, ""])
def test_null_and_empty_mean_not_given(nothing: str | None) -> None:
    assert ask(**dict.fromkeys(NULLABLE, nothing)) == ask()


def test_what_has_no_effect_is_ignored_whatever_it_is() -> None:
    extras: dict[str, Any] = {
        "style": ["x"], "moderation": 5, "user": {}, "watermark": True, "extra_fields": {"a": [1]},
        "output_compression": "loud", "partial_images": 99, "input_fidelity": "high",
    }  # fmt: skip
    assert ask(**extras) == ask()


def test_extras_that_change_nothing_are_noted_as_asked() -> None:
    asked = ask(style="vivid", background="transparent", n="2", size="1024X1024", negative_prompt="dogs")
    assert asked.requested == {"style": "vivid", "background": "transparent", "n": 2, "size": "1024x1024"}


@pytest.mark.parametrize(
    ("fields", "effective"),
    [
        ({"size": "1024x1024"}, (1024, 1024, "1:1", "1k")),
        ({"size": "1024X1024"}, (1024, 1024, "1:1", "1k")),
        ({"size": "\uff12\uff2b"}, (2048, 2048, "1:1", "2k")),  # full-width 2K
        ({"size": "16\uff1a9"}, (2560, 1440, "16:9", "2k")),  # full-width colon
        ({"size": "16:9"}, (2560, 1440, "16:9", "2k")),
        ({"size": "16:9", "quality": "low"}, (1024, 576, "16:9", "1k")),
        ({"size": "16:9", "quality": "hd"}, (5120, 2880, "16:9", "4k")),
        ({"size": "auto", "quality": "high", "model": "jimeng-3.0"}, (2048, 2048, "1:1", "2k")),
        ({"size": "1024x1024", "quality": "hd"}, (1024, 1024, "1:1", "1k")),  # pixels say the class
        ({"size": "4k", "quality": "low"}, (4096, 4096, "1:1", "4k")),
        ({"resolution": "1K", "quality": "hd"}, (1024, 1024, "1:1", "1k")),
        ({"size": "2048x2048", "ratio": "3:4"}, (1728, 2304, "3:4", "2k")),
        ({"size": "1024x1024", "resolution": "4k"}, (4096, 4096, "1:1", "4k")),
        ({"size": "16:9", "width": 1000, "height": "500"}, (1000, 500, "16:9", "1k")),
        ({"width": 2000, "height": 2000.0, "quality": "hd"}, (2000, 2000, "1:1", "2k")),
    ],
)
def test_the_stronger_word_decides_the_size(fields: dict[str, Any], effective: tuple[int, int, str, str]) -> None:
    spec = ask(**fields).spec(())
    assert (spec.width, spec.height, spec.ratio, spec.resolution) == effective


@pytest.mark.parametrize(("n", "count"), [(1, 1), (10, 10), ("2", 2), (3.0, 3), ("4.0", 4), (None, 1)])
def test_n_counts_pictures(n: object, count: int) -> None:
    assert ask(n=n).spec(()).count == count


@pytest.mark.parametrize("count", [-1, 4, "many", 1.5, True])
def test_a_stream_shows_0_to_3_pictures_early(count: object) -> None:
    assert ask(stream=True, partial_images="3").partial_images == 3
    with pytest.raises(InvalidSpec) as raised:
        ask(stream="true", partial_images=count)
    assert raised.value.param == "partial_images"


def test_without_n_a_story_decides() -> None:
    assert ask(prompt="3张连续的猫").spec(()).count == 3
    assert ask(prompt="3张连续的猫", n=1).spec(()).count == 1


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("n", [0, 11, -1, 1.5, "two", True, [1], {}, 1e999, 10**400, "1" * 5000]),
        ("size", ["large", 1024, ["1024x1024"], "1" * 500]),
        ("quality", ["best", 1]),
        ("response_format", ["both", "png", 1]),
        ("output_format", ["gif", 1]),
        ("ratio", ["5:4", 1.5]),
        ("resolution", ["8k", 2]),
        ("width", [10, 10**6, True, "wide"]),
        ("sample_strength", [2, -0.1, "strong", True, 1e999]),
        ("seed", [-5, 1.5, "x", 2**70, False]),
        ("stream", ["maybe", []]),
        ("prompt", [None, "", " \n", 5, ["a"], "a\0b", "\ud800", "x" * 32_001]),
        ("negative_prompt", [5, "\0"]),
        ("model", [5, "x" * 101]),
    ],
)
def test_a_bad_value_is_refused_by_name(name: str, values: list[Any]) -> None:
    others = {"width": 512, "height": 512} if name in ("width", "height") else {}
    for value in values:
        param, message = refused(**others | {name: value})
        assert param == name, value
        assert name in message


def test_a_refused_quality_says_what_is_allowed() -> None:
    assert refused(quality="best")[1] == "quality must be one of auto, low, medium, high, standard, hd."


def test_width_needs_height() -> None:
    assert refused(width=512)[0] == "height" or refused(width=512)[0] == "width"


@pytest.mark.parametrize(
    ("seed", "sent"),
    [
        (5, 2_500_000_005),
        ("5", 2_500_000_005),
        (5.0, 2_500_000_005),
        (2_599_999_999, 2_599_999_999),
        (-1, None),
    ],
)
def test_a_seed_moves_into_the_upstreams_range(seed: object, sent: int | None) -> None:
    assert ask(seed=seed).spec(()).seed == sent


@pytest.mark.parametrize(("asked", "made"), [("png", "png"), ("JPG", "jpeg"), ("jpeg", "jpeg"), ("webp", "webp")])
def test_the_output_format_goes_into_the_spec(asked: str, made: str) -> None:
    assert ask(output_format=asked).spec(()).output_format == made


@pytest.mark.parametrize(
    ("model", "of_key", "asked", "expected"),
    [
        ("jimeng", None, None, "url"),
        ("dall-e-3", "", None, "url"),
        ("gpt-image-1", "", None, "b64_json"),
        ("chatgpt-image-latest", None, None, "b64_json"),
        ("gpt-image-1", "url", None, "url"),
        ("jimeng-4.5", "both", None, "both"),
        ("jimeng-4.5", "both", "b64_json", "b64_json"),
        ("gpt-image-1", "b64_json", "url", "url"),
    ],
)
def test_the_request_then_the_key_then_the_model_decide_the_representation(
    model: str, of_key: str | None, asked: str | None, expected: str
) -> None:
    api_key = None if of_key is None else ApiKey(response_format=of_key)
    assert ask(api_key, model=model, response_format=asked).representation == expected


def test_models_that_are_unknown_or_not_allowed_do_not_exist() -> None:
    only_3 = ApiKey(allowed_models=["jimeng-3.0"])
    with pytest.raises(UnknownModel):
        ask(model="sdxl")
    with pytest.raises(UnknownModel):
        ask(only_3, model="jimeng-4.5")
    with pytest.raises(UnknownModel):
        ask(only_3)
    assert ask(only_3, model="jimeng-3.0").spec(()).model == "jimeng-3.0"
    assert ask(ApiKey(allowed_models=["jimeng-4.5"]), model="gpt-image-1").spec(()).model == "jimeng-4.5"
    with pytest.raises(UnknownModel):
        ask(ApiKey(allowed_models=["gpt-image-1"]), model="jimeng-4.5")


def test_a_video_model_makes_no_images() -> None:
    assert refused(model="jimeng-video-3.0")[0] == "model"
