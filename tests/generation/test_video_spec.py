"""What may be asked of a video model, and what was left open."""

from __future__ import annotations

from typing import Any

import pytest

from generation.errors import InvalidSpec, UnknownModel
from generation.specs import VideoSpec, spec_from_json, submission_counts, video_spec

WIDE = ("a" * 64, 1600, 900)
TALL = ("b" * 64, 600, 800)


def spec(**wanted: Any) -> VideoSpec:
    return video_spec(**{"model": "jimeng-video-3.0", "prompt": "a cat walks", **wanted})


def test_what_is_left_open_is_filled_in() -> None:
    made = spec()
    assert (made.seconds, made.ratio, made.resolution, made.width, made.height) == (5, "16:9", "720p", 1280, 720)
    assert (made.count, made.cost_credits, made.inputs, made.has_last_frame) == (1, 10, (), False)
    assert submission_counts(made) == [1]


def test_it_is_read_back_as_it_was_stored() -> None:
    made = spec(frames=[WIDE, TALL], seconds=10, seed=7)
    assert spec_from_json("video", made.to_json()) == made
    assert made.has_last_frame
    assert made.inputs == (WIDE[0], TALL[0])


def test_a_first_frame_gives_the_shape_and_may_stand_without_words() -> None:
    assert spec(frames=[TALL], prompt=" ").ratio == "3:4"
    assert spec(frames=[TALL], ratio="1:1").ratio == "1:1"
    assert (spec(frames=[TALL], resolution="1080p").width, spec(frames=[TALL]).height) == (1080, 960)


@pytest.mark.parametrize(
    ("fields", "param", "names"),
    [
        ({"seconds": 4}, "seconds", "5, 10 seconds"),
        ({"seconds": 12}, "seconds", "5, 10 seconds"),
        ({"model": "jimeng-video-2.0", "seconds": 10}, "seconds", "5 seconds"),
        ({"model": "jimeng-video-3.5-pro", "seconds": 8}, "seconds", "5, 10, 12 seconds"),
        ({"resolution": "4k"}, "resolution", "720p, 1080p"),
        ({"ratio": "3:2"}, "ratio", "16:9, 9:16, 1:1, 4:3, 3:4, 21:9"),
        ({"width": 100}, "height", "together"),
        ({"width": 9, "height": 9}, "width", "between"),
        ({"prompt": ""}, "prompt", "empty"),
        ({"frames": [WIDE] * 3}, "image", "first and a last frame"),
        ({"model": "jimeng-4.5"}, "model", "images, not videos"),
        ({"seed": -1}, "seed", "negative"),
    ],
)
def test_a_refusal_names_what_is_possible(fields: dict[str, Any], param: str, names: str) -> None:
    with pytest.raises(InvalidSpec, match=names) as raised:
        spec(**fields)
    assert raised.value.param == param


def test_an_unknown_model_is_unknown() -> None:
    with pytest.raises(UnknownModel):
        spec(model="jimeng-video-9")
