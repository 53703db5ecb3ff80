"""What the page of a generation says of parameters and failures: every one has words, and differences are marked."""

from __future__ import annotations

from django.test import SimpleTestCase

from generation import errors
from generation.models import RESOLUTION_ASKED, Generation
from generation.pages.detail_parameters import parameters
from generation.pages.detail_trouble import ADVICE
from generation.specs import image_spec, video_spec


class ParameterTests(SimpleTestCase):
    def rows(self, **over: object) -> dict[str, tuple[str, str, bool]]:
        spec = image_spec(model="jimeng-4.5", prompt="a cat", resolution="2k").to_json()
        fields = {
            "kind": "image",
            "model": "jimeng-4.5",
            "prompt": "a cat",
            "spec": spec,
            "seed": 2_500_000_007,
            **over,
        }
        found = parameters(Generation(**fields), count=4)
        return {each.name: (each.asked, each.effective, each.differs) for each in found}

    def test_what_was_left_open_differs_from_nothing(self) -> None:
        rows = self.rows(requested={})
        assert rows["model"] == ("", "jimeng-4.5", False)
        assert rows["seed"] == ("", "2500000007", False)
        assert not any(differs for _, _, differs in rows.values())

    def test_differences_are_marked(self) -> None:
        rows = self.rows(requested={"model": "dall-e-3", "size": "1024x1024", "n": 4, "ratio": "1:1", "style": "vivid"})
        assert rows["model"] == ("dall-e-3", "jimeng-4.5", True)
        assert rows["size"] == ("1024x1024", "2048 × 2048", True)
        assert rows["pictures"] == ("4", "4", False)
        assert rows["ratio"] == ("1:1", "1:1", False)
        assert rows["style"] == ("vivid", "has no effect", False)

    def test_words_for_sizes_and_any_seed_are_no_differences(self) -> None:
        rows = self.rows(requested={"size": "auto", "seed": -1})
        assert not rows["size"][2]
        assert not rows["seed"][2]
        assert self.rows(requested={"width": 2048, "height": 2048})["size"] == ("2048 × 2048", "2048 × 2048", False)

    def test_a_negative_prompt_of_a_picture_is_what_was_asked_for(self) -> None:
        spec = image_spec(model="jimeng-4.5", prompt="a cat", negative_prompt="dogs").to_json()
        assert self.rows(requested={}, spec=spec)["negative prompt"] == ("dogs", "dogs", False)

    def test_a_lowered_resolution_is_a_difference(self) -> None:
        spec = image_spec(model="jimeng-4.5", prompt="a cat", resolution="2k").to_json() | {RESOLUTION_ASKED: "4k"}
        assert self.rows(requested={}, spec=spec)["resolution"] == ("4k", "2k", True)

    def test_videos_have_a_length_and_no_negative_prompt(self) -> None:
        spec = video_spec(model="jimeng-video-3.0", prompt="it moves", seconds=5).to_json()
        rows = self.rows(kind="video", spec=spec, requested={"duration": 5, "negative_prompt": "dogs"}, seed=None)
        assert rows["length"] == ("5 s", "5 s", False)
        assert rows["negative prompt"] == ("dogs", "has no effect", False)
        assert rows["seed"][1] == "drawn when it is submitted"


class AdviceTests(SimpleTestCase):
    def test_each_error_that_a_generation_ends_with_has_advice(self) -> None:
        at_the_door = {*errors.leaves(errors.KeyLimitError), *errors.leaves(errors.RequestError)} - {errors.InvalidSpec}
        answers = {errors.InvalidApiKey, errors.StillRunning, errors.ResultRemoved}
        assert set(ADVICE) == {leaf.code for leaf in {*errors.leaves()} - at_the_door - answers}
