"""Videos as their clients read them: OpenAI's `Video`, the object of `/v1/videos/generations`, the waiting answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NotRequired, TypedDict

from generation.errors import ResultUnavailable, error_class
from generation.models import Generation, Media
from generation.services import Attached, Progress, media_read
from openai_compat.presenters import (
    Effective,
    ImageItem,
    JimengFacts,
    Usage,
    base64_of,
    effective_of,
    facts_of,
    no_usage,
    result_url,
)
from openai_compat.serializers.images import Representation

Status = Generation.Status
VideoStatus = Literal["queued", "in_progress", "completed", "failed"]
STATUS_OF: Final[dict[str, VideoStatus]] = {
    Status.QUEUED: "queued",
    Status.RUNNING: "in_progress",
    Status.SUBMITTING: "in_progress",
    Status.SUBMITTED: "in_progress",
    Status.SUCCEEDED: "completed",
    Status.FAILED: "failed",
    Status.CANCELLED: "failed",
}
NOT_FETCHED: Final = "The video was made, but its file cannot be fetched now; it will be tried again."
# openai-python reads the first header only and keeps to it: a twentieth of the whole is little to wait in vain.
POLL_SHARE: Final = 1 / 20
POLL_MIN_MS, POLL_MAX_MS = 500, 5000
POLL_UNKNOWN_MS: Final = 1000
POLL_HEADER: Final = "openai-poll-after-ms"


class Failure(TypedDict):
    code: str
    message: str


class VideoFile(TypedDict):
    """`duration`: seconds."""

    url: str
    duration: float


class VideoEffective(Effective):
    """What was done, or will be while the video is not there. `seconds`: of the video."""

    seconds: int


class OpenAIVideo(TypedDict):
    """OpenAI's `Video` with three of our own: `task_id` (the id again), `jimeng`, and `video` when it is there."""

    id: str
    task_id: str
    object: Literal["video"]
    status: VideoStatus
    progress: int
    created_at: int
    completed_at: int | None
    expires_at: None
    error: Failure | None
    model: str
    prompt: str
    remixed_from_video_id: None
    seconds: str
    size: str
    jimeng: JimengFacts
    video: NotRequired[VideoFile]


class VideoGeneration(TypedDict):
    """A job of `/v1/videos/generations`, its id under all the names that pollers look for."""

    id: str
    request_id: str
    task_id: str
    object: Literal["video.generation"]
    status: VideoStatus
    progress: int
    created: int
    created_at: int
    completed_at: NotRequired[int]
    model: str
    error: Failure | None
    data: NotRequired[list[ImageItem]]
    videoUrl: NotRequired[str]
    video: NotRequired[VideoFile]
    jimeng: JimengFacts


class VideoAnswer(TypedDict):
    """What a waiting request gets. With its id, for clients that ask for it once more."""

    id: str
    request_id: str
    status: VideoStatus
    created: int
    data: list[ImageItem]
    videoUrl: str
    usage: Usage
    jimeng: JimengFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoSight:
    """A video at one moment. `media`: its file, None while there is none."""

    generation: Generation
    progress: Progress
    media: Media | None = None
    attached: Attached = ""

    @property
    def files(self) -> Sequence[Media]:
        return () if self.media is None else (self.media,)

    @property
    def percent(self) -> int:
        """0…100; of a failed one 0: nothing is there."""
        is_over = self.generation.status in (Status.FAILED, Status.CANCELLED)
        return 0 if is_over else self.progress.percent


def openai_video(sight: VideoSight, *, base_url: str) -> OpenAIVideo:
    """The object of the jobs API."""
    generation, effective = sight.generation, video_effective(sight.generation, sight.media)
    answer = OpenAIVideo(
        id=generation.public_id,
        task_id=generation.public_id,
        object="video",
        status=STATUS_OF[generation.status],
        progress=sight.percent,
        created_at=int(generation.created_at.timestamp()),
        completed_at=_completed_at(generation),
        expires_at=None,
        error=failure_of(generation),
        model=generation.model,
        prompt=generation.prompt,
        remixed_from_video_id=None,
        seconds=str(effective["seconds"]),
        size=f"{effective['width']}x{effective['height']}",
        jimeng=facts_of([generation], effective, sight.attached),
    )
    if sight.media is not None and generation.status == Status.SUCCEEDED:
        answer["video"] = _file(generation, sight.media, base_url)
    return answer


def video_generation(sight: VideoSight, *, base_url: str) -> VideoGeneration:
    """The object that the pollers of `/v1/videos/generations` read."""
    generation = sight.generation
    created = int(generation.created_at.timestamp())
    answer = VideoGeneration(
        id=generation.public_id,
        request_id=generation.public_id,
        task_id=generation.public_id,
        object="video.generation",
        status=STATUS_OF[generation.status],
        progress=sight.percent,
        created=created,
        created_at=created,
        model=generation.model,
        error=failure_of(generation),
        jimeng=facts_of([generation], video_effective(generation, sight.media), sight.attached),
    )
    completed_at = _completed_at(generation)
    if completed_at is not None:
        answer["completed_at"] = completed_at
    if sight.media is not None and generation.status == Status.SUCCEEDED:
        file = _file(generation, sight.media, base_url)
        answer["data"] = [ImageItem(url=file["url"], revised_prompt=generation.prompt)]
        answer["videoUrl"] = file["url"]
        answer["video"] = file
    return answer


async def video_answer(
    generation: Generation, *, representation: Representation, base_url: str, attached: Attached = ""
) -> VideoAnswer:
    """The answer for a video that is there, `media` prefetched. Raises ResultUnavailable."""
    media = file_of(generation)
    url = result_url(media, base_url=base_url)
    item = ImageItem(revised_prompt=generation.prompt)
    if representation != "b64_json":
        item["url"] = url
    if representation != "url":
        item["b64_json"] = await base64_of(await media_content(media))
    return VideoAnswer(
        id=generation.public_id,
        request_id=generation.public_id,
        status="completed",
        created=_completed_at(generation) or int(generation.created_at.timestamp()),
        data=[item],
        videoUrl=url,
        usage=no_usage(),
        jimeng=facts_of([generation], video_effective(generation, media), attached),
    )


def poll_after_ms(progress: Progress) -> int:
    """When asking again is worth it, from the forecast."""
    if progress.eta_s is None:
        return POLL_UNKNOWN_MS
    return min(max(round(progress.eta_s * 1000 * POLL_SHARE), POLL_MIN_MS), POLL_MAX_MS)


def file_of(generation: Generation) -> Media:
    """The result of a finished video, `media` prefetched. Raises ResultUnavailable."""
    for media in generation.media.all():
        return media
    raise ResultUnavailable(NOT_FETCHED, public_id=generation.public_id)


async def media_content(media: Media) -> bytes:
    """The whole file, from storage, else from the upstream. Raises ResultUnavailable."""
    try:
        return await media_read(media)
    except ResultUnavailable as error:
        raise ResultUnavailable(NOT_FETCHED) from error


def failure_of(generation: Generation) -> Failure | None:
    """Why there is no result; None unless it is certain that there will be none."""
    if generation.status not in (Status.FAILED, Status.CANCELLED):
        return None
    error = error_class(generation.error_code)(generation.error_detail)
    return Failure(code=error.code, message=error.detail)


def video_effective(generation: Generation, media: Media | None) -> VideoEffective:
    """What was made as far as the file says, else what was ordered."""
    seconds = generation.spec["seconds"]
    if media is not None and media.duration_s:
        seconds = max(1, round(media.duration_s))
    effective = effective_of(generation, () if media is None else (media,))
    return VideoEffective(**{**effective, "n": 1}, seconds=seconds)  # type: ignore[typeddict-item]  # the same keys


def _file(generation: Generation, media: Media, base_url: str) -> VideoFile:
    return VideoFile(
        url=result_url(media, base_url=base_url), duration=media.duration_s or float(generation.spec["seconds"])
    )


def _completed_at(generation: Generation) -> int | None:
    if generation.status != Status.SUCCEEDED or generation.finished_at is None:
        return None
    return int(generation.finished_at.timestamp())
