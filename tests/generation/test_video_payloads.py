"""Video submissions, key by key as the document shows them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from generation.catalog import MODELS
from generation.specs import video_spec
from generation.upstream.answers import UploadedPicture
from generation.upstream.payloads import Submission
from generation.upstream.video_payloads import video_submission
from tests.generation.test_upstream_payloads import NOW_MS, SEED, SUBMIT_ID, all_ids, counting_ids, draft
from tests.generation.test_upstream_payloads import without_ids as bare

FRAMES = (
    UploadedPicture(uri="tos-cn-i-x/first", width=1280, height=720, format="png"),
    UploadedPicture(uri="tos-cn-i-x/last", width=640, height=360, format="png"),
)
VIDEOS = sorted(name for name, model in MODELS.items() if model.kind == "video")
KEY = "dreamina_ic_generate_video_model_vgfm"


def video(*, frames: int = 0, **wanted: Any) -> Submission:
    given = [(uploaded.uri, uploaded.width, uploaded.height) for uploaded in FRAMES[:frames]]
    spec = video_spec(**{"model": "jimeng-video-3.0", "prompt": "一只猫走路", "frames": given, **wanted})
    return video_submission(
        spec, submit_id=SUBMIT_ID, seed=SEED, now_ms=NOW_MS, new_id=counting_ids(), uploaded=FRAMES[:frames]
    )


def asked_of(sent: Submission) -> dict[str, Any]:
    component = draft(sent)["component_list"][0]
    params: dict[str, Any] = component["abilities"]["gen_video"]["text_to_video_params"]
    return params


def frame(picture: UploadedPicture) -> dict[str, Any]:
    return {
        "format": "", "height": picture.height, "image_uri": picture.uri, "name": "", "platform_type": 1,
        "source_from": "upload", "type": "image", "uri": picture.uri, "width": picture.width,
    }  # fmt: skip


def test_the_whole_submission() -> None:
    sent = video(frames=2, seconds=10, resolution="1080p")
    commerce = {
        "benefit_type": "basic_video_operation_vgfm_v_three",
        "resource_id": "generate_video",
        "resource_id_type": "str",
        "resource_sub_type": "aigc",
    }
    metrics = sent.body["metrics_extra"]
    assert sent.query == {
        "aigc_features": "app_lip_sync", "web_version": "6.6.0", "da_version": "3.2.8"
    }  # fmt: skip
    assert sent.body["extend"] == {
        "root_model": f"{KEY}_3.0", "m_video_commerce_info": commerce, "m_video_commerce_info_list": [commerce]
    }  # fmt: skip
    assert (sent.body["submit_id"], sent.body["http_common_info"]) == (SUBMIT_ID, {"aid": 513695})
    assert json.loads(metrics) == {
        "enterFrom": "click", "isDefaultSeed": 1, "promptSource": "custom", "isRegenerate": False,
        "originSubmitId": "id-1",
    }  # fmt: skip
    assert bare(draft(sent)) == {
        "type": "draft",
        "min_version": "3.0.5",
        "is_from_tsn": True,
        "version": "3.2.8",
        "component_list": [
            {
                "type": "video_base_component",
                "min_version": "1.0.0",
                "metadata": {
                    "type": "", "created_platform": 3, "created_platform_version": "",
                    "created_time_in_ms": NOW_MS, "created_did": "",
                },
                "generate_type": "gen_video",
                "aigc_mode": "workbench",
                "abilities": {
                    "type": "",
                    "gen_video": {
                        "type": "",
                        "text_to_video_params": {
                            "type": "", "model_req_key": f"{KEY}_3.0", "priority": 0, "seed": SEED,
                            "video_aspect_ratio": "16:9",
                            "video_gen_inputs": [
                                {
                                    "type": "", "duration_ms": 10_000, "fps": 24, "min_version": "3.0.5",
                                    "prompt": "一只猫走路", "resolution": "1080p", "video_mode": 2,
                                    "first_frame_image": frame(FRAMES[0]), "end_frame_image": frame(FRAMES[1]),
                                }
                            ],
                        },
                        "video_task_extra": metrics,
                    },
                },
            }
        ],
    }  # fmt: skip
    content = draft(sent)
    assert content["main_component_id"] == content["component_list"][0]["id"]
    assert len(all_ids(content)) == len(set(all_ids(content)))


def test_a_text_alone_names_no_frame() -> None:
    (given,) = asked_of(video())["video_gen_inputs"]
    assert "first_frame_image" not in given
    assert "end_frame_image" not in given


@pytest.mark.parametrize("model", VIDEOS)
def test_only_a_last_frame_changes_the_root_model(model: str) -> None:
    own = MODELS[model].upstream_id
    roots = [video(model=model, frames=frames).body["extend"]["root_model"] for frames in (0, 1, 2)]
    assert roots == [own, own, f"{KEY}_3.0"]
    assert asked_of(video(model=model, frames=2))["model_req_key"] == own


@pytest.mark.parametrize(
    ("model", "resolution", "benefit"),
    [
        ("jimeng-video-2.0", "1080p", "basic_video_operation_vgfm_v_three"),
        ("jimeng-video-2.0-pro", "720p", "basic_video_operation_vgfm_v_three"),
        ("jimeng-video-3.0", "720p", "basic_video_operation_vgfm_v_three"),
        ("jimeng-video-3.0-fast", "1080p", "basic_video_operation_vgfm_v_three_1080"),
        ("jimeng-video-3.0-fast", "720p", "basic_video_operation_vgfm_v_three"),
        ("jimeng-video-3.0-pro", "1080p", "basic_video_operation_vgfm_v_three_pro"),
        ("jimeng-video-3.5-pro", "720p", "dreamina_video_seedance_15_pro"),
    ],
)
def test_each_model_has_its_benefit(model: str, resolution: str, benefit: str) -> None:
    told = video(model=model, resolution=resolution).body["extend"]["m_video_commerce_info"]
    assert told["benefit_type"] == benefit


@pytest.mark.parametrize(
    ("fields", "ratio"),
    [
        ({}, "16:9"),
        ({"ratio": "9:16"}, "9:16"),
        ({"width": 1024, "height": 1024}, "1:1"),
        ({"width": 1920, "height": 1080}, "16:9"),
        ({"width": 1000, "height": 700}, "10:7"),
    ],
)
def test_the_shape_in_lowest_terms(fields: dict[str, Any], ratio: str) -> None:
    assert asked_of(video(**fields))["video_aspect_ratio"] == ratio
