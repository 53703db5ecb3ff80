"""Generations as OpenAI's dictionaries, with our own facts under `jimeng`."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Sequence
from typing import Any, Final, NotRequired, TypedDict

from django.conf import settings
from django.http import HttpRequest

from generation.errors import ResultUnavailable
from generation.models import Generation, Media
from generation.services import Attached, media_path, media_read
from openai_compat.serializers.images import Representation

logger = logging.getLogger(__name__)

# Above this, encoding leaves the event loop.
OFF_LOOP_BYTES: Final = 256 * 1024
_QUALITY_OF: Final = {"1k": "low", "2k": "medium", "4k": "high"}


class ImageItem(TypedDict):
    url: NotRequired[str]
    b64_json: NotRequired[str]
    revised_prompt: str


class TokenDetails(TypedDict):
    image_tokens: int
    text_tokens: int


class Usage(TypedDict):
    """Zeros: Jimeng counts credits, not tokens. Some clients fail where it is absent."""

    input_tokens: int
    input_tokens_details: TokenDetails
    output_tokens: int
    output_tokens_details: TokenDetails
    total_tokens: int


class Failed(TypedDict):
    id: str
    code: str
    message: str


class Effective(TypedDict):
    """What was done. `n`: pictures delivered. `seed` None: not known."""

    model: str
    width: int
    height: int
    ratio: str
    resolution: str
    n: int
    seed: int | None


# Made in a lower resolution than was asked for.
Downgraded = TypedDict("Downgraded", {"from": str, "to": str})


class JimengFacts(TypedDict):
    """`ids`: when the request became several generations. `failed`: those of them that brought nothing.

    `attached`: this answers a repetition with what was stored before, found by `idempotency_key` or as a `retry`.
    `downgraded`: where the key allows a lower resolution than the one asked for, and no account may make that.
    """

    id: str
    ids: NotRequired[list[str]]
    failed: NotRequired[list[Failed]]
    model: str
    requested: dict[str, Any]
    effective: Effective
    credits: int
    credits_source: str
    account: str
    attached: NotRequired[Attached]
    downgraded: NotRequired[Downgraded]
    sandbox: NotRequired[bool]


class ImagesResponse(TypedDict):
    created: int
    data: list[ImageItem]
    background: str
    output_format: str
    quality: str
    size: str
    usage: Usage
    jimeng: JimengFacts
    input_images: NotRequired[int]
    composition_type: NotRequired[str]


def public_base_url(request: HttpRequest) -> str:
    """Where clients reach us, no slash at the end. Raises DisallowedHost."""
    base_url: str = settings.PUBLIC_BASE_URL
    return base_url or f"{request.scheme}://{request.get_host()}"


async def images_response(
    generations: Sequence[Generation], *, representation: Representation, base_url: str, attached: Attached = ""
) -> ImagesResponse:
    """The answer for final generations, `media` prefetched, of which at least one succeeded.

    Raises ResultUnavailable when all are in the trash, and when they are wanted themselves and none can be read.
    """
    done = [generation for generation in generations if generation.status == Generation.Status.SUCCEEDED]
    # Never more than was asked for: what the upstream made beyond that is in the history.
    pictures = [
        (generation, media) for generation in done for media in list(generation.media.all())[: generation.spec["count"]]
    ]
    items = await asyncio.gather(
        *(_item(generation, media, representation, base_url) for generation, media in pictures)
    )
    if not items or (representation == "b64_json" and not any("b64_json" in item for item in items)):
        raise ResultUnavailable(public_id=done[0].public_id)
    effective = effective_of(done[0], [media for _, media in pictures])
    answer = ImagesResponse(
        created=max(int(generation.finished_at.timestamp()) for generation in done if generation.finished_at),
        data=items,
        background="opaque",
        output_format=output_format_of([media for _, media in pictures]),
        quality=quality_of(effective["resolution"]),
        size=f"{effective['width']}x{effective['height']}",
        usage=no_usage(),
        jimeng=facts_of(generations, effective, attached),
    )
    if generations[0].operation == "compositions":
        answer["input_images"] = len(generations[0].spec["inputs"])
        answer["composition_type"] = "multi_image_synthesis"
    return answer


def result_url(media: Media, *, base_url: str) -> str:
    """An absolute address of the file: ours when stored here and settings say so, else the upstream's.

    Ours, too, of what was removed on purpose: there it says so, while the upstream's has died.
    """
    if settings.JIMENG_RESULT_URL == "upstream" and media.upstream_url:
        return media.upstream_url
    return base_url + media_path(media) if media.file or media.removed_at else media.upstream_url


async def _item(generation: Generation, media: Media, representation: Representation, base_url: str) -> ImageItem:
    item = ImageItem(revised_prompt=generation.prompt)
    if representation != "b64_json":
        item["url"] = result_url(media, base_url=base_url)
    if representation != "url":
        try:
            item["b64_json"] = await base64_of(await media_read(media))
        except ResultUnavailable:
            # It is paid for, and the other pictures are there: its address may work later.
            about = {"action": "result_unreadable", "generation": generation.public_id}
            logger.warning("A result is given as address only", extra=about)
            item["url"] = result_url(media, base_url=base_url)
    return item


async def base64_of(content: bytes) -> str:
    if len(content) > OFF_LOOP_BYTES:
        content = await asyncio.to_thread(base64.b64encode, content)
    else:
        content = base64.b64encode(content)
    return content.decode("ascii")


def quality_of(resolution: str) -> str:
    """OpenAI's word for a class."""
    return _QUALITY_OF.get(resolution, "auto")


def output_format_of(media: Sequence[Media]) -> str:
    """What the files are, by content type; what the upstream makes by default when none is stored yet."""
    kinds = [each.content_type.partition("/")[2] for each in media if each.content_type]
    return kinds[0] if kinds else "webp"


def effective_of(generation: Generation, media: Sequence[Media]) -> Effective:
    """What was done for this generation's request, or will be: `media` are the results so far."""
    spec = generation.spec
    first = media[0] if media else None
    return Effective(
        model=generation.model,
        width=first.width if first is not None and first.width else spec["width"],
        height=first.height if first is not None and first.height else spec["height"],
        ratio=spec["ratio"],
        resolution=spec["resolution"],
        n=len(media),
        seed=generation.seed,
    )


def facts_of(generations: Sequence[Generation], effective: Effective, attached: Attached = "") -> JimengFacts:
    """Our own facts about a request, finished or not. What failed is not counted among the credits."""
    failed = [each for each in generations if each.status in (Generation.Status.FAILED, Generation.Status.CANCELLED)]
    counted = [each for each in generations if each not in failed]
    facts = JimengFacts(
        id=generations[0].public_id,
        model=effective["model"],
        requested=generations[0].requested,
        effective=effective,
        credits=sum(generation.credits_estimated for generation in counted),
        credits_source="price list",
        account=", ".join(dict.fromkeys(each.account_label for each in counted if each.account_label)),
    )
    if len(generations) > 1:
        facts["ids"] = [generation.public_id for generation in generations]
    if failed:
        facts["failed"] = [
            Failed(id=each.public_id, code=each.error_code, message=each.error_detail) for each in failed
        ]
    if attached:
        facts["attached"] = attached
    lowered = [each for each in counted or generations if each.resolution_asked != each.spec.get("resolution", "")]
    if lowered:
        facts["downgraded"] = {"from": lowered[0].resolution_asked, "to": lowered[0].spec["resolution"]}
    if settings.JIMENG_UPSTREAM == "sandbox":
        facts["sandbox"] = True
    return facts


def no_usage() -> Usage:
    return Usage(
        input_tokens=0,
        input_tokens_details=TokenDetails(image_tokens=0, text_tokens=0),
        output_tokens=0,
        output_tokens_details=TokenDetails(image_tokens=0, text_tokens=0),
        total_tokens=0,
    )
