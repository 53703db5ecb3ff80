"""The door to generations: for the OpenAI surface, pages, admin and commands."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.signing import BadSignature, Signer
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts.errors import PoolBusy
from accounts.models import ApiKey
from generation import transitions
from generation.catalog import image_credits
from generation.engine import runtime
from generation.engine.births import store_new
from generation.engine.completion import WaitEnded
from generation.errors import (
    IdempotencyConflict,
    ResultUnavailable,
    StillRunning,
    UnknownGeneration,
    error_class,
)
from generation.models import Generation, Media, new_generation_id
from generation.specs import ImageSpec, submission_counts
from generation.upstream.failures import UpstreamFailure
from jimeng_site.admission import leave
from jimeng_site.database import in_database

_CLIENT_CHARS = 120
_MEDIA_SALT = "generation.media"
_MAX_IMAGE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks: an API key, or bare logins (`account_ids` of pass-through accounts), or a page (neither)."""

    api_key: ApiKey | None = None
    account_ids: tuple[int, ...] | None = None
    client: str = ""


# --- asking -------------------------------------------------------------------------------------


async def generation_submit(
    *, spec: ImageSpec, caller: Caller, requested: dict[str, Any], idempotency_key: str | None = None
) -> list[Generation]:
    """Store a request as queued generations and hand them to the engine.

    Returns one generation, or several when the request is for more pictures than one submission yields.
    A repeated `idempotency_key` with the same request returns the generations stored before.
    Raises IdempotencyConflict, PoolBusy (the queue is full).
    """
    rows = _new_rows(spec, caller, requested, idempotency_key)
    running = runtime.current()
    if idempotency_key is not None:
        stored = await in_database(_store_once, rows, idempotency_key=idempotency_key)
    else:
        births = await running.births(rows) if running is not None else (await in_database(store_new, [rows]))[0]
        if isinstance(births, PoolBusy):
            raise births
        stored = births
    if running is not None:
        await running.runner.submit(stored)
    return stored


def _new_rows(
    spec: ImageSpec, caller: Caller, requested: dict[str, Any], idempotency_key: str | None
) -> list[Generation]:
    """One row a submission; the first carries the idempotency key and names the group."""
    now = timezone.now()
    counts = submission_counts(spec)
    group_id = new_generation_id() if len(counts) > 1 else ""
    spec_hash = spec.fingerprint()
    rows = []
    for number, count in enumerate(counts):
        part = replace(spec, count=count)
        row = Generation(
            group_id=group_id,
            api_key=caller.api_key,
            kind=Generation.Kind.IMAGE,
            model=spec.model,
            prompt=spec.prompt,
            spec=part.to_json(),
            spec_hash=spec_hash,
            requested=requested,
            account_ids=None if caller.account_ids is None else list(caller.account_ids),
            idempotency_key=idempotency_key if number == 0 else None,
            client=caller.client[:_CLIENT_CHARS],
            credits_estimated=image_credits(spec.info, spec.resolution, count),
            created_at=now,
            deadline_at=now + timedelta(seconds=settings.JIMENG_IMAGE_DEADLINE_S),
        )
        if group_id and number == 0:
            row.public_id = group_id
        rows.append(row)
    return rows


@transaction.atomic
def _store_once(rows: list[Generation], *, idempotency_key: str) -> list[Generation]:
    """As `store_new`, or what was stored before under this key."""
    before = _stored_before(rows[0], idempotency_key)
    if before is not None:
        return before
    try:
        with transaction.atomic():
            births = store_new([rows])[0]
    except IntegrityError:
        # The constraint decides races between two requests with one key: the other one was first.
        before = _stored_before(rows[0], idempotency_key)
        if before is None:
            raise
        return before
    if isinstance(births, PoolBusy):
        raise births
    return births


def _stored_before(row: Generation, idempotency_key: str) -> list[Generation] | None:
    if row.api_key_id is None:
        return None  # a pass-through caller has no key of ours that would own the idempotency key
    first = Generation.objects.filter(api_key_id=row.api_key_id, idempotency_key=idempotency_key).first()
    if first is None:
        return None
    if first.spec_hash != row.spec_hash:
        raise IdempotencyConflict
    if not first.group_id:
        return [first]
    return list(Generation.objects.filter(group_id=first.group_id).order_by("pk"))


async def generation_wait(generations: Sequence[Generation], *, timeout_s: float) -> list[Generation]:
    """Wait until all are final; returns them fresh, in order, with `media` prefetched (positions in order).

    Holds no thread and no connection. Failed ones are returned as they are: see `raise_if_failed`.
    Raises StillRunning(public_id=…) after `timeout_s`, or earlier when this process stops.
    """
    leave()  # the door of this process: others may come in while this one waits
    running = runtime.current()
    public_id = generations[0].public_id
    if running is None:
        raise StillRunning(public_id=public_id)
    try:
        async with asyncio.timeout(timeout_s):
            if len(generations) == 1:
                return [await running.hub.wait(generations[0].pk)]
            return list(await asyncio.gather(*(running.hub.wait(each.pk) for each in generations)))
    except (TimeoutError, WaitEnded) as error:
        raise StillRunning(public_id=public_id) from error


async def generation_get(*, public_id: str, caller: Caller) -> Generation:
    """The generation of this caller, with `media` prefetched. Raises UnknownGeneration."""

    def load() -> Generation | None:
        return (
            Generation.objects.for_caller(api_key=caller.api_key, account_ids=caller.account_ids)
            .prefetch_related("media")
            .filter(public_id=public_id)
            .first()
        )

    found = await in_database(load)
    if found is None:
        raise UnknownGeneration
    return found


async def generation_cancel(*, public_id: str, caller: Caller) -> bool:
    """Cancel while nothing is spent; False if it is too late. Raises UnknownGeneration."""
    found = await generation_get(public_id=public_id, caller=caller)
    won = await in_database(
        transitions.mark_cancelled, generation_id=found.pk, public_id=found.public_id, at=timezone.now()
    )
    running = runtime.current()
    if won and running is not None:
        running.hub.nudge([found.pk])
    return won


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


def media_path(media: Media) -> str:
    """The signed, lasting path of a result file on this server: `/media/med_….webp?s=…`."""
    suffix = (media.file.name or "").rpartition(".")[2] or "webp"
    signature = Signer(salt=_MEDIA_SALT).signature(media.public_id)
    return f"{settings.MEDIA_URL}{media.public_id}.{suffix}?s={signature}"


def media_signature_is_valid(public_id: str, signature: str) -> bool:
    try:
        Signer(salt=_MEDIA_SALT).unsign(f"{public_id}:{signature}")
    except BadSignature:
        return False
    return True


async def media_read(media: Media) -> bytes:
    """The bytes of a result file, from storage, else from the upstream. Raises ResultUnavailable."""
    if media.file:
        try:
            return await asyncio.to_thread(_read_file, media.file.name or "")
        except OSError as error:
            if not media.upstream_url:
                raise ResultUnavailable from error
    running = runtime.current()
    if running is None or not media.upstream_url:
        raise ResultUnavailable
    try:
        return (await running.client.download(media.upstream_url, max_bytes=_MAX_IMAGE_BYTES)).content
    except UpstreamFailure as error:
        raise ResultUnavailable from error


def _read_file(name: str) -> bytes:
    with default_storage.open(name) as file:
        content: bytes = file.read()
    return content


# --- the process ----------------------------------------------------------------------------------


async def readiness() -> dict[str, Any]:
    """`ready`, and what it depends on: the database answers, and an engine is here or stands by."""

    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    running = runtime.current()
    facts: dict[str, Any] = {"engine": "stopped", **(running.runner.describe() if running is not None else {})}
    try:
        await in_database(ask)
        facts["database"] = "ok"
    except DatabaseError:
        facts["database"] = "unreachable"
    return {"ready": facts["database"] == "ok" and facts["engine"] != "stopped", **facts}
