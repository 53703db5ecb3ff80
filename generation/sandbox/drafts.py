"""What a submission must look like, key by key (§5.1 to §5.3 of the protocol; videos are in `videos`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from generation.sandbox import blends, facts
from generation.sandbox.checks import Refusal, need
from generation.sandbox.orders import Order
from generation.sandbox.reader import Reader, is_uuid, is_whole, read_json
from generation.sandbox.videos import check_video

_DRAFT: Final = {"type": "draft", "min_features": [], "is_from_tsn": True}
_COMPONENT: Final = {"type": "image_base_component", "aigc_mode": "workbench"}
_METADATA: Final = {"type": "", "created_platform": 3, "created_platform_version": "", "created_did": ""}
_SCENE: Final = {"type": "image"}
_REPORT: Final = {"enterSource": "generate", "vipSource": "generate", "useVipFunctionDetailsReporterHoc": True}
_METRICS: Final = {"promptSource": "custom", "generateCount": 1, "enterFrom": "click", "isRegenerate": False}
_STORY_METRICS: Final = {"templateId": "", "templateSource": "", "lastRequestId": "", "originRequestId": ""}
_LONGEST_SIDE: Final = 8192


def check_submission(body: dict[str, Any], query: Mapping[str, str], is_uploaded: Callable[[str], bool]) -> Order:
    """What a submission asks for. `is_uploaded` knows the uris that may be used. Raises Violation."""
    need(body.get("http_common_info") == {"aid": facts.AID}, "http_common_info must hold the aid")
    need(is_uuid(body.get("submit_id"), 4), "submit_id must be a UUID of version 4")
    draft = read_json(body.get("draft_content"), "draft_content")
    order = (check_video if _is_video(draft) else _check_image)(body, query, draft)
    for uri in order.input_uris:
        need(is_uploaded(uri), f"{uri[:100]} was not uploaded, or the upload was not committed")
    return order


def _is_video(draft: Any) -> bool:
    components = draft.get("component_list") if isinstance(draft, dict) else None
    first = components[0] if isinstance(components, list) and components else None
    return isinstance(first, dict) and first.get("type") == "video_base_component"


def _check_image(body: dict[str, Any], query: Mapping[str, str], draft: Any) -> Order:
    """The order of an image submission, from a text or from images."""
    reader = Reader()
    component = _read_component(reader, draft)
    kind = component["generate_type"]
    abilities = reader.read(component["abilities"], "abilities", {"type": ""}, f"id {kind}", "gen_option")
    uris: tuple[str, ...] = ()
    if kind == "blend":
        ability, uris = blends.read_blend(reader, abilities["blend"])
    else:
        ability = reader.read(abilities["generate"], "generate", {"type": ""}, "id core_param", "gen_option")
    core = _read_core(reader, ability["core_param"], "" if uris else "negative_prompt seed")
    model = facts.MODELS[core["model"]]
    prompt = blends.prompt_of(core["prompt"], len(uris)) if uris else core["prompt"]
    _check_versions(draft, component, model, is_blend=bool(uris))
    _check_model(body, draft, query, model)
    if uris:
        blends.check_query(query, model)
    if "gen_option" in ability:  # heeded nowhere but beside generate or blend
        _read_count(reader, ability["gen_option"])
    story = facts.is_story(model, prompt)
    count = _read_count(reader, abilities["gen_option"]) if "gen_option" in abilities else None
    if count is None:
        count = facts.story_count(prompt) if story else facts.IMAGES_WITHOUT_COUNT
    size = core["large_image_info"]
    resolution = size["resolution_type"]
    scene_for = _Scene(model, resolution, story=story, images=len(uris))
    return Order(
        submit_id=body["submit_id"],
        model_key=model.key,
        public_name=model.public_name,
        width=size["width"],
        height=size["height"],
        resolution=resolution,
        prompt=prompt,
        count=count,
        price_credits=model.price_credits(resolution),
        has_scene=_check_metrics(reader, body.get("metrics_extra"), body["submit_id"], scene_for),
        input_uris=uris,
    )


def _read_component(reader: Reader, draft: Any) -> Any:
    """The only component of a draft of pictures, its abilities not yet read."""
    reader.read(draft, "draft", _DRAFT, "id min_version version main_component_id component_list")
    component = reader.one_of(draft["component_list"], "component_list")
    reader.read(component, "component", _COMPONENT, "id min_version generate_type metadata abilities")
    need(draft["main_component_id"] == component["id"], "main_component_id must be the id of the component")
    need(component["generate_type"] in ("generate", "blend"), "component.generate_type must be generate or blend")
    _check_metadata(reader, component["metadata"])
    return component


def _check_metadata(reader: Reader, value: Any) -> None:
    created = reader.read(value, "metadata", _METADATA, "id created_time_in_ms")["created_time_in_ms"]
    need(isinstance(created, str) and created.isdecimal(), "metadata.created_time_in_ms must be a string of digits")
    need(
        abs(int(created) - time.time() * 1000) <= facts.LONGEST_DRAFT_AGE_MS,
        "metadata.created_time_in_ms is more than 300 s off",
    )


def _check_versions(draft: Any, component: Any, model: facts.ImageModel, *, is_blend: bool) -> None:
    lowest = {facts.DRAFT_MIN_VERSION}
    if is_blend:
        blends.check_versions(draft, model)
        lowest.add(facts.BLEND_VERSION)  # which of the two a blend's component carries is not documented
    else:
        need(draft["version"] == model.draft_version, f"draft.version must be {model.draft_version}")
        need(draft["min_version"] in lowest, f"draft.min_version must be {facts.DRAFT_MIN_VERSION}")
    need(component["min_version"] in lowest, f"component.min_version must be one of {sorted(lowest)}")


def _check_model(body: dict[str, Any], draft: Any, query: Mapping[str, str], model: facts.ImageModel) -> None:
    extend = body.get("extend")
    need(isinstance(extend, dict) and extend.get("root_model") == model.key, "extend.root_model must be the model")
    need(query.get("da_version", draft["version"]) == draft["version"], "query da_version must be draft.version")
    web_version = query.get("web_version", facts.IMAGE_WEB_VERSION)
    need(web_version == facts.IMAGE_WEB_VERSION, f"query web_version must be {facts.IMAGE_WEB_VERSION}")


def _read_core(reader: Reader, value: Any, extra: str) -> Any:
    """core_param with a known model and a size, ratio and resolution that fit each other; `extra` names more keys."""
    core = reader.read(
        value,
        "core_param",
        {"type": "", "intelligent_ratio": False},
        f"id model prompt sample_strength image_ratio large_image_info {extra}",
    )
    need(isinstance(core["model"], str) and core["model"] in facts.MODELS, "core_param.model is not known")
    need(isinstance(core["prompt"], str) and core["prompt"].strip(), "core_param.prompt must be a text")
    if extra:
        need(isinstance(core["negative_prompt"], str), "core_param.negative_prompt must be a string")
        need(is_whole(core["seed"], facts.SEED_FIRST, facts.SEED_END - 1), "core_param.seed must be in [2.5e9, 2.6e9)")
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
    need(is_whole(width, 1, _LONGEST_SIDE) and is_whole(height, 1, _LONGEST_SIDE), "width and height must be pixels")
    wanted = facts.resolution_of(width, height)
    need(size["resolution_type"] == wanted, f"resolution_type of {width}x{height} must be {wanted}")
    codes = facts.ratio_codes_of(width, height)
    fits = is_whole(core["image_ratio"], 1, 108) and core["image_ratio"] in codes
    need(fits, f"image_ratio of {width}x{height} must be {' or '.join(map(str, sorted(codes)))}")
    return core


def _read_count(reader: Reader, value: Any) -> int | None:
    """gen_count of a gen_option, None when it has none."""
    option = reader.read(value, "gen_option", {"type": "", "generate_all": False}, "id", "gen_count")
    if "gen_count" not in option:
        return None
    need(is_whole(option["gen_count"], 1, facts.MOST_IMAGES), "gen_option.gen_count must be 1 to 8")
    return int(option["gen_count"])


class _Scene:
    """What sceneOptions must say of a submission. `images`: how many input images it has."""

    def __init__(self, model: facts.ImageModel, resolution: facts.Resolution, *, story: bool, images: int) -> None:
        self.resolution = resolution
        self.model_name = model.public_name
        self.story = story
        self.images = images

    def check(self, reader: Reader, value: Any) -> None:
        """Raises Violation where the scene does not fit."""
        name = "ImageMultiGenerate" if self.story else "ImageBasicGenerate"
        fixed = _SCENE | {"scene": name, "modelReqKey": self.model_name, "resolutionType": self.resolution}
        free = "abilityList reportParams" if self.story else "abilityList benefitCount reportParams"
        scene = reader.read(value, "sceneOptions", fixed, free)
        abilities = scene["abilityList"]
        # Nothing is said of a blend's list: it may be empty as for a text, or tell of each image.
        fits = isinstance(abilities, list) and len(abilities) in (0, self.images)
        need(fits, "sceneOptions.abilityList must be a list, empty or with one entry per input image")
        need(self.story or is_whole(scene["benefitCount"], 1, facts.MOST_IMAGES), "benefitCount must be 1 to 8")
        key = f"{self.model_name}-{self.resolution}"
        reader.read(scene["reportParams"], "reportParams", _REPORT | {"extraVipFunctionKey": key})


def _check_metrics(reader: Reader, text: Any, submit_id: str, scene: _Scene) -> bool:
    """Whether metrics_extra has sceneOptions. Raises Violation where it does not fit the draft."""
    fixed = _METRICS | {"generateId": submit_id} | (_STORY_METRICS if scene.story else {})
    metrics = reader.read(read_json(text, "metrics_extra"), "metrics_extra", fixed, "", "sceneOptions")
    if "sceneOptions" not in metrics:
        return False
    scene.check(reader, reader.one_of(read_json(metrics["sceneOptions"], "sceneOptions"), "sceneOptions"))
    return True


def refuse_without_scene(order: Order) -> None:
    """The newer models answer 1006 at 2k and above when sceneOptions is missing."""
    if order.has_scene or order.kind == "video" or order.resolution == "1k":
        return
    if facts.MODELS[order.model_key].has_stories:
        raise Refusal("1006", "benefit not enough")
