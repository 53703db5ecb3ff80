"""Alerts: one row for each thing that a person should know, until it is over."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import F

from accounts.models import Alert, AlertKind


@transaction.atomic
def alert_raise(*, kind: AlertKind, subject: str, at: datetime, label: str = "", **detail: str | float | None) -> None:
    """Say that something is so. The same again counts up the row that is open. `subject`: "account:12", "pool", …"""
    seen = Alert.objects.filter(kind=kind, subject=subject, resolved_at__isnull=True)
    if seen.update(count=F("count") + 1, last_at=at, detail=detail) == 0:
        Alert.objects.create(kind=kind, subject=subject, label=label[:120], detail=detail, first_at=at, last_at=at)


def alerts_resolve(*, kinds: Collection[AlertKind], subject: str, at: datetime) -> int:
    """Say that it is over. Returns how many alerts were open."""
    still = Alert.objects.filter(kind__in=kinds, subject=subject, resolved_at__isnull=True)
    return still.update(resolved_at=at)
