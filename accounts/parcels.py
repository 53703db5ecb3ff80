"""Messages on their way out of the outbox: sent at least once, each under one lasting id.

Who sends claims first: a conditional update moves `due_at` ahead, so that no two processes send the same at once. A
claim that nobody settles comes due again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import InvalidToken
from django.db.models import F, Q
from django.utils.translation import gettext_noop as _

from accounts import vault
from accounts.models import AlertChannel, AlertKind, Delivery

PAUSES = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
CLAIMED_FOR = timedelta(minutes=1)  # several times what a message may take
SEEN_AT_ONCE = 64
PER_RECEIVER = 2  # messages on their way to one receiver: a slow one must not take all places
TEST_EVENT = f"alert.{AlertKind.TEST}"
Progress = Delivery.Status

# Stored in English, shown in the language of whoever looks.
_CHANNEL_OFF = _("The channel is disabled.")
_KEY_OFF = _("The API key is disabled, or has no webhook any more.")
_UNREADABLE = _("No key of JIMENG_ENCRYPTION_KEYS decrypts the address or the secret: enter it anew.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A claimed message with all that its sending needs. `is_guarded`: to public addresses only."""

    id: int
    message_id: str
    event: str
    receiver: str
    medium: str
    target: str = field(repr=False)
    secret: str = field(repr=False)
    language: str
    payload: dict[str, Any] = field(repr=False)
    created_at: datetime
    claimed_until: datetime
    attempt: int
    is_guarded: bool


def deliveries_claim(
    *, at: datetime, limit: int, under_way: Collection[str] = (), only: int | None = None
) -> list[Parcel]:
    """Take what is due, soonest first, for this process. `under_way`: the receiver of each message being sent now.

    `only`: this message and no other.
    """
    busy = Counter(under_way)
    due = Delivery.objects.filter(due_at__lte=at)
    if only is not None:
        due = due.filter(pk=only)
    if full := [each for each in busy if busy[each] >= PER_RECEIVER]:
        due = due.exclude(_to(full))
    ids = list(due.order_by("due_at").values_list("pk", flat=True)[:SEEN_AT_ONCE]) if limit > 0 else []
    if not ids:
        return []
    parcels: list[Parcel] = []
    for row in Delivery.objects.filter(pk__in=ids).select_related("channel", "api_key").order_by("due_at"):
        receiver = _receiver(row)
        if busy[receiver] >= PER_RECEIVER or len(parcels) >= limit or row.due_at is None:
            continue
        until = at + CLAIMED_FOR
        same = Delivery.objects.filter(pk=row.pk, due_at=row.due_at)
        if not same.update(due_at=until, attempts=F("attempts") + 1):
            continue  # another process took it
        parcel = _parcel(row, until)
        if isinstance(parcel, str):
            _give_up(row.pk, parcel)
        else:
            busy[receiver] += 1
            parcels.append(parcel)
    return parcels


def _to(receivers: Collection[str]) -> Q:
    numbers = {
        kind: [each.partition(":")[2] for each in receivers if each.startswith(kind)] for kind in ("channel", "key")
    }
    channels = Q(channel__isnull=False, channel_id__in=numbers["channel"])
    return channels | Q(api_key__isnull=False, api_key_id__in=numbers["key"])


def _receiver(row: Delivery) -> str:
    return f"channel:{row.channel_id}" if row.channel_id is not None else f"key:{row.api_key_id}"


def _parcel(row: Delivery, until: datetime) -> Parcel | str:
    """All that the sending needs, or why it is not sent any more."""
    channel, key = row.channel, row.api_key
    try:
        if channel is not None:
            if not channel.enabled and row.event != TEST_EVENT:
                return _CHANNEL_OFF
            medium, language = channel.format, channel.language
            target = vault.decrypt(channel.target_encrypted)
            encrypted = channel.secret_encrypted
        elif key is not None and key.enabled and key.webhook_url:
            medium, language = AlertChannel.Format.WEBHOOK, "en"
            target, encrypted = key.webhook_url, key.webhook_secret_encrypted
        else:
            return _KEY_OFF
        secret = vault.decrypt(encrypted) if encrypted else ""
    except InvalidToken:
        return _UNREADABLE
    return Parcel(
        id=row.pk,
        message_id=row.message_id,
        event=row.event,
        receiver=_receiver(row),
        medium=medium,
        target=target,
        secret=secret,
        language=language,
        payload=row.payload,
        created_at=row.created_at,
        claimed_until=until,
        attempt=row.attempts + 1,
        is_guarded=channel is None,
    )


def delivery_delivered(*, parcel: Parcel, at: datetime) -> None:
    Delivery.objects.filter(pk=parcel.id, progress=Progress.WAITING).update(
        progress=Progress.DELIVERED, due_at=None, last_error="", delivered_at=at
    )


def delivery_failed(*, parcel: Parcel, error: str, at: datetime) -> None:
    """Try again after a pause, or give up after the last; a test is tried once. `error` must hold no secret."""
    if parcel.attempt > len(PAUSES) or parcel.event == TEST_EVENT:
        _give_up(parcel.id, error)
        return
    mine = Delivery.objects.filter(pk=parcel.id, due_at=parcel.claimed_until)
    mine.update(due_at=at + PAUSES[parcel.attempt - 1], last_error=error[:300])


def _give_up(delivery_id: int, reason: str) -> None:
    Delivery.objects.filter(pk=delivery_id, progress=Progress.WAITING).update(
        progress=Progress.FAILED, due_at=None, last_error=reason[:300]
    )
