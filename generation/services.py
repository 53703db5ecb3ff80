"""The door to generations: for the OpenAI surface, pages, admin and commands.

Asking is in generation/asking.py, waiting in generation/following.py; their names are the door's too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import DatabaseError
from django.utils import timezone

from generation import transitions
from generation.asking import (
    Ask,
    Attached,
    Caller,
    Submission,
    generation_find,
    generation_submit,
    note_answer,
)
from generation.engine import runtime
from generation.errors import UnknownGeneration, error_class
from generation.following import Update, generation_follow, generation_wait, generation_watch, progress_of
from generation.inputs import InputSource, StoredInput, UrlSource, read_inputs
from generation.key_limits import api_key_allowance
from generation.media_links import media_path, media_signature_is_valid, preview_path, thumbnail_path
from generation.models import EngineBeat, Generation, Media
from generation.progress import Progress
from generation.results import MediaGone, media_heal, media_read, media_refetch
from generation.viewing import Viewer, parts_of
from jimeng_site.database import in_database

__all__ = [
    "Ask",
    "Attached",
    "Caller",
    "InputSource",
    "MediaGone",
    "Progress",
    "StoredInput",
    "Submission",
    "Update",
    "UrlSource",
    "api_key_allowance",
    "generation_cancel",
    "generation_cancel_seen",
    "generation_find",
    "generation_follow",
    "generation_get",
    "generation_hide",
    "generation_submit",
    "generation_wait",
    "generation_watch",
    "generations_list",
    "media_heal",
    "media_of",
    "media_path",
    "media_read",
    "media_refetch",
    "media_signature_is_valid",
    "note_answer",
    "preview_path",
    "progress_of",
    "raise_if_failed",
    "read_inputs",
    "readiness",
    "thumbnail_path",
]

# --- looking ------------------------------------------------------------------------------------


async def generation_get(*, public_id: str, caller: Caller) -> list[Generation]:
    """All generations of one request of this caller, with `media` and `inputs` prefetched.

    `public_id`: of any of them. Raises UnknownGeneration.
    """

    def load() -> list[Generation]:
        visible = Generation.objects.for_caller(owner=caller.owner, account_ids=caller.account_ids)
        visible = visible.prefetch_related("media", "inputs")
        found = visible.filter(public_id=public_id).first()
        if found is None or not found.group_id:
            return [] if found is None else [found]
        return list(visible.filter(group_id=found.group_id).order_by("pk"))

    found = await in_database(load)
    if not found:
        raise UnknownGeneration
    return found


async def generations_list(
    *, caller: Caller, kind: str, after: str = "", limit: int = 20, newest_first: bool = True
) -> tuple[list[Generation], bool]:
    """A page of this caller's generations of a kind, and whether more follow. `after`: the last id of the page before.

    Raises UnknownGeneration for an `after` that is none of the caller's.
    """

    def load() -> list[Generation]:
        mine = Generation.objects.of_caller(owner=caller.owner, account_ids=caller.account_ids).filter(kind=kind)
        visible = mine.filter(hidden_at__isnull=True)
        if after:
            # Perhaps deleted by its caller since the page before.
            last_pk = mine.filter(public_id=after).values_list("pk", flat=True).first()
            if last_pk is None:
                raise UnknownGeneration(param="after")
            visible = visible.filter(**{"pk__lt" if newest_first else "pk__gt": last_pk})
        ordered = visible.order_by("-pk" if newest_first else "pk").prefetch_related("media")
        return list(ordered[: limit + 1])

    rows = await in_database(load)
    return rows[:limit], len(rows) > limit


async def generation_cancel(*, public_id: str, caller: Caller) -> bool:
    """Cancel what of the request has spent nothing yet; False if it is too late for all. Raises UnknownGeneration."""
    return await _cancel_all(await generation_get(public_id=public_id, caller=caller))


async def generation_cancel_seen(*, public_id: str, viewer: Viewer) -> bool:
    """The same by a person at a page, of what this person may see."""
    return await _cancel_all(await in_database(parts_of, viewer, public_id))


async def _cancel_all(found: Sequence[Generation]) -> bool:
    won = [each.pk for each in found if await in_database(_cancel, each)]
    running = runtime.current()
    if won and running is not None:
        running.hub.nudge(won)
    return bool(won)


def _cancel(generation: Generation) -> bool:
    return transitions.mark_cancelled(generation_id=generation.pk, public_id=generation.public_id, at=timezone.now())


async def generation_hide(*, public_id: str, caller: Caller) -> None:
    """Take a request out of the API's sight; what has spent nothing is cancelled, the rest stays in the history.

    Raises UnknownGeneration.
    """
    await generation_cancel(public_id=public_id, caller=caller)
    found = await generation_get(public_id=public_id, caller=caller)
    ids = [each.pk for each in found]
    await in_database(lambda: Generation.objects.filter(pk__in=ids).update(hidden_at=timezone.now()))


def raise_if_failed(generations: Sequence[Generation]) -> None:
    """Raise the stored error (its class, detail, public_id) if no generation of the request succeeded."""
    if any(each.status == Generation.Status.SUCCEEDED for each in generations):
        return
    errors = [
        error_class(each.error_code)(each.error_detail, public_id=each.public_id, retry_after_s=each.retry_after_s)
        for each in generations
    ]
    # If any part may have been paid for, the caller must not be told that repeating is safe.
    raise min(errors, key=lambda error: error.safe_to_repeat)


# --- results ------------------------------------------------------------------------------------


async def media_of(generations: Sequence[Generation]) -> list[Media]:
    """What is stored of these so far, open ones too, with `generation`; in order."""
    ids = [each.pk for each in generations]
    stored = Media.objects.filter(generation_id__in=ids).select_related("generation")
    return await in_database(lambda: list(stored.order_by("generation_id", "position")))


# --- the process ----------------------------------------------------------------------------------


async def readiness() -> dict[str, Any]:
    """`ready`, and what it depends on: the database answers, and an engine is here or stands by.

    `beat_age_s`: how long ago the engine, wherever it runs, gave its last sign of life; None if it never did.
    """

    def ask() -> float | None:
        beat = EngineBeat.objects.order_by("pk").values_list("beat_at", flat=True).first()
        return None if beat is None else round((timezone.now() - beat).total_seconds(), 1)

    running = runtime.current()
    facts: dict[str, Any] = {"engine": "stopped", **(running.runner.describe() if running is not None else {})}
    try:
        facts["beat_age_s"] = await in_database(ask)
        facts["database"] = "ok"
    except DatabaseError:
        facts["database"] = "unreachable"
    return {"ready": facts["database"] == "ok" and facts["engine"] != "stopped", **facts}
