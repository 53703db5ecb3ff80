"""Pictures as events: each as it comes (`partial_image`), and the last ones with the end (`completed`)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from generation.errors import ResultUnavailable
from generation.models import Generation, Media
from generation.services import Submission, generation_follow, media_of, media_read, note_answer, raise_if_failed
from openai_compat.presenters import base64_of, images_response, output_format_of, quality_of
from openai_compat.serializers.images import ImagesRequest
from openai_compat.sse import KEEP_ALIVE, KEEP_ALIVE_S, large_event


async def image_events(submission: Submission, *, asked: ImagesRequest, base_url: str) -> AsyncIterator[bytes]:
    """`image_generation.*`, or `image_edit.*` for edits. One `completed` per picture.

    A `partial_image` is a whole picture that is ready before the others of its request, at most as many as
    `partial_images` asks for. Raises what failed generations raise.
    """
    prefix = "image_edit" if asked.operation == "edits" else "image_generation"
    shown: set[int] = set()
    yield KEEP_ALIVE  # the headers reach the client at once
    async for update in generation_follow(submission.generations, beat_s=KEEP_ALIVE_S):
        if update.finished is not None:
            note_answer(update.finished)
            raise_if_failed(update.finished)
            async for each in _completed(update.finished, submission, asked=asked, prefix=prefix, base_url=base_url):
                yield each
            return
        if update.progress.ready and len(shown) < asked.partial_images:
            for media in await media_of(submission.generations):
                if media.pk not in shown and media.file and len(shown) < asked.partial_images:
                    yield await _partial(media, index=len(shown), prefix=prefix, asked=asked)
                    shown.add(media.pk)
        yield KEEP_ALIVE


async def _partial(media: Media, *, index: int, prefix: str, asked: ImagesRequest) -> bytes:
    kind = f"{prefix}.partial_image"
    generation: Generation = media.generation
    content = {
        "type": kind,
        "partial_image_index": index,
        "b64_json": await base64_of(await media_read(media)),
        "created_at": int(media.created_at.timestamp()),
        "size": f"{media.width}x{media.height}",
        "quality": quality_of(generation.spec["resolution"]),
        "background": "opaque",
        "output_format": output_format_of([media]),
        "jimeng": {"id": generation.public_id, "position": media.position},
    }
    return await large_event(content, name=kind)


async def _completed(
    finished: list[Generation], submission: Submission, *, asked: ImagesRequest, prefix: str, base_url: str
) -> AsyncIterator[bytes]:
    """One event a picture, so that none is lost to clients that ask for several."""
    answer = await images_response(finished, representation="b64_json", base_url=base_url, attached=submission.attached)
    kind = f"{prefix}.completed"
    readable = [item for item in answer["data"] if "b64_json" in item]
    if not readable:
        raise ResultUnavailable(public_id=finished[0].public_id)
    for item in readable:
        content = {
            "type": kind,
            "b64_json": item["b64_json"],
            "revised_prompt": item["revised_prompt"],
            "created_at": answer["created"],
            "size": answer["size"],
            "quality": answer["quality"],
            "background": answer["background"],
            "output_format": answer["output_format"],
            "usage": answer["usage"],
            "jimeng": answer["jimeng"],
        }
        yield await large_event(content, name=kind)
