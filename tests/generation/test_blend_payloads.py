"""Images to image, key by key as the document shows it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from generation.specs import image_spec
from generation.upstream import payloads
from generation.upstream.answers import UploadedPicture
from generation.upstream.payloads import Submission
from tests.generation.test_upstream_payloads import NOW_MS, SEED, SUBMIT_ID, all_ids, counting_ids, draft, metrics
from tests.generation.test_upstream_payloads import without_ids as bare

URIS = ("tos-cn-i-tb4s082cfz/a", "tos-cn-i-tb4s082cfz/b", "tos-cn-i-tb4s082cfz/c")


def blend(*, images: int = 2, **wanted: Any) -> Submission:
    asked = {"model": "jimeng-4.5", "prompt": "两只猫", "inputs": list("abc"[:images]), **wanted}
    uploaded = [UploadedPicture(uri=uri, width=640, height=480, format="png") for uri in URIS[:images]]
    return payloads.image_submission(
        image_spec(**asked), submit_id=SUBMIT_ID, seed=SEED, now_ms=NOW_MS, new_id=counting_ids(), uploaded=uploaded
    )


def abilities(sent: Submission) -> dict[str, Any]:
    component: dict[str, Any] = draft(sent)["component_list"][0]
    assert component["generate_type"] == "blend"
    held: dict[str, Any] = component["abilities"]
    return held


def test_the_draft_names_every_picture_in_order() -> None:
    held = abilities(blend(images=3, sample_strength=0.7, count=2))
    assert bare(held) == {
        "type": "",
        "blend": {
            "type": "",
            "min_version": "3.2.9",
            "min_features": [],
            "core_param": {
                "type": "",
                "model": "high_aes_general_v40l",
                "prompt": "######两只猫",
                "sample_strength": 0.7,
                "image_ratio": 1,
                "large_image_info": {
                    "type": "",
                    "min_version": "3.0.2",
                    "height": 2048,
                    "width": 2048,
                    "resolution_type": "2k",
                },
                "intelligent_ratio": False,
            },
            "ability_list": [
                {
                    "type": "",
                    "name": "byte_edit",
                    "image_uri_list": [uri],
                    "image_list": [
                        {
                            "type": "image",
                            "source_from": "upload",
                            "platform_type": 1,
                            "name": "",
                            "image_uri": uri,
                            "width": 0,
                            "height": 0,
                            "format": "",
                            "uri": uri,
                        }
                    ],
                    "strength": 0.7,
                }
                for uri in URIS
            ],
            "prompt_placeholder_info_list": [{"type": "", "ability_index": index} for index in range(3)],
            "postedit_param": {"type": "", "generate_type": 0},
        },
        "gen_option": {"type": "", "gen_count": 2, "generate_all": False},
    }


def test_every_id_is_fresh() -> None:
    ids = all_ids(draft(blend()))
    assert len(ids) == len(set(ids)) > 10


@pytest.mark.parametrize(
    ("model", "version"),
    [("jimeng-2.0", "3.2.9"), ("jimeng-3.1", "3.2.9"), ("jimeng-4.5", "3.3.4"), ("jimeng-5.0", "3.3.9")],
)
def test_a_model_older_than_the_blend_speaks_its_version(model: str, version: str) -> None:
    sent = blend(model=model)
    content = draft(sent)
    assert (content["version"], content["min_version"], sent.query["da_version"]) == (version, "3.2.9", version)


def test_the_query_tells_the_way_that_led_here() -> None:
    assert json.loads(blend().query["babi_param"]) == {
        "scenario": "image_video_generation",
        "feature_key": "aigc_to_image",
        "feature_entrance": "to_image",
        "feature_entrance_detail": "to_image-high_aes_general_v40l",
    }
    assert "babi_param" not in blend(images=0).query


def test_a_negative_prompt_is_told_in_the_prompt() -> None:
    core = abilities(blend(images=1, negative_prompt="狗"))["blend"]["core_param"]
    assert core["prompt"] == "##两只猫\n不要出现：狗"
    assert "negative_prompt" not in core


def test_a_story_from_pictures_is_a_story() -> None:
    (scene,) = json.loads(metrics(blend(prompt="3张连续的猫", count=3))["sceneOptions"])
    assert scene["scene"] == "ImageMultiGenerate"
