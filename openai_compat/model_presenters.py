"""Models and their aliases as clients list them: OpenAI's object, and what Cherry Studio and others look for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NotRequired, TypedDict

from generation.catalog import MODELS, Kind, ModelInfo, aliases

_ENDPOINT_OF: Final[dict[Kind, str]] = {"image": "image-generation", "video": "video-generation"}
_CREATED: Final = 1_735_689_600  # 2025-01-01: Jimeng says no date, clients want one


class ModelEntry(TypedDict):
    """`credits`: per picture by resolution, or per video by seconds, from the price list."""

    id: str
    object: str
    created: int
    owned_by: str
    type: Kind
    endpoint_type: str
    supported_endpoint_types: list[str]
    ratios: list[str]
    resolutions: list[str]
    default_resolution: str
    durations: NotRequired[list[int]]
    credits: dict[str, int]
    alias_of: NotRequired[str]


def model_entry(name: str, info: ModelInfo) -> ModelEntry:
    """A model under its own name or an alias."""
    entry = ModelEntry(
        id=name,
        object="model",
        created=_CREATED,
        owned_by="jimeng",
        type=info.kind,
        endpoint_type=_ENDPOINT_OF[info.kind],
        supported_endpoint_types=[_ENDPOINT_OF[info.kind]],
        ratios=list(info.ratios),
        resolutions=list(info.resolutions),
        default_resolution=info.default_resolution,
        credits=dict(info.credits),
    )
    if info.seconds:
        entry["durations"] = list(info.seconds)
    if name != info.name:
        entry["alias_of"] = info.name
    return entry


def model_entries() -> Iterator[ModelEntry]:
    """All that may be named, models first."""
    named = [*MODELS.items(), *((alias, MODELS[name]) for alias, name in aliases().items())]
    return (model_entry(name, info) for name, info in named)
