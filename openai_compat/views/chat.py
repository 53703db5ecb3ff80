"""`POST /v1/chat/completions`"""

from __future__ import annotations

import time

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema

from generation.services import Submission, generation_wait, note_answer, raise_if_failed
from openai_compat.bodies import read_body
from openai_compat.chat_presenters import chat_result, completion
from openai_compat.chat_streams import chat_events, new_chat_id
from openai_compat.presenters import public_base_url
from openai_compat.schema.operations import CHAT_COMPLETIONS
from openai_compat.serializers.chat import ChatRequest, chat_request
from openai_compat.sse import stream
from openai_compat.submitting import submitted
from openai_compat.views.base import AsyncAPIView


class ChatCompletions(AsyncAPIView):
    """What the last user message asks for, as an answer of the assistant."""

    needs_accounts = True

    @extend_schema(**CHAT_COMPLETIONS)
    async def post(self, request: HttpRequest) -> HttpResponseBase:
        body = await read_body(request)
        asked = chat_request(body.fields, api_key=self.caller.api_key)
        base_url = public_base_url(request)
        submission = await submitted(
            request, self.caller, body, operation="chat", wanted=asked.wanted, sources=asked.sources
        )
        if asked.stream:
            events = chat_events(submission, asked=asked, base_url=base_url)
            return stream(events, request=request, seen=self.as_seen_by_caller)
        return await self.waited(self._answer(submission, asked, base_url))

    async def _answer(self, submission: Submission, asked: ChatRequest, base_url: str) -> HttpResponseBase:
        finished = await generation_wait(submission.generations, timeout_s=settings.JIMENG_WAIT_TIMEOUT)
        note_answer(finished)
        raise_if_failed(finished)
        result = chat_result(finished, base_url=base_url, attached=submission.attached)
        return JsonResponse(completion(result, chat_id=new_chat_id(), created=int(time.time()), model=asked.model))
