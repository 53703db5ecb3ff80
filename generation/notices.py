"""Events for the webhooks of API keys: written in the transaction that ends the last generation of a request."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, TypedDict

from django.conf import settings
from django.db import connection
from django.db.models import Q

from accounts import services as accounts
from accounts.models import ApiKey
from accounts.services import WebhookEvent
from generation.media_links import media_path
from generation.models import Generation, Media

Status = Generation.Status


class EventError(TypedDict):
    code: str
    message: str


class EventData(TypedDict):
    """`urls`: absolute if PUBLIC_BASE_URL is set. `credits`: an estimate, of what Jimeng accepted."""

    id: str
    status: str
    kind: str
    model: str
    urls: list[str]
    error: EventError | None
    credits: int


def events_post(*, generation_ids: Collection[int], at: datetime, late: bool = False) -> None:
    """Tell the webhooks of those requests that are over with these generations, which were just made final.

    `late`: they were final before, as failed; the webhook hears of such a request a second time, as completed.
    One query if no key among them has a webhook. Must come last in its transaction: it locks their keys, so that of
    two transactions that end parts of one request the later sees both.
    """
    ended = _with_webhook(generation_ids)
    if not ended:
        return
    keys = {row.api_key_id for row in ended if row.api_key_id is not None}
    list(ApiKey.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").values_list("pk"))
    over = [parts for parts in _requests(ended) if all(part.status in Generation.FINAL for part in parts)]
    events = [_event(parts, late=late) for parts in over]
    accounts.webhook_events_post(events=events, at=at)


def _with_webhook(generation_ids: Collection[int]) -> list[Generation]:
    """Those whose key has a webhook, most often none: plain SQL, since every batch asks (docs/adr/0005-hot-sql.md)."""
    ids = sorted(generation_ids)
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_with_webhook_sql(len(ids)), ids)
        heard = [row[0] for row in cursor.fetchall()]
    return list(Generation.objects.filter(pk__in=heard).only("pk", "group_id", "api_key_id")) if heard else []


@lru_cache(maxsize=256)
def _with_webhook_sql(count: int) -> str:
    generations, keys = (connection.ops.quote_name(model._meta.db_table) for model in (Generation, ApiKey))
    return (
        f"SELECT g.id FROM {generations} g JOIN {keys} k ON k.id = g.api_key_id "  # noqa: S608  (our own names)
        f"WHERE k.enabled AND k.webhook_url <> '' AND g.id IN ({', '.join(['%s'] * count)})"
    )


def _requests(ended: Sequence[Generation]) -> list[list[Generation]]:
    """The generations of each request, as they are now, with `media`."""
    wanted = Q(pk__in=[row.pk for row in ended if not row.group_id])
    groups = {row.group_id for row in ended if row.group_id}
    if groups:
        wanted |= Q(group_id__in=groups)
    found: dict[str, list[Generation]] = defaultdict(list)
    for row in Generation.objects.filter(wanted).order_by("pk").prefetch_related("media"):
        found[row.group_id or row.public_id].append(row)
    return list(found.values())


def _event(parts: Sequence[Generation], *, late: bool) -> WebhookEvent:
    """What became of a request. Its id is derived from the request's: the same event is never written twice."""
    first = parts[0]
    done = [part for part in parts if part.status == Status.SUCCEEDED]
    event_id = "evt_" + first.public_id.partition("_")[2]
    if late:  # each part that came late is news
        event_id += f"_late{len(done)}"
    ended_at = max(part.finished_at for part in parts if part.finished_at is not None)
    event = f"{first.kind}.{'completed' if done else 'failed'}"
    data = EventData(
        id=first.public_id,
        status=Status.SUCCEEDED if done else first.status,
        kind=first.kind,
        model=first.model,
        urls=[_url(media) for part in done for media in _results(part)],
        error=None if done else EventError(code=first.error_code, message=first.error_detail),
        credits=sum(part.credits_estimated for part in parts if part.history_record_id),
    )
    payload: dict[str, Any] = {
        "id": event_id,
        "object": "event",
        "created_at": int(ended_at.timestamp()),
        "type": event,
        "data": data,
    }
    assert first.api_key_id is not None  # noqa: S101  (only such were looked for)
    return WebhookEvent(
        message_id=event_id, api_key_id=first.api_key_id, event=event, subject=first.public_id, payload=payload
    )


def _results(part: Generation) -> list[Media]:
    """Never more than was asked for, as in an answer."""
    results = sorted(part.media.all(), key=lambda media: media.position)
    return results[: part.spec["count"]] if part.kind == Generation.Kind.IMAGE else results


def _url(media: Media) -> str:
    """Ours when it is stored here and settings say so, else the upstream's, which dies within hours."""
    if not media.file or (settings.JIMENG_RESULT_URL == "upstream" and media.upstream_url):
        return media.upstream_url
    return f"{settings.PUBLIC_BASE_URL}{media_path(media)}"
