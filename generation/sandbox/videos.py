"""What a video submission must look like, key by key (§5.4 of the protocol)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from generation.sandbox import facts, video_facts
from generation.sandbox.checks import need
from generation.sandbox.orders import Order
from generation.sandbox.reader import Reader, is_uuid, is_whole, read_json
from generation.sandbox.video_facts import VideoModel

_DRAFT: Final = {"type": "draft", "min_version": "3.0.5", "is_from_tsn": True}
_COMPONENT: Final = {
    "type": "video_base_component",
    "min_version": "1.0.0",
    "generate_type": "gen_video",
    "aigc_mode": "workbench",
}
_METADATA: Final = {"type": "", "created_platform": 3, "created_platform_version": "", "created_did": ""}
_INPUT: Final = {"type": "", "fps": 24, "min_version": "3.0.5", "video_mode": 2}
_FRAME: Final = {"type": "image", "format": "", "name": "", "platform_type": 1, "source_from": "upload"}
_METRICS: Final = {"enterFrom": "click", "isDefaultSeed": 1, "promptSource": "custom", "isRegenerate": False}
_COMMERCE: Final = {"resource_id": "generate_video", "resource_id_type": "str", "resource_sub_type": "aigc"}
_SEED_END: Final = 2**32
_LONGEST_SIDE: Final = 8192


def check_video(body: dict[str, Any], query: Mapping[str, str], draft: Any) -> Order:
    """The order of a video submission, whose draft has been parsed. Raises Violation."""
    reader = Reader()
    reader.read(draft, "draft", _DRAFT, "id version main_component_id component_list", "min_features")
    component = reader.one_of(draft["component_list"], "component_list")
    reader.read(component, "component", _COMPONENT, "id metadata abilities")
    need(draft["main_component_id"] == component["id"], "main_component_id must be the id of the component")
    created = reader.read(component["metadata"], "metadata", _METADATA, "id created_time_in_ms")["created_time_in_ms"]
    moment = int(time.time() * 1000)
    reach = facts.LONGEST_DRAFT_AGE_MS
    need(is_whole(created, moment - reach, moment + reach), "metadata.created_time_in_ms must be now, as a number")
    abilities = reader.read(component["abilities"], "abilities", {"type": ""}, "id gen_video")
    task = {"video_task_extra": body.get("metrics_extra")}
    video = reader.read(abilities["gen_video"], "gen_video", {"type": ""} | task, "id text_to_video_params")
    asked = _read_params(reader, video["text_to_video_params"])
    piece = _read_input(reader, reader.one_of(asked["video_gen_inputs"], "video_gen_inputs"))
    model = video_facts.MODELS[asked["model_req_key"]]
    seconds = piece["duration_ms"] // 1000
    need(seconds in model.lengths_s, f"duration_ms of {model.public_name} must be of {model.lengths_s} s")
    _check_model(body, query, draft, model, piece)
    _check_metrics(reader, body.get("metrics_extra"))
    width, height = video_facts.size_of(asked["video_aspect_ratio"], piece["resolution"])
    return Order(
        submit_id=str(body["submit_id"]),
        model_key=model.key,
        public_name=model.public_name,
        width=width,
        height=height,
        resolution=piece["resolution"],
        prompt=piece["prompt"],
        count=1,
        price_credits=model.price_credits(seconds),
        has_scene=True,
        kind="video",
        seconds=seconds,
        input_uris=tuple(piece[name]["uri"] for name in ("first_frame_image", "end_frame_image") if name in piece),
    )


def _read_params(reader: Reader, value: Any) -> Any:
    """text_to_video_params with a known model and a ratio."""
    free = "id model_req_key seed video_aspect_ratio video_gen_inputs"
    asked = reader.read(value, "text_to_video_params", {"type": "", "priority": 0}, free)
    key, ratio = asked["model_req_key"], asked["video_aspect_ratio"]
    need(isinstance(key, str) and key in video_facts.MODELS, "model_req_key is not known")
    need(is_whole(asked["seed"], 0, _SEED_END - 1), "text_to_video_params.seed must be an integer")
    need(isinstance(ratio, str) and video_facts.is_ratio(ratio), "video_aspect_ratio must be a ratio in lowest terms")
    return asked


def _read_input(reader: Reader, value: Any) -> Any:
    """The only element of video_gen_inputs: a prompt, or a first frame, or both, and perhaps an end frame."""
    frames = "first_frame_image end_frame_image"
    piece = reader.read(value, "video_gen_inputs", _INPUT, "id duration_ms prompt resolution", frames)
    need(piece["resolution"] in video_facts.SHORT_SIDES, "resolution must be 720p or 1080p")
    need(is_whole(piece["duration_ms"], 1, 60_000) and piece["duration_ms"] % 1000 == 0, "duration_ms must be seconds")
    need(isinstance(piece["prompt"], str), "video_gen_inputs.prompt must be a string")
    need(piece["prompt"].strip() or "first_frame_image" in piece, "a video needs a prompt or a first frame")
    need("end_frame_image" not in piece or "first_frame_image" in piece, "an end frame needs a first frame")
    for name in frames.split():
        if name in piece:
            _read_frame(reader, piece[name], name)
    return piece


def _read_frame(reader: Reader, value: Any, name: str) -> None:
    frame = reader.read(value, name, _FRAME, "id uri image_uri width height")
    need(isinstance(frame["uri"], str) and frame["uri"] == frame["image_uri"], f"{name}: uri must be image_uri")
    for side in ("width", "height"):
        need(is_whole(frame[side], 1, _LONGEST_SIDE), f"{name}.{side} must be pixels")


def _check_model(body: dict[str, Any], query: Mapping[str, str], draft: Any, model: VideoModel, piece: Any) -> None:
    """Versions, root model and benefit fit the model. Raises Violation."""
    # The call is documented with one version for all models, the model table with a later one for 3.5-pro.
    versions = {video_facts.DRAFT_VERSION, model.draft_version}
    need(draft["version"] in versions, f"draft.version must be one of {sorted(versions)}")
    need(query.get("da_version", draft["version"]) in versions, f"query da_version must be one of {sorted(versions)}")
    web_version = query.get("web_version", video_facts.WEB_VERSION)
    need(web_version == video_facts.WEB_VERSION, f"query web_version must be {video_facts.WEB_VERSION}")
    extend = body.get("extend")
    need(isinstance(extend, dict), "extend must be an object")
    told: dict[str, Any] = body["extend"]
    root = video_facts.END_FRAME_ROOT_MODEL if "end_frame_image" in piece else model.key
    need(told.get("root_model") == root, f"extend.root_model must be {root}")
    commerce = {"benefit_type": model.benefit(piece["resolution"])} | _COMMERCE
    need(told.get("m_video_commerce_info") == commerce, f"m_video_commerce_info must be {commerce}")
    need(told.get("m_video_commerce_info_list") == [commerce], "m_video_commerce_info_list must hold the same once")


def _check_metrics(reader: Reader, text: Any) -> None:
    metrics = reader.read(read_json(text, "metrics_extra"), "metrics_extra", _METRICS, "originSubmitId")
    need(is_uuid(metrics["originSubmitId"]), "metrics_extra.originSubmitId must be a UUID")
