"""`GET /v1/models`: what works now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NotRequired, TypedDict

from django.http import HttpRequest, JsonResponse

from generation.catalog import MODELS, Kind, ModelInfo, aliases
from openai_compat.serializers.images import is_allowed, no_such_model
from openai_compat.views.base import AsyncAPIView

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


class Models(AsyncAPIView):
    async def get(self, request: HttpRequest) -> JsonResponse:
        api_key = self.caller.api_key
        allowed = [entry for entry in model_entries() if is_allowed(entry["id"], api_key)]
        return JsonResponse({"object": "list", "data": allowed})


class ModelDetail(AsyncAPIView):
    async def get(self, request: HttpRequest, model_id: str) -> JsonResponse:
        for entry in model_entries():
            if entry["id"] == model_id and is_allowed(model_id, self.caller.api_key):
                return JsonResponse(entry)
        raise no_such_model(model_id)
