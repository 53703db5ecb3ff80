"""The outbox: messages to channels and webhooks are written here, in the transaction of what they tell."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.alert_words import AlertFacts
from accounts.models import AlertChannel, AlertKind, Delivery
from jimeng_site.sql import insert_rows

PRUNED_AT_ONCE = 2000  # rows a transaction: SQLite has one writer
Progress = Delivery.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEvent:
    """Something that the owner of an API key is to hear of. `message_id` equal: the same event, written once."""

    message_id: str
    api_key_id: int
    event: str
    subject: str
    payload: Mapping[str, Any]


def alert_post(*, channels: Collection[AlertChannel], facts: AlertFacts, at: datetime) -> list[Delivery]:
    """Write one message for each channel, in the caller's transaction."""
    return Delivery.objects.bulk_create(
        Delivery(
            channel=each,
            event=f"alert.{facts['kind']}",
            subject=facts["label"][:120],
            payload=facts,
            due_at=at,
            created_at=at,
        )
        for each in channels
    )


def channel_test(*, channel: AlertChannel, at: datetime) -> Delivery:
    """Send a test to a channel, enabled or not."""
    moment = at.isoformat()
    facts = AlertFacts(
        kind=AlertKind.TEST, phase="raised", subject="", label=channel.name, detail={}, count=1, since=moment, at=moment
    )
    return alert_post(channels=[channel], facts=facts, at=at)[0]


def webhook_events_post(*, events: Sequence[WebhookEvent], at: datetime) -> None:
    """Write events for the webhooks of API keys, in the caller's transaction."""
    names = ("message_id", "channel", "api_key", "event", "subject", "payload", "progress", "attempts", "due_at")
    rows = [
        (each.message_id, None, each.api_key_id, each.event, each.subject, dict(each.payload), Progress.WAITING, 0, at)
        for each in events
    ]
    insert_rows(
        Delivery,
        (*names, "last_error", "created_at", "delivered_at"),
        [(*row, "", at, None) for row in rows],
        ignore_conflicts=True,
    )


def deliveries_again(*, delivery_ids: Collection[int], at: datetime) -> int:
    """Send these once more, whatever became of them, with all their attempts before them. Returns how many."""
    return Delivery.objects.filter(pk__in=delivery_ids).update(
        progress=Progress.WAITING, attempts=0, due_at=at, last_error="", delivered_at=None
    )


def deliveries_prune(*, older_than: datetime) -> int:
    """Forget messages that are delivered or given up. Returns how many."""
    pruned = 0
    while True:
        old = Delivery.objects.filter(due_at__isnull=True, created_at__lt=older_than).order_by("pk")
        with transaction.atomic():
            ids = list(old.values_list("pk", flat=True)[:PRUNED_AT_ONCE])
            Delivery.objects.filter(pk__in=ids).delete()
        pruned += len(ids)
        if len(ids) < PRUNED_AT_ONCE:
            return pruned
