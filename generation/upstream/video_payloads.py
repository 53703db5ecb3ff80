"""A video spec turned into the JSON that the web page sends. Pure, as `payloads`.

Shape: docs/upstream.md#video, from public captures of 2025-2026.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from generation.catalog import MODELS, ModelInfo
from generation.specs import VideoSpec
from generation.upstream.answers import UploadedPicture
from generation.upstream.payloads import COMMON, Submission, blank, compact, metadata
from generation.upstream.signing import WEB

FPS = 24
# With a last frame the page names this model as the root, whichever is asked for.
LAST_FRAME_ROOT = MODELS["jimeng-video-3.0"].upstream_id
# The fast model's benefit has been seen for 1080p only; below it has that of the plain models.
_BELOW_1080P = {"basic_video_operation_vgfm_v_three_1080": "basic_video_operation_vgfm_v_three"}


def video_submission(
    spec: VideoSpec,
    *,
    submit_id: str,
    seed: int,
    now_ms: int,
    new_id: Callable[[], str],
    uploaded: Sequence[UploadedPicture] = (),
) -> Submission:
    """One video from a text, its first frame, or its first and last frame (`uploaded`, in this order).

    `submit_id`: ours, a uuid4. `seed`: in upstream's range. `now_ms`: unix milliseconds. `new_id`: a fresh uuid4
    at every call. The pictures have the pixels of `UploadedPicture`.
    """
    model = spec.info
    metrics = compact(
        {
            "enterFrom": "click",
            "isDefaultSeed": 1,
            "promptSource": "custom",
            "isRegenerate": False,
            "originSubmitId": new_id(),
        }
    )
    commerce = {
        "benefit_type": benefit_type(model, spec.resolution),
        "resource_id": "generate_video",
        "resource_id_type": "str",
        "resource_sub_type": "aigc",
    }
    return Submission(
        query={
            "da_version": model.draft_version,
            "web_version": WEB.video_web_version,
            "aigc_features": WEB.features,
        },
        body={
            "extend": {
                "root_model": LAST_FRAME_ROOT if spec.has_last_frame else model.upstream_id,
                "m_video_commerce_info": commerce,
                "m_video_commerce_info_list": [commerce],
            },
            "submit_id": submit_id,
            "metrics_extra": metrics,
            "draft_content": compact(_draft(spec, uploaded, metrics=metrics, seed=seed, now_ms=now_ms, new_id=new_id)),
            "http_common_info": dict(COMMON),
        },
    )


def benefit_type(model: ModelInfo, resolution: str) -> str:
    """What the account's plan must hold for this video."""
    return model.benefit_type if resolution == "1080p" else _BELOW_1080P.get(model.benefit_type, model.benefit_type)


def _draft(
    spec: VideoSpec,
    uploaded: Sequence[UploadedPicture],
    *,
    metrics: str,
    seed: int,
    now_ms: int,
    new_id: Callable[[], str],
) -> dict[str, Any]:
    component_id = new_id()
    return {
        "type": "draft",
        "id": new_id(),
        "min_version": WEB.video_draft_min_version,
        "is_from_tsn": True,
        "version": spec.info.draft_version,
        "main_component_id": component_id,
        "component_list": [
            {
                "type": "video_base_component",
                "id": component_id,
                "min_version": WEB.video_component_min_version,
                "metadata": metadata(now_ms, new_id),
                "generate_type": "gen_video",
                "aigc_mode": "workbench",
                "abilities": {
                    **blank(new_id),
                    "gen_video": {
                        **blank(new_id),
                        "text_to_video_params": {
                            **blank(new_id),
                            "model_req_key": spec.info.upstream_id,
                            "priority": 0,
                            "seed": seed,
                            "video_aspect_ratio": spec.ratio,
                            "video_gen_inputs": [_input(spec, uploaded, new_id)],
                        },
                        "video_task_extra": metrics,
                    },
                },
            }
        ],
    }


def _input(spec: VideoSpec, uploaded: Sequence[UploadedPicture], new_id: Callable[[], str]) -> dict[str, Any]:
    names = ("first_frame_image", "end_frame_image")
    return {
        **blank(new_id),
        "duration_ms": spec.seconds * 1000,
        **{name: _frame(picture, new_id) for name, picture in zip(names, uploaded, strict=False)},
        "fps": FPS,
        "min_version": WEB.video_draft_min_version,
        "prompt": spec.prompt,
        "resolution": spec.resolution,
        "video_mode": 2,
    }


def _frame(picture: UploadedPicture, new_id: Callable[[], str]) -> dict[str, Any]:
    return {
        "type": "image",
        "id": new_id(),
        "format": "",
        "height": picture.height,
        "image_uri": picture.uri,
        "name": "",
        "platform_type": 1,
        "source_from": "upload",
        "uri": picture.uri,
        "width": picture.width,
    }
