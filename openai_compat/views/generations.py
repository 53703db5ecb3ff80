"""`/v1/generations/{id}`: any request, by the id that its answer or its error named."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema

from generation.errors import NotCancellable
from generation.models import Generation
from generation.services import generation_cancel, generation_get, progress_of
from openai_compat.generation_presenters import generation_object, status_of
from openai_compat.presenters import public_base_url
from openai_compat.schema.operations import GENERATIONS_CANCEL, GENERATIONS_GET
from openai_compat.video_presenters import POLL_HEADER, poll_after_ms
from openai_compat.views.base import AsyncAPIView


class _Generations(AsyncAPIView):
    needs_accounts = True  # which generations are theirs is known by the accounts of bare logins

    async def _answer(self, request: HttpRequest, generation_id: str) -> HttpResponseBase:
        """Raises UnknownGeneration."""
        generations = await generation_get(public_id=generation_id, caller=self.caller)
        progress = await progress_of(generations)
        response = JsonResponse(generation_object(generations, progress, base_url=public_base_url(request)))
        if any(each.finished_at is None for each in generations):
            response[POLL_HEADER] = str(poll_after_ms(progress))
        return response


class GenerationDetail(_Generations):
    @extend_schema(**GENERATIONS_GET)
    async def get(self, request: HttpRequest, generation_id: str) -> HttpResponseBase:
        return await self._answer(request, generation_id)


class GenerationCancel(_Generations):
    @extend_schema(**GENERATIONS_CANCEL)
    async def post(self, request: HttpRequest, generation_id: str) -> HttpResponseBase:
        """Cancel what has spent nothing yet; what is cancelled already is told once more."""
        if not await generation_cancel(public_id=generation_id, caller=self.caller):
            generations = await generation_get(public_id=generation_id, caller=self.caller)
            if status_of(generations) != Generation.Status.CANCELLED:
                raise NotCancellable(public_id=generations[0].public_id)
        return await self._answer(request, generation_id)
