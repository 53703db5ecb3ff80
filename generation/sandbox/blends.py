"""What images-to-image submissions have of their own (§5.3 of the protocol)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from generation.sandbox import facts
from generation.sandbox.checks import need
from generation.sandbox.reader import Reader, is_whole, read_json

_BLEND: Final = {"type": "", "min_version": facts.BLEND_VERSION, "min_features": []}
_ABILITY: Final = {"type": "", "name": "byte_edit"}
_IMAGE: Final = {
    "type": "image",
    "source_from": "upload",
    "platform_type": 1,
    "name": "",
    "width": 0,
    "height": 0,
    "format": "",
}
_MOST_IMAGES: Final = 10


def read_blend(reader: Reader, value: Any) -> tuple[Any, tuple[str, ...]]:
    """The blend object and the uris of its input images, in order. Raises Violation."""
    free = "id core_param ability_list prompt_placeholder_info_list postedit_param"
    blend = reader.read(value, "blend", _BLEND, free, "gen_option")
    abilities = blend["ability_list"]
    need(isinstance(abilities, list) and 1 <= len(abilities) <= _MOST_IMAGES, "ability_list must hold 1 to 10 images")
    uris = tuple(_read_ability(reader, ability) for ability in abilities)
    places = blend["prompt_placeholder_info_list"]
    need(isinstance(places, list) and len(places) == len(uris), "prompt_placeholder_info_list must have one per image")
    for index, place in enumerate(places):
        reader.read(place, "prompt_placeholder_info_list", {"type": "", "ability_index": index}, "id")
    reader.read(blend["postedit_param"], "postedit_param", {"type": "", "generate_type": 0}, "id")
    return blend, uris


def _read_ability(reader: Reader, value: Any) -> str:
    """The uri of one input image."""
    ability = reader.read(value, "ability_list", _ABILITY, "id image_uri_list image_list strength")
    strength = ability["strength"]
    need(isinstance(strength, float) or is_whole(strength, 0, 1), "ability_list.strength must be a number")
    need(0 <= strength <= 1, "ability_list.strength must be 0 to 1")
    uri = reader.one_of(ability["image_uri_list"], "image_uri_list")
    need(isinstance(uri, str) and uri, "image_uri_list must hold a uri")
    image = reader.one_of(ability["image_list"], "image_list")
    reader.read(image, "image_list", _IMAGE | {"uri": uri, "image_uri": uri}, "id")
    return str(uri)


def prompt_of(prompt: str, images: int) -> str:
    """The prompt without its `##` per image. Raises Violation when it has more or fewer of them."""
    marks = "##" * images
    need(prompt.startswith(marks), f"core_param.prompt must begin with {marks}")
    bare = prompt[len(marks) :]
    need(not bare.startswith("#"), f"core_param.prompt must begin with {marks}, two for each image")
    return bare


def check_versions(draft: Any, model: facts.ImageModel) -> None:
    """A blend needs 3.2.9 or later; models that are newer than that keep their own version. Raises Violation."""
    wanted = max(model.draft_version, facts.BLEND_VERSION)
    need(draft["version"] == wanted, f"draft.version must be {wanted}")
    lowest = draft["min_version"]
    fits = lowest in facts.DRAFT_VERSIONS and facts.BLEND_VERSION <= lowest <= wanted
    need(fits, f"draft.min_version must be {facts.BLEND_VERSION} to {wanted}")


def check_query(query: Mapping[str, str], model: facts.ImageModel) -> None:
    """babi_param, when it is there, names the feature and the model. Raises Violation."""
    if "babi_param" not in query:
        return
    wanted = {
        "scenario": "image_video_generation",
        "feature_key": "aigc_to_image",
        "feature_entrance": "to_image",
        "feature_entrance_detail": f"to_image-{model.key}",
    }
    need(read_json(query["babi_param"], "query babi_param") == wanted, f"query babi_param must be {json.dumps(wanted)}")
