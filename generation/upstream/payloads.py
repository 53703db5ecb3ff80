"""Specs turned into the JSON that the web page sends. Pure: ids, seed and clock come from the caller.

Shapes: docs/upstream.md#submitting and #following, from public captures of 2025-2026.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from generation.specs import ImageSpec
from generation.upstream.answers import UploadedPicture
from generation.upstream.signing import WEB

GEN_COUNT_MAX = 8  # one submission makes at most this many pictures

COMMON = {"aid": WEB.app_id}
_SMART_CROPS = ((360, 360), (480, 480), (720, 720), (720, 480), (360, 240), (240, 320), (480, 640))
BENEFIT_COUNT = 4
_NORMAL_SIDES = (2400, 1080, 720, 480, 360)
# Asks for the links of finished pictures, in pixels.
_IMAGE_INFO: dict[str, Any] = {
    "width": 2048,
    "height": 2048,
    "format": "webp",
    "image_scene_list": [
        {
            "scene": "smart_crop",
            "width": w,
            "height": h,
            "uniq_key": f"smart_crop-w:{w}-h:{h}",
            "format": "webp",
        }
        for w, h in _SMART_CROPS
    ]
    + [
        {"scene": "normal", "width": side, "height": side, "uniq_key": str(side), "format": "webp"}
        for side in _NORMAL_SIDES
    ],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One call of `/mweb/v1/aigc_draft/generate`: what its query adds, and its body."""

    query: dict[str, str]
    body: dict[str, Any]


def compact(value: object) -> str:
    """JSON as the page writes it: no spaces, Chinese left readable."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def image_submission(
    spec: ImageSpec,
    *,
    submit_id: str,
    seed: int,
    now_ms: int,
    new_id: Callable[[], str],
    uploaded: Sequence[UploadedPicture] = (),
) -> Submission:
    """Text to image, or images to image when there are `uploaded` pictures: one picture or a story.

    docs/upstream.md#text-to-image, #stories, #images-to-image.
    `submit_id`: ours, a uuid4, by which the submission can be found again. `seed`: in upstream's range.
    `now_ms`: unix milliseconds. `new_id`: a fresh uuid4 at every call.
    """
    version = _draft_version(spec, is_blend=bool(uploaded))
    abilities = (
        blend_abilities(spec, uploaded, new_id=new_id)
        if uploaded
        else generate_abilities(spec, seed=seed, new_id=new_id)
    )
    query = {
        "da_version": version,
        "web_component_open_flag": "1",
        "web_version": WEB.image_web_version,
        "aigc_features": WEB.features,
    }
    if uploaded:
        query["babi_param"] = compact(_babi_param(spec))
    return Submission(
        query=query,
        body={
            "extend": {"root_model": spec.info.upstream_id},
            "submit_id": submit_id,
            "metrics_extra": compact(_image_metrics(spec, submit_id=submit_id)),
            "draft_content": compact(
                _image_draft(
                    abilities,
                    version=version,
                    min_version=WEB.blend_min_version if uploaded else WEB.draft_min_version,
                    generate_type="blend" if uploaded else "generate",
                    now_ms=now_ms,
                    new_id=new_id,
                )
            ),
            "http_common_info": dict(COMMON),
        },
    )


def _draft_version(spec: ImageSpec, *, is_blend: bool) -> str:
    """Of the model; images to image need a certain version at least."""
    version = spec.info.draft_version
    return max(version, WEB.blend_min_version, key=_version_number) if is_blend else version


def _version_number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _babi_param(spec: ImageSpec) -> dict[str, str]:
    """What the page tells of the way that led to images to image."""
    return {
        "scenario": "image_video_generation",
        "feature_key": "aigc_to_image",
        "feature_entrance": "to_image",
        "feature_entrance_detail": f"to_image-{spec.info.upstream_id}",
    }


def history_body(
    *, record_ids: Sequence[str] = (), submit_ids: Sequence[str] = (), with_images: bool = True
) -> dict[str, Any]:
    """The body of `get_history_by_ids`, for ids of one sort (docs/upstream.md#following).

    `with_images` asks for picture links too; videos need the ids alone.
    Raises ValueError unless exactly one sort is given.
    """
    if bool(record_ids) == bool(submit_ids):
        raise ValueError("Give record ids or submit ids, and not both.")
    asked: dict[str, Any] = {"history_ids": list(record_ids)} if record_ids else {"submit_ids": list(submit_ids)}
    return {**asked, "image_info": _IMAGE_INFO, "http_common_info": dict(COMMON)} if with_images else asked


def history_records_body(record_ids: Sequence[str]) -> dict[str, Any]:
    """The body of `get_history_records`, the second way to a record."""
    return {"history_record_ids": list(record_ids)}


def _image_metrics(spec: ImageSpec, *, submit_id: str) -> dict[str, Any]:
    """`metrics_extra`. Without `sceneOptions` the 4.x models at 2k are refused with 1006."""
    scene: dict[str, Any] = {
        "type": "image",
        "scene": "ImageMultiGenerate" if spec.is_story else "ImageBasicGenerate",
        "modelReqKey": spec.model,
        "resolutionType": spec.resolution,
        "abilityList": [],
        "reportParams": {
            "enterSource": "generate",
            "vipSource": "generate",
            "extraVipFunctionKey": f"{spec.model}-{spec.resolution}",
            "useVipFunctionDetailsReporterHoc": True,
        },
    }
    metrics: dict[str, Any] = {
        "promptSource": "custom",
        "generateCount": 1,
        "enterFrom": "click",
        "generateId": submit_id,
        "isRegenerate": False,
    }
    if spec.is_story:
        metrics |= {"templateId": "", "templateSource": "", "lastRequestId": "", "originRequestId": ""}
    else:
        # As captured, whatever the number of pictures: `gen_count` says that.
        scene["benefitCount"] = BENEFIT_COUNT
    metrics["sceneOptions"] = compact([scene])
    return metrics


def _image_draft(
    abilities: dict[str, Any],
    *,
    version: str,
    min_version: str,
    generate_type: str,
    now_ms: int,
    new_id: Callable[[], str],
) -> dict[str, Any]:
    component_id = new_id()
    return {
        "type": "draft",
        "id": new_id(),
        "min_version": min_version,
        "min_features": [],
        "is_from_tsn": True,
        "version": version,
        "main_component_id": component_id,
        "component_list": [
            {
                "type": "image_base_component",
                "id": component_id,
                "min_version": WEB.draft_min_version,
                "aigc_mode": "workbench",
                "metadata": metadata(str(now_ms), new_id),
                "generate_type": generate_type,
                "abilities": abilities,
            }
        ],
    }


def metadata(now_ms: str | int, new_id: Callable[[], str]) -> dict[str, Any]:
    """Of a component. The time, unix milliseconds, is text for pictures and a number for videos."""
    return {
        **blank(new_id),
        "created_platform": 3,
        "created_platform_version": "",
        "created_time_in_ms": now_ms,
        "created_did": "",
    }


def generate_abilities(spec: ImageSpec, *, seed: int, new_id: Callable[[], str]) -> dict[str, Any]:
    """What the single component shall do: text to image.

    `gen_option` stands twice: within `generate` as the page sends it, and beside it with `gen_count`, the
    only place where the upstream heeds the number. Without it four pictures are made, and charged.
    """
    core = _core_param(spec, spec.prompt, new_id)
    return {
        **blank(new_id),
        "generate": {
            **blank(new_id),
            "core_param": {**core, "negative_prompt": spec.negative_prompt, "seed": seed},
            "gen_option": {**blank(new_id), "generate_all": False},
        },
        **_count_option(spec.count, new_id),
    }


def blend_abilities(
    spec: ImageSpec, uploaded: Sequence[UploadedPicture], *, new_id: Callable[[], str]
) -> dict[str, Any]:
    """What the single component shall do: images to image. The prompt begins with `##` for each image.

    It has no place for a negative prompt: that is told as part of the prompt, so that it is not lost.
    """
    prompt = "##" * len(uploaded) + spec.prompt_sent
    return {
        **blank(new_id),
        "blend": {
            **blank(new_id),
            "min_version": WEB.blend_min_version,
            "min_features": [],
            "core_param": _core_param(spec, prompt, new_id),
            "ability_list": [_byte_edit(spec, picture, new_id) for picture in uploaded],
            "prompt_placeholder_info_list": [
                {**blank(new_id), "ability_index": index} for index in range(len(uploaded))
            ],
            "postedit_param": {**blank(new_id), "generate_type": 0},
        },
        **_count_option(spec.count, new_id),
    }


def _byte_edit(spec: ImageSpec, picture: UploadedPicture, new_id: Callable[[], str]) -> dict[str, Any]:
    """One input picture and how strongly it counts."""
    return {
        **blank(new_id),
        "name": "byte_edit",
        "image_uri_list": [picture.uri],
        "image_list": [
            {
                "type": "image",
                "id": new_id(),
                "source_from": "upload",
                "platform_type": 1,
                "name": "",
                "image_uri": picture.uri,
                "width": 0,
                "height": 0,
                "format": "",
                "uri": picture.uri,
            }
        ],
        "strength": spec.sample_strength,
    }


def _core_param(spec: ImageSpec, prompt: str, new_id: Callable[[], str]) -> dict[str, Any]:
    return {
        **blank(new_id),
        "model": spec.info.upstream_id,
        "prompt": prompt,
        "sample_strength": spec.sample_strength,
        "image_ratio": spec.ratio_code,
        "large_image_info": {
            **blank(new_id),
            "min_version": WEB.draft_min_version,
            "height": spec.height,
            "width": spec.width,
            "resolution_type": spec.resolution,
        },
        "intelligent_ratio": False,
    }


def _count_option(count: int, new_id: Callable[[], str]) -> dict[str, Any]:
    """The number of pictures; a longer story is told by its prompt alone, as the option ends at 8."""
    if count > GEN_COUNT_MAX:
        return {}
    return {"gen_option": {**blank(new_id), "gen_count": count, "generate_all": False}}


def blank(new_id: Callable[[], str]) -> dict[str, Any]:
    """What every object of a draft begins with."""
    return {"type": "", "id": new_id()}
