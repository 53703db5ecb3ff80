"""Valid images-to-image and video submissions, written from the protocol document alone. See `builders.sealed`."""

from __future__ import annotations

import json
import random
import time
import uuid
from typing import Any

from tests.sandbox.builders import MODEL_45, draft, metrics

# key, benefit type
VIDEO_30 = ("dreamina_ic_generate_video_model_vgfm_3.0", "basic_video_operation_vgfm_v_three")
VIDEO_30_PRO = ("dreamina_ic_generate_video_model_vgfm_3.0_pro", "basic_video_operation_vgfm_v_three_pro")
VIDEO_30_FAST = ("dreamina_ic_generate_video_model_vgfm_3.0_fast", "basic_video_operation_vgfm_v_three_1080")
VIDEO_35_PRO = ("dreamina_ic_generate_video_model_vgfm_3.5_pro", "dreamina_video_seedance_15_pro")
VIDEO_20 = ("dreamina_ic_generate_video_model_vgfm_lite", "basic_video_operation_vgfm_v_three")
VIDEO_QUERY = {"aigc_features": "app_lip_sync", "web_version": "6.6.0", "da_version": "3.2.8"}


def _thing(**parts: Any) -> dict[str, Any]:
    return {"type": "", "id": str(uuid.uuid4()), **parts}


def babi_param(model: tuple[str, str, str]) -> str:
    """The query's babi_param, before it is url-encoded."""
    told = {"scenario": "image_video_generation", "feature_key": "aigc_to_image", "feature_entrance": "to_image"}
    return json.dumps(told | {"feature_entrance_detail": f"to_image-{model[1]}"})


def blend(
    uris: list[str],
    model: tuple[str, str, str] = MODEL_45,
    *,
    prompt: str = "as a painting",
    size: tuple[int, int, str, int] = (2048, 2048, "2k", 1),
    count: int | None = None,
) -> dict[str, Any]:
    """An images-to-image submission."""
    submit_id = str(uuid.uuid4())
    content = draft(model, "##" * len(uris) + prompt, size, count)
    content["min_version"] = "3.2.9"
    content["version"] = max("3.2.9", model[2])
    component = content["component_list"][0]
    component["generate_type"] = "blend"
    abilities = component["abilities"]
    core = abilities.pop("generate")["core_param"]
    del core["negative_prompt"], core["seed"]
    abilities["blend"] = _thing(
        min_version="3.2.9",
        min_features=[],
        core_param=core,
        ability_list=[_edit(uri) for uri in uris],
        prompt_placeholder_info_list=[_thing(ability_index=index) for index in range(len(uris))],
        postedit_param=_thing(generate_type=0),
    )
    return {
        "extend": {"root_model": model[1]},
        "submit_id": submit_id,
        "metrics_extra": metrics(model, submit_id, size[2]),
        "draft_content": content,
        "http_common_info": {"aid": 513695},
    }


def _edit(uri: str) -> dict[str, Any]:
    image = {
        "type": "image",
        "id": str(uuid.uuid4()),
        "source_from": "upload",
        "platform_type": 1,
        "name": "",
        "image_uri": uri,
        "width": 0,
        "height": 0,
        "format": "",
        "uri": uri,
    }
    return _thing(name="byte_edit", image_uri_list=[uri], image_list=[image], strength=0.5)


def frame(uri: str) -> dict[str, Any]:
    """A first or last frame of a video."""
    return {
        "format": "",
        "height": 720,
        "id": str(uuid.uuid4()),
        "image_uri": uri,
        "name": "",
        "platform_type": 1,
        "source_from": "upload",
        "type": "image",
        "uri": uri,
        "width": 1280,
    }


def video(
    model: tuple[str, str] = VIDEO_30,
    *,
    prompt: str = "waves",
    ratio: str = "16:9",
    seconds: int = 5,
    resolution: str = "720p",
    frames: tuple[str, ...] = (),
) -> dict[str, Any]:
    """A video submission, its metrics_extra already a text: the draft repeats it. `frames`: uris of first and last."""
    submit_id = str(uuid.uuid4())
    names = ("first_frame_image", "end_frame_image")
    told = {"enterFrom": "click", "isDefaultSeed": 1, "promptSource": "custom", "isRegenerate": False}
    extra = json.dumps(told | {"originSubmitId": str(uuid.uuid4())})
    piece = _thing(
        duration_ms=seconds * 1000,
        fps=24,
        min_version="3.0.5",
        prompt=prompt,
        resolution=resolution,
        video_mode=2,
        **{name: frame(uri) for name, uri in zip(names, frames, strict=False)},
    )
    asked = _thing(
        model_req_key=model[0],
        priority=0,
        seed=random.randrange(2500000000, 2600000000),
        video_aspect_ratio=ratio,
        video_gen_inputs=[piece],
    )
    commerce = {
        "benefit_type": model[1],
        "resource_id": "generate_video",
        "resource_id_type": "str",
        "resource_sub_type": "aigc",
    }
    return {
        "extend": {
            "root_model": VIDEO_30[0] if len(frames) == 2 else model[0],
            "m_video_commerce_info": commerce,
            "m_video_commerce_info_list": [dict(commerce)],
        },
        "submit_id": submit_id,
        "metrics_extra": extra,
        "draft_content": _video_draft(_thing(text_to_video_params=asked, video_task_extra=extra)),
        "http_common_info": {"aid": 513695},
    }


def _video_draft(gen_video: dict[str, Any]) -> dict[str, Any]:
    metadata = _thing(
        created_platform=3, created_platform_version="", created_time_in_ms=int(time.time() * 1000), created_did=""
    )
    component_id = str(uuid.uuid4())
    component = {
        "type": "video_base_component",
        "id": component_id,
        "min_version": "1.0.0",
        "metadata": metadata,
        "generate_type": "gen_video",
        "aigc_mode": "workbench",
        "abilities": _thing(gen_video=gen_video),
    }
    return {
        "type": "draft",
        "id": str(uuid.uuid4()),
        "min_version": "3.0.5",
        "is_from_tsn": True,
        "version": "3.2.8",
        "main_component_id": component_id,
        "component_list": [component],
    }
