"""`/v1/images/*`"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, JsonResponse

from generation.services import generation_submit, generation_wait, raise_if_failed
from openai_compat.bodies import read_body
from openai_compat.presenters import images_response, public_base_url
from openai_compat.serializers.images import images_request
from openai_compat.views.base import AsyncAPIView, idempotency_key, json_answer


class ImageGenerations(AsyncAPIView):
    """Text to image; answers when the pictures are there, or says by which id to ask for them."""

    needs_accounts = True

    async def post(self, request: HttpRequest) -> JsonResponse:
        body = await read_body(request)
        asked = images_request(body.fields, api_key=self.caller.api_key)
        # Before anything is spent: a host that we refuse must not cost credits first.
        base_url = public_base_url(request)
        generations = await generation_submit(
            spec=asked.spec,
            caller=self.caller,
            requested=asked.requested,
            idempotency_key=idempotency_key(request),
        )
        finished = await generation_wait(generations, timeout_s=settings.JIMENG_WAIT_TIMEOUT)
        raise_if_failed(finished)
        answer = await images_response(finished, representation=asked.representation, base_url=base_url)
        return await json_answer(answer, is_large=asked.representation != "url")
