"""What a submission must look like, key by key (§5.1 and §5.2 of the protocol)."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from typing import Any, Final

from generation.sandbox import facts
from generation.sandbox.checks import Refusal, Violation, need
from generation.sandbox.orders import Order

_DRAFT: Final = {"type": "draft", "min_version": facts.DRAFT_MIN_VERSION, "min_features": [], "is_from_tsn": True}
_COMPONENT: Final = {
    "type": "image_base_component",
    "min_version": facts.DRAFT_MIN_VERSION,
    "aigc_mode": "workbench",
    "generate_type": "generate",
}
_METADATA: Final = {"type": "", "created_platform": 3, "created_platform_version": "", "created_did": ""}
_SCENE: Final[dict[str, Any]] = {"type": "image", "abilityList": []}
_REPORT: Final = {"enterSource": "generate", "vipSource": "generate", "useVipFunctionDetailsReporterHoc": True}
_METRICS: Final = {"promptSource": "custom", "generateCount": 1, "enterFrom": "click", "isRegenerate": False}
_STORY_METRICS: Final = {"templateId": "", "templateSource": "", "lastRequestId": "", "originRequestId": ""}
_LONGEST_SIDE: Final = 8192
_LONGEST_DRAFT_AGE_MS: Final = 300_000


class _Reader:
    """Reads objects strictly: constants as documented, no key too few or too many, every id a fresh UUID."""

    def __init__(self) -> None:
        self._ids: set[str] = set()

    def read(self, value: Any, where: str, fixed: Mapping[str, Any], free: str = "", optional: str = "") -> Any:
        """An object whose keys are `fixed` (with these values), `free` and at will `optional`. Raises Violation."""
        if not isinstance(value, dict):
            raise Violation(f"{where} must be an object")
        free_names = set(free.split())
        missing = (set(fixed) | free_names) - set(value)
        need(not missing, f"{where} lacks {sorted(missing)}")
        unknown = set(value) - set(fixed) - free_names - set(optional.split())
        need(not unknown, f"{where} has unexpected {sorted(unknown)}")
        for name, wanted in fixed.items():
            same = value[name] == wanted and type(value[name]) is type(wanted)
            need(same, f"{where}.{name} must be {json.dumps(wanted)}")
        if "id" in free_names:
            self._take_id(value["id"], where)
        return value

    def _take_id(self, value: Any, where: str) -> None:
        need(is_uuid(value), f"{where}.id must be a UUID")
        need(value not in self._ids, f"{where}.id is used twice")
        self._ids.add(value)


def is_uuid(value: Any, version: int | None = None) -> bool:
    """Whether a value is a UUID in its usual writing, of that version when given."""
    try:
        found = uuid.UUID(value)
    except (ValueError, AttributeError, TypeError):
        return False
    return str(found) == value and version in (None, found.version)


def _json(text: Any, where: str) -> Any:
    """The value of a JSON string. Raises Violation."""
    need(isinstance(text, str), f"{where} must be a JSON string")
    try:
        return json.loads(text)
    except ValueError:
        raise Violation(f"{where} is not JSON") from None


def _is_whole(value: Any, first: int, last: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and first <= value <= last


def check_submission(body: dict[str, Any], query: Mapping[str, str]) -> Order:
    """What a submission asks for. Raises Violation where it is not as documented."""
    need(body.get("http_common_info") == {"aid": facts.AID}, "http_common_info must hold the aid")
    submit_id = body.get("submit_id")
    need(is_uuid(submit_id, 4), "submit_id must be a UUID of version 4")
    reader = _Reader()
    draft = reader.read(
        _json(body.get("draft_content"), "draft_content"),
        "draft",
        _DRAFT,
        "id version main_component_id component_list",
    )
    need(isinstance(draft["component_list"], list) and len(draft["component_list"]) == 1, "draft needs one component")
    component = reader.read(draft["component_list"][0], "component", _COMPONENT, "id metadata abilities")
    need(draft["main_component_id"] == component["id"], "main_component_id must be the id of the component")
    _check_metadata(reader, component["metadata"])
    abilities = reader.read(component["abilities"], "abilities", {"type": ""}, "id generate", "gen_option")
    generate = reader.read(abilities["generate"], "generate", {"type": ""}, "id core_param", "gen_option")
    need("gen_option" in abilities or "gen_option" in generate, "gen_option is missing")
    core = _read_core(reader, generate["core_param"])
    model = facts.MODELS[core["model"]]
    _check_model(body, draft, query, model)
    if "gen_option" in generate:
        _read_count(reader, generate["gen_option"])
    count = _read_count(reader, abilities["gen_option"]) if "gen_option" in abilities else None
    story = facts.is_story(model, core["prompt"])
    if count is None:
        count = facts.story_count(core["prompt"]) if story else facts.IMAGES_WITHOUT_COUNT
    size = core["large_image_info"]
    resolution = size["resolution_type"]
    has_scene = _check_metrics(reader, body.get("metrics_extra"), str(submit_id), model, resolution, story=story)
    price = model.price_credits(resolution)
    return Order(
        submit_id=str(submit_id),
        model_key=model.key,
        public_name=model.public_name,
        width=size["width"],
        height=size["height"],
        resolution=resolution,
        prompt=core["prompt"],
        count=count,
        price_credits=price,
        has_scene=has_scene,
    )


def _check_metadata(reader: _Reader, value: Any) -> None:
    created = reader.read(value, "metadata", _METADATA, "id created_time_in_ms")["created_time_in_ms"]
    need(isinstance(created, str) and created.isdecimal(), "metadata.created_time_in_ms must be a string of digits")
    need(
        abs(int(created) - time.time() * 1000) <= _LONGEST_DRAFT_AGE_MS,
        "metadata.created_time_in_ms is more than 300 s off",
    )


def _check_model(body: dict[str, Any], draft: Any, query: Mapping[str, str], model: facts.ImageModel) -> None:
    extend = body.get("extend")
    need(isinstance(extend, dict) and extend.get("root_model") == model.key, "extend.root_model must be the model")
    need(draft["version"] == model.draft_version, f"draft.version must be {model.draft_version}")
    need(query.get("da_version", model.draft_version) == model.draft_version, "query da_version must be draft.version")
    web_version = query.get("web_version", facts.IMAGE_WEB_VERSION)
    need(web_version == facts.IMAGE_WEB_VERSION, f"query web_version must be {facts.IMAGE_WEB_VERSION}")


def _read_core(reader: _Reader, value: Any) -> Any:
    """core_param with a known model and a size, ratio and resolution that fit each other."""
    core = reader.read(
        value,
        "core_param",
        {"type": "", "intelligent_ratio": False},
        "id model prompt negative_prompt seed sample_strength image_ratio large_image_info",
    )
    need(isinstance(core["model"], str) and core["model"] in facts.MODELS, "core_param.model is not known")
    need(isinstance(core["prompt"], str) and core["prompt"].strip(), "core_param.prompt must be a text")
    need(isinstance(core["negative_prompt"], str), "core_param.negative_prompt must be a string")
    need(_is_whole(core["seed"], facts.SEED_FIRST, facts.SEED_END - 1), "core_param.seed must be in [2.5e9, 2.6e9)")
    strength = core["sample_strength"]
    is_number = isinstance(strength, int | float) and not isinstance(strength, bool)
    need(is_number and 0 <= strength <= 1, "core_param.sample_strength must be 0 to 1")
    size = reader.read(
        core["large_image_info"],
        "large_image_info",
        {"type": "", "min_version": facts.DRAFT_MIN_VERSION},
        "id height width resolution_type",
    )
    width, height = size["width"], size["height"]
    need(_is_whole(width, 1, _LONGEST_SIDE) and _is_whole(height, 1, _LONGEST_SIDE), "width and height must be pixels")
    wanted = facts.resolution_of(width, height)
    need(size["resolution_type"] == wanted, f"resolution_type of {width}x{height} must be {wanted}")
    codes = facts.ratio_codes_of(width, height)
    fits = _is_whole(core["image_ratio"], 1, 108) and core["image_ratio"] in codes
    need(fits, f"image_ratio of {width}x{height} must be {' or '.join(map(str, sorted(codes)))}")
    return core


def _read_count(reader: _Reader, value: Any) -> int | None:
    """gen_count of a gen_option, None when it has none."""
    option = reader.read(value, "gen_option", {"type": "", "generate_all": False}, "id", "gen_count")
    if "gen_count" not in option:
        return None
    need(_is_whole(option["gen_count"], 1, facts.MOST_IMAGES), "gen_option.gen_count must be 1 to 8")
    return int(option["gen_count"])


def _check_metrics(
    reader: _Reader, text: Any, submit_id: str, model: facts.ImageModel, resolution: facts.Resolution, *, story: bool
) -> bool:
    """Whether metrics_extra has sceneOptions. Raises Violation where it does not fit the draft."""
    fixed = _METRICS | {"generateId": submit_id} | (_STORY_METRICS if story else {})
    metrics = reader.read(_json(text, "metrics_extra"), "metrics_extra", fixed, "", "sceneOptions")
    if "sceneOptions" not in metrics:
        return False
    scenes = _json(metrics["sceneOptions"], "sceneOptions")
    need(isinstance(scenes, list) and len(scenes) == 1, "sceneOptions must hold one scene")
    name = "ImageMultiGenerate" if story else "ImageBasicGenerate"
    fixed = _SCENE | {"scene": name, "modelReqKey": model.public_name, "resolutionType": resolution}
    scene = reader.read(scenes[0], "sceneOptions", fixed, "reportParams" if story else "benefitCount reportParams")
    need(story or _is_whole(scene["benefitCount"], 1, facts.MOST_IMAGES), "sceneOptions.benefitCount must be 1 to 8")
    key = f"{model.public_name}-{resolution}"
    reader.read(scene["reportParams"], "reportParams", _REPORT | {"extraVipFunctionKey": key})
    return True


def refuse_without_scene(order: Order) -> None:
    """The newer models answer 1006 at 2k when sceneOptions is missing."""
    if not order.has_scene and order.resolution == "2k" and facts.MODELS[order.model_key].has_stories:
        raise Refusal("1006", "benefit not enough")
