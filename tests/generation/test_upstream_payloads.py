"""The JSON of a submission and of the questions that follow it, key by key as the document shows them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from generation.catalog import MODELS
from generation.specs import ImageSpec, image_spec
from generation.upstream import payloads
from generation.upstream.payloads import Submission

SUBMIT_ID = "5f3f3a52-0000-4000-8000-000000000001"
SEED = 2_512_345_678
NOW_MS = 1_768_097_919_595


def counting_ids() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"id-{next(numbers)}"


def submission(**wanted: Any) -> Submission:
    spec: ImageSpec = image_spec(**{"model": "jimeng-4.5", "prompt": "一只猫", "count": 3, **wanted})
    return payloads.image_submission(spec, submit_id=SUBMIT_ID, seed=SEED, now_ms=NOW_MS, new_id=counting_ids())


def draft(sent: Submission) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(sent.body["draft_content"])
    return content


def metrics(sent: Submission) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(sent.body["metrics_extra"])
    return content


def without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_ids(each) for key, each in value.items() if key not in ("id", "main_component_id")}
    return [without_ids(each) for each in value] if isinstance(value, list) else value


def all_ids(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["id"]] if "id" in value else []
        return own + [found for each in value.values() for found in all_ids(each)]
    return [found for each in value for found in all_ids(each)] if isinstance(value, list) else []


def test_the_query_is_that_of_the_image_page() -> None:
    assert submission().query == {
        "da_version": "3.3.4",
        "web_component_open_flag": "1",
        "web_version": "7.5.0",
        "aigc_features": "app_lip_sync",
    }
    assert submission(model="jimeng-5.0").query["da_version"] == "3.3.9"


def test_the_body_has_the_five_documented_keys() -> None:
    body = submission().body
    assert set(body) == {"extend", "submit_id", "metrics_extra", "draft_content", "http_common_info"}
    assert body["extend"] == {"root_model": "high_aes_general_v40l"}
    assert body["submit_id"] == SUBMIT_ID
    assert body["http_common_info"] == {"aid": 513695}


def test_the_draft_is_the_documented_one() -> None:
    sent = submission(negative_prompt="blurry", ratio="16:9", sample_strength=0.7)
    assert without_ids(draft(sent)) == {
        "type": "draft",
        "min_version": "3.0.2",
        "min_features": [],
        "is_from_tsn": True,
        "version": "3.3.4",
        "component_list": [
            {
                "type": "image_base_component",
                "min_version": "3.0.2",
                "aigc_mode": "workbench",
                "metadata": {
                    "type": "",
                    "created_platform": 3,
                    "created_platform_version": "",
                    "created_time_in_ms": "1768097919595",
                    "created_did": "",
                },
                "generate_type": "generate",
                "abilities": {
                    "type": "",
                    "generate": {
                        "type": "",
                        "core_param": {
                            "type": "",
                            "model": "high_aes_general_v40l",
                            "prompt": "一只猫",
                            "negative_prompt": "blurry",
                            "seed": SEED,
                            "sample_strength": 0.7,
                            "image_ratio": 3,
                            "large_image_info": {
                                "type": "",
                                "min_version": "3.0.2",
                                "height": 1440,
                                "width": 2560,
                                "resolution_type": "2k",
                            },
                            "intelligent_ratio": False,
                        },
                        "gen_option": {"type": "", "generate_all": False},
                    },
                    "gen_option": {"type": "", "gen_count": 3, "generate_all": False},
                },
            }
        ],
    }


def test_every_id_is_fresh_and_the_component_is_the_main_one() -> None:
    content = draft(submission())
    ids = all_ids(content)
    # draft, component, metadata, abilities, generate, core_param, large_image_info, two gen_options
    assert len(ids) == len(set(ids)) == 9
    assert content["main_component_id"] == content["component_list"][0]["id"]


def test_the_number_of_pictures_stands_beside_generate_and_nowhere_else() -> None:
    component = draft(submission(count=2))["component_list"][0]
    assert component["abilities"]["gen_option"]["gen_count"] == 2
    assert "gen_count" not in json.dumps(component["abilities"]["generate"])
    assert "gen_option" not in component


def test_the_metrics_of_a_basic_generation() -> None:
    content = metrics(submission())
    scenes = json.loads(content.pop("sceneOptions"))
    assert content == {
        "promptSource": "custom",
        "generateCount": 1,
        "enterFrom": "click",
        "generateId": SUBMIT_ID,
        "isRegenerate": False,
    }
    assert scenes == [
        {
            "type": "image",
            "scene": "ImageBasicGenerate",
            "modelReqKey": "jimeng-4.5",
            "resolutionType": "2k",
            "abilityList": [],
            "benefitCount": 4,
            "reportParams": {
                "enterSource": "generate",
                "vipSource": "generate",
                "extraVipFunctionKey": "jimeng-4.5-2k",
                "useVipFunctionDetailsReporterHoc": True,
            },
        }
    ]


def test_a_story_is_the_same_draft_in_another_scene() -> None:
    sent = submission(prompt="小猫的故事,5张", count=None)
    content = metrics(sent)
    scene = json.loads(content["sceneOptions"])[0]
    assert scene["scene"] == "ImageMultiGenerate"
    assert "benefitCount" not in scene
    assert {key: content[key] for key in ("templateId", "templateSource", "lastRequestId", "originRequestId")} == {
        "templateId": "",
        "templateSource": "",
        "lastRequestId": "",
        "originRequestId": "",
    }
    assert draft(sent)["component_list"][0]["abilities"]["gen_option"]["gen_count"] == 5


def test_a_story_beyond_eight_pictures_is_told_by_its_prompt_alone() -> None:
    sent = submission(prompt="连续10张小猫", count=None)
    assert "gen_option" not in draft(sent)["component_list"][0]["abilities"]


def test_a_model_without_stories_takes_the_words_as_they_are() -> None:
    sent = submission(model="jimeng-3.0", prompt="小猫的故事")
    assert json.loads(metrics(sent)["sceneOptions"])[0]["scene"] == "ImageBasicGenerate"


@pytest.mark.parametrize("model", [name for name, info in MODELS.items() if info.kind == "image"])
@pytest.mark.parametrize("resolution", ["1k", "2k", "4k"])
def test_every_model_and_resolution_agree_in_all_places(model: str, resolution: str) -> None:
    sent = submission(model=model, resolution=resolution)
    core = draft(sent)["component_list"][0]["abilities"]["generate"]["core_param"]
    scene = json.loads(metrics(sent)["sceneOptions"])[0]
    assert core["model"] == sent.body["extend"]["root_model"] == MODELS[model].upstream_id
    assert draft(sent)["version"] == sent.query["da_version"] == MODELS[model].draft_version
    assert core["large_image_info"]["resolution_type"] == scene["resolutionType"] == resolution
    assert core["image_ratio"] == (101 if resolution == "4k" else 1)
    assert scene["reportParams"]["extraVipFunctionKey"] == f"{model}-{resolution}"
