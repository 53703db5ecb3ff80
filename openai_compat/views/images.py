"""`/v1/images/*`"""

from __future__ import annotations

from typing import ClassVar, Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema

from generation.errors import InvalidSpec
from generation.services import InputSource, Submission, generation_wait, note_answer, raise_if_failed
from openai_compat.bodies import Body, read_body
from openai_compat.image_streams import image_events
from openai_compat.presenters import images_response, public_base_url
from openai_compat.schema.operations import IMAGES_COMPOSITIONS, IMAGES_EDITS, IMAGES_GENERATIONS, IMAGES_VARIATIONS
from openai_compat.serializers.images import ImagesRequest, Operation, images_request
from openai_compat.serializers.inputs import input_sources
from openai_compat.sse import stream
from openai_compat.submitting import submitted
from openai_compat.views.base import AsyncAPIView, json_answer

INPUTS_MAX: Final = 10


class _Images(AsyncAPIView):
    """What the four operations share: they answer when the pictures are there, or with events meanwhile."""

    needs_accounts = True
    operation: ClassVar[Operation]
    most_inputs: ClassVar[int] = INPUTS_MAX

    async def _create(self, request: HttpRequest) -> HttpResponseBase:
        body = await read_body(request)
        asked = images_request(body.fields, api_key=self.caller.api_key, operation=self.operation)
        # Before anything is spent: a host that we refuse must not cost credits first.
        base_url = public_base_url(request)
        submission = await submitted(
            request, self.caller, body, operation=self.operation, wanted=asked, sources=self._sources(body)
        )
        if asked.stream:
            events = image_events(submission, asked=asked, base_url=base_url)
            return stream(events, request=request, seen=self.as_seen_by_caller)
        return await self.waited(self._answer(submission, asked, base_url))

    async def _answer(self, submission: Submission, asked: ImagesRequest, base_url: str) -> HttpResponseBase:
        finished = await generation_wait(submission.generations, timeout_s=settings.JIMENG_WAIT_TIMEOUT)
        note_answer(finished)
        raise_if_failed(finished)
        answer = await images_response(
            finished, representation=asked.representation, base_url=base_url, attached=submission.attached
        )
        return await json_answer(answer, is_large=asked.representation != "url")

    def _sources(self, body: Body) -> list[InputSource]:
        """Pictures to start from, wherever a client puts them: none is left out without a word."""
        sources = input_sources(body)
        if len(sources) > self.most_inputs:
            text = f"{self.most_inputs} input images at most are possible; {len(sources)} were given."
            raise InvalidSpec(text, param="image")
        return sources


class ImageGenerations(_Images):
    """Text to image; images to image if there are any."""

    operation = "generations"

    @extend_schema(**IMAGES_GENERATIONS)
    async def post(self, request: HttpRequest) -> HttpResponseBase:
        return await self._create(request)


class _FromImages(_Images):
    def _sources(self, body: Body) -> list[InputSource]:
        sources = super()._sources(body)
        if not sources:
            raise InvalidSpec("An image is required.", param="image")
        return sources


class ImageEdits(_FromImages):
    """Images to image, as OpenAI's edits. A `mask` is accepted and has no effect: Jimeng knows none."""

    operation = "edits"

    @extend_schema(**IMAGES_EDITS)
    async def post(self, request: HttpRequest) -> HttpResponseBase:
        return await self._create(request)


class ImageVariations(_FromImages):
    """A picture like the one given."""

    operation = "variations"
    most_inputs = 1

    @extend_schema(**IMAGES_VARIATIONS)
    async def post(self, request: HttpRequest) -> HttpResponseBase:
        return await self._create(request)


class ImageCompositions(_FromImages):
    """One picture from several, as Jimeng's own clients ask for it."""

    operation = "compositions"

    @extend_schema(**IMAGES_COMPOSITIONS)
    async def post(self, request: HttpRequest) -> HttpResponseBase:
        return await self._create(request)
