"""Requests of any kind at any moment, as `/v1/generations/{id}` tells them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NotRequired, TypedDict

from generation.errors import GatewayError
from generation.models import Generation, Media
from generation.services import Progress, raise_if_failed
from openai_compat.errors import WIRE, ErrorType
from openai_compat.presenters import Effective, JimengFacts, effective_of, facts_of, result_url
from openai_compat.video_presenters import video_effective

Status = Generation.Status
# Of a request in several parts that is not over, the furthest one speaks: whether something is spent.
_FURTHEST_FIRST: Final = tuple(reversed(Generation.OPEN))
_ENDS: Final = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)


class ResultItem(TypedDict):
    """`width`, `height`: pixels; `duration`: seconds of a video. None: not known."""

    url: str
    content_type: str
    width: int | None
    height: int | None
    duration: NotRequired[float | None]


class GenerationFailure(TypedDict):
    code: str
    message: str
    type: ErrorType


class GenerationObject(TypedDict):
    """`status`: queued, running, submitting, submitted, succeeded, failed or cancelled. `data`: what is there so far.

    `eta_s`: seconds that it may still take; `queue_position`: 1 is next. None: not known.
    """

    id: str
    object: Literal["generation"]
    kind: str
    operation: str
    status: str
    progress: int
    queue_position: int | None
    queue_length: int | None
    eta_s: float | None
    created_at: int
    finished_at: int | None
    model: str
    prompt: str
    data: list[ResultItem]
    error: GenerationFailure | None
    jimeng: JimengFacts


def generation_object(generations: Sequence[Generation], progress: Progress, *, base_url: str) -> GenerationObject:
    """Of all generations of one request, `media` prefetched."""
    first, status = generations[0], status_of(generations)
    media = [each for generation in generations for each in generation.media.all()]
    is_lost = status in (Status.FAILED, Status.CANCELLED)
    ends = [each.finished_at for each in generations if each.finished_at is not None]
    return GenerationObject(
        id=first.public_id,
        object="generation",
        kind=first.kind,
        operation=first.operation,
        status=status,
        progress=0 if is_lost else progress.percent,
        queue_position=progress.queue_position,
        queue_length=progress.queue_length,
        eta_s=None if progress.eta_s is None else round(progress.eta_s, 1),
        created_at=int(first.created_at.timestamp()),
        finished_at=int(max(ends).timestamp()) if len(ends) == len(generations) else None,
        model=first.model,
        prompt=first.prompt,
        data=[_item(each, base_url) for each in media if each.file or each.upstream_url],
        error=_failure(generations) if is_lost else None,
        jimeng=facts_of(generations, _effective(generations, media)),
    )


def status_of(generations: Sequence[Generation]) -> str:
    """Of the whole request: open while a part is, succeeded when one has."""
    found = {generation.status for generation in generations}
    return str(next(status for status in (*_FURTHEST_FIRST, *_ENDS) if status in found))


def _item(media: Media, base_url: str) -> ResultItem:
    item = ResultItem(
        url=result_url(media, base_url=base_url),
        content_type=media.content_type,
        width=media.width,
        height=media.height,
    )
    if media.kind == Generation.Kind.VIDEO:
        item["duration"] = media.duration_s
    return item


def _effective(generations: Sequence[Generation], media: Sequence[Media]) -> Effective:
    """What was done; what is being done while nothing is there."""
    first = generations[0]
    if first.kind == Generation.Kind.VIDEO:
        return video_effective(first, media[0] if media else None)
    effective = effective_of(first, media)
    return effective if media else {**effective, "n": sum(each.spec["count"] for each in generations)}


def _failure(generations: Sequence[Generation]) -> GenerationFailure | None:
    try:
        raise_if_failed(generations)
    except GatewayError as error:
        return GenerationFailure(code=error.code, message=error.detail, type=WIRE[type(error)].type)
    return None
