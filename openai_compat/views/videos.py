"""`/v1/videos` as OpenAI has it, and `/v1/videos/generations` as Jimeng's own clients know it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound

from generation.errors import (
    GatewayError,
    InvalidSpec,
    NotSupported,
    ResultRemoved,
    ResultUnavailable,
    UnknownGeneration,
    VideoNotReady,
)
from generation.models import Generation
from generation.services import (
    Attached,
    MediaGone,
    Submission,
    generation_get,
    generation_hide,
    generation_wait,
    generations_list,
    note_answer,
    progress_of,
    raise_if_failed,
)
from generation.serving import lasting_response, thumbnail_response
from openai_compat.bodies import Body, read_body
from openai_compat.errors import describe, render
from openai_compat.presenters import public_base_url
from openai_compat.schema.operations import (
    VIDEOS_CONTENT,
    VIDEOS_CREATE,
    VIDEOS_DELETE,
    VIDEOS_GENERATION,
    VIDEOS_GENERATIONS,
    VIDEOS_GET,
    VIDEOS_LIST,
)
from openai_compat.serializers.fields import Integer
from openai_compat.serializers.videos import VideosRequest, frame_sources, videos_request, wants_async
from openai_compat.submitting import submitted
from openai_compat.video_presenters import (
    NOT_FETCHED,
    POLL_HEADER,
    VideoSight,
    file_of,
    openai_video,
    poll_after_ms,
    video_answer,
    video_generation,
)
from openai_compat.views.base import AsyncAPIView, json_answer

PAGE_DEFAULT, PAGE_MAX = 20, 100


class _Videos(AsyncAPIView):
    """What all addresses under /v1/videos share. Another caller's videos, and pictures, are not found here."""

    needs_accounts = True  # which videos are theirs is known by the accounts of bare logins

    async def _submit(self, request: HttpRequest, body: Body, operation: str) -> tuple[VideosRequest, Submission]:
        sources = frame_sources(body)
        asked = videos_request(body.fields, api_key=self.caller.api_key, frames=len(sources))
        submission = await submitted(request, self.caller, body, operation=operation, wanted=asked, sources=sources)
        return asked, submission

    async def _new_sight(self, submission: Submission) -> VideoSight:
        """Of a video just asked for: it is answered by being told of, so that a retry is not given another's."""
        note_answer(submission.generations)
        (generation,) = submission.generations
        if submission.attached:
            return await self._sight(await self._find(generation.public_id), submission.attached)
        return VideoSight(generation=generation, progress=await progress_of([generation]))

    async def _find(self, video_id: str) -> Generation:
        """Raises UnknownGeneration."""
        found = await generation_get(public_id=video_id, caller=self.caller)
        if found[0].kind != Generation.Kind.VIDEO:
            raise UnknownGeneration
        return found[0]

    async def _sight(self, generation: Generation, attached: Attached = "") -> VideoSight:
        progress = await progress_of([generation])
        media = next(iter(generation.media.all()), None)
        return VideoSight(generation=generation, progress=progress, media=media, attached=attached)


class VideoGenerations(_Videos):
    """A video, waited for; or with `"async": true` a job to poll."""

    @extend_schema(**VIDEOS_GENERATIONS)
    async def post(self, request: HttpRequest) -> HttpResponseBase:
        body = await read_body(request)
        # Before anything is spent: a host that we refuse must not cost credits first.
        base_url = public_base_url(request)
        is_async = wants_async(body.fields, request.headers.get("prefer", ""))
        asked, submission = await self._submit(request, body, "video_generations")
        if not is_async:
            return await self.waited(self._answer(submission, asked, base_url))
        sight = await self._new_sight(submission)
        headers = {
            "Location": f"{base_url}/v1/videos/generations/{sight.generation.public_id}",
            "Preference-Applied": "respond-async",
        }
        return _polled(video_generation(sight, base_url=base_url), sight, status=202, headers=headers)

    async def _answer(self, submission: Submission, asked: VideosRequest, base_url: str) -> HttpResponseBase:
        finished = await generation_wait(submission.generations, timeout_s=settings.JIMENG_WAIT_TIMEOUT)
        note_answer(finished)
        raise_if_failed(finished)
        answer = await video_answer(
            finished[0], representation=asked.representation, base_url=base_url, attached=submission.attached
        )
        return await json_answer(answer, is_large=asked.representation != "url")


class VideoGenerationDetail(_Videos):
    @extend_schema(**VIDEOS_GENERATION)
    async def get(self, request: HttpRequest, video_id: str) -> HttpResponseBase:
        sight = await self._sight(await self._find(video_id))
        return _polled(video_generation(sight, base_url=public_base_url(request)), sight)


class Videos(_Videos):
    """Jobs: a new one, and a list of them."""

    @extend_schema(**VIDEOS_CREATE)
    async def post(self, request: HttpRequest) -> HttpResponseBase:
        body = await read_body(request)
        base_url = public_base_url(request)
        _, submission = await self._submit(request, body, "videos")
        sight = await self._new_sight(submission)
        return _polled(openai_video(sight, base_url=base_url), sight)

    @extend_schema(**VIDEOS_LIST)
    async def get(self, request: HttpRequest) -> HttpResponseBase:
        rows, has_more = await generations_list(
            caller=self.caller,
            kind=Generation.Kind.VIDEO,
            after=request.GET.get("after", ""),
            limit=_limit(request.GET.get("limit")),
            newest_first=_newest_first(request.GET.get("order")),
        )
        base_url = public_base_url(request)
        sights = await asyncio.gather(*(self._sight(row) for row in rows))
        return JsonResponse(
            {
                "object": "list",
                "data": [openai_video(sight, base_url=base_url) for sight in sights],
                "first_id": rows[0].public_id if rows else None,
                "last_id": rows[-1].public_id if rows else None,
                "has_more": has_more,
            }
        )


class VideoDetail(_Videos):
    @extend_schema(**VIDEOS_GET)
    async def get(self, request: HttpRequest, video_id: str) -> HttpResponseBase:
        sight = await self._sight(await self._find(video_id))
        return _polled(openai_video(sight, base_url=public_base_url(request)), sight)

    @extend_schema(**VIDEOS_DELETE)
    async def delete(self, request: HttpRequest, video_id: str) -> HttpResponseBase:
        """Cancelled if nothing is spent; else it goes on, and only the operator still sees it."""
        generation = await self._find(video_id)
        await generation_hide(public_id=generation.public_id, caller=self.caller)
        return JsonResponse({"id": generation.public_id, "deleted": True, "object": "video.deleted"})


class VideoContent(_Videos):
    """The file itself, whole or in ranges, or its poster."""

    @extend_schema(**VIDEOS_CONTENT)
    async def get(self, request: HttpRequest, video_id: str) -> HttpResponseBase:
        generation = await self._find(video_id)
        variant = request.GET.get("variant") or "video"
        if variant == "spritesheet":
            raise NotSupported("Jimeng makes no spritesheets; variant can be video or thumbnail.", param="variant")
        if variant not in ("video", "thumbnail"):
            raise InvalidSpec("variant must be video or thumbnail.", param="variant")
        if generation.finished_at is None:
            percent = (await progress_of([generation])).percent
            raise VideoNotReady(f"The video is not finished yet ({percent} %).", public_id=generation.public_id)
        try:
            raise_if_failed([generation])
        except GatewayError as error:
            # Asking for this file again will not help, even where asking for another video would.
            seen = describe(self.as_seen_by_caller(error))
            return render(replace(seen, retry_after_s=None), request=request)
        answer = self._thumbnail if variant == "thumbnail" else self._video
        return await answer(request, generation)

    async def _video(self, request: HttpRequest, generation: Generation) -> HttpResponseBase:
        media = file_of(generation)
        if media.removed_at is not None:
            raise ResultRemoved(public_id=generation.public_id)
        try:
            return await lasting_response(request, media)
        except (MediaGone, OSError) as error:
            raise ResultUnavailable(NOT_FETCHED, public_id=generation.public_id) from error

    async def _thumbnail(self, request: HttpRequest, generation: Generation) -> HttpResponseBase:
        try:
            return await lasting_response(request, file_of(generation), thumbnail_response)
        except (MediaGone, FileNotFoundError) as error:
            raise NotFound("This video has no thumbnail.") from error


class Unsupported(AsyncAPIView):
    """What OpenAI's Sora could and Jimeng cannot. `what`: begins the sentence that says so."""

    what: ClassVar[str] = "This"

    async def get(self, request: HttpRequest, **kwargs: str) -> HttpResponseBase:
        self._refuse()

    async def post(self, request: HttpRequest, **kwargs: str) -> HttpResponseBase:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise NotSupported(f"{self.what} is not supported by Jimeng; nothing was made or spent.")


def _polled(
    content: Mapping[str, Any], sight: VideoSight, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> JsonResponse:
    """The object, and when to ask again while there is something to ask for."""
    response = JsonResponse(content, status=status, headers={**(headers or {})})
    if sight.generation.finished_at is None:
        response[POLL_HEADER] = str(poll_after_ms(sight.progress))
    return response


def _limit(text: str | None) -> int:
    told = InvalidSpec(f"limit must be a whole number between 1 and {PAGE_MAX}.", param="limit")
    try:
        limit = Integer().run_validation(text)
    except serializers.ValidationError as error:
        raise told from error
    if limit is not None and not 1 <= limit <= PAGE_MAX:
        raise told
    return PAGE_DEFAULT if limit is None else int(limit)


def _newest_first(order: str | None) -> bool:
    if order not in (None, "", "asc", "desc"):
        raise InvalidSpec("order must be asc or desc.", param="order")
    return order != "asc"
