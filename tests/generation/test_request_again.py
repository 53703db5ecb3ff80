"""The request on a generation's page is, read by the API, the one that was made."""

from __future__ import annotations

from typing import Any

from django.test import SimpleTestCase

from generation.models import RESOLUTION_ASKED, Generation, InputImage
from generation.pages.detail_parameters import asked_again
from generation.specs import Spec, image_spec, video_spec
from openai_compat.serializers.images import images_request
from openai_compat.serializers.videos import videos_request


def asked(spec: Spec, *, count: int = 1, inputs: tuple[InputImage, ...] = (), **over: Any) -> dict[str, Any]:
    kind = "video" if "video" in spec.model else "image"
    stored = over.pop("stored", spec.to_json())
    fields = {"kind": kind, "model": spec.model, "prompt": spec.prompt, "spec": stored, **over}
    return dict(asked_again(Generation(**fields), count=count, inputs=inputs).fields)


class SameRequestTests(SimpleTestCase):
    def test_pictures(self) -> None:
        for over in (
            {},
            {"ratio": "16:9", "resolution": "4k"},
            {"width": 1111, "height": 999, "seed": 7},
            {"negative_prompt": "dogs", "sample_strength": 0.7, "output_format": "png", "count": 4},
        ):
            with self.subTest(over):
                spec = image_spec(model="jimeng-4.5", prompt="a cat", **over)
                fields = asked(spec, count=spec.count)
                assert images_request(fields, api_key=None).spec(()) == spec

    def test_videos(self) -> None:
        for over in ({}, {"ratio": "9:16", "seconds": 10}, {"width": 1000, "height": 700}, {"seed": 7}):
            with self.subTest(over):
                spec = video_spec(model="jimeng-video-3.0", prompt="it moves", **over)
                assert videos_request(asked(spec), api_key=None).spec(()) == spec

    def test_a_lowered_resolution_is_asked_for_as_at_first(self) -> None:
        spec = image_spec(model="jimeng-4.5", prompt="a cat", resolution="2k")
        assert asked(spec, stored={**spec.to_json(), RESOLUTION_ASKED: "4k"})["resolution"] == "4k"

    def test_the_name_that_was_asked_for_and_a_drawn_seed_left_open(self) -> None:
        spec = image_spec(model="jimeng-4.5", prompt="a cat")
        fields = asked(spec, requested={"model": "gpt-image-1"}, seed=2_500_000_007)
        assert (fields["model"], "seed" in fields) == ("gpt-image-1", False)

    def test_input_pictures_lie_beside(self) -> None:
        spec = image_spec(model="jimeng-4.5", prompt="a cat", inputs=["ab" * 32])
        picture = InputImage(position=0, content_type="image/jpeg", file="../../etc/passwd")
        row = Generation(kind="image", model=spec.model, spec=spec.to_json())
        assert asked_again(row, count=1, inputs=[picture]).files == ["input-1.jpeg"]
