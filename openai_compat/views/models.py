"""`GET /v1/models`: what works now."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from drf_spectacular.utils import extend_schema

from generation.key_models import is_allowed, no_such_model
from openai_compat.model_presenters import model_entries
from openai_compat.schema.operations import MODELS_GET, MODELS_LIST
from openai_compat.views.base import AsyncAPIView


class Models(AsyncAPIView):
    @extend_schema(**MODELS_LIST)
    async def get(self, request: HttpRequest) -> JsonResponse:
        api_key = self.caller.api_key
        allowed = [entry for entry in model_entries() if is_allowed(entry["id"], api_key)]
        return JsonResponse({"object": "list", "data": allowed})


class ModelDetail(AsyncAPIView):
    @extend_schema(**MODELS_GET)
    async def get(self, request: HttpRequest, model_id: str) -> JsonResponse:
        for entry in model_entries():
            if entry["id"] == model_id and is_allowed(model_id, self.caller.api_key):
                return JsonResponse(entry)
        raise no_such_model(model_id)
