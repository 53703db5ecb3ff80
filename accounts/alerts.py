"""Alerts: one row for each thing that a person should know, until it is over; told at once, and again while it lasts.

What flaps is told once: an alert that comes back within JIMENG_ALERT_QUIET_S waits for the rest of that time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from accounts import outbox
from accounts.alert_words import AlertFacts, Phase
from accounts.channels import channels_wanting, kinds_wanted
from accounts.models import Alert, AlertKind

POOL, ENGINE = "pool", "engine"  # subjects beside "account:12"


@transaction.atomic
def alert_raise(*, kind: AlertKind, subject: str, at: datetime, label: str = "", **detail: str | float | None) -> None:
    """Say that something is so. The same again counts up the row that is open. `subject`: "account:12", "pool", …

    The channels that want the kind are told in the caller's transaction. `detail` must hold no secret.
    """
    alert = _again(kind, subject, detail, at) or _begin(kind, subject, label[:120], detail, at)
    if alert is not None:
        _tell_if_due(alert, at=at)


def _again(kind: AlertKind, subject: str, detail: Mapping[str, object], at: datetime) -> Alert | None:
    """Count up the open row; None if there is none."""
    seen = Alert.objects.filter(kind=kind, subject=subject, resolved_at__isnull=True)
    if seen.update(count=F("count") + 1, last_at=at, detail=detail) == 0:
        return None
    return seen.first()


def _begin(kind: AlertKind, subject: str, label: str, detail: dict[str, str | float | None], at: datetime) -> Alert:
    told = Alert.objects.filter(kind=kind, subject=subject, told_at__gt=at - _quiet()).order_by("-told_at")
    # What was told a moment ago is not told again because it was over meanwhile.
    told_at = told.values_list("told_at", flat=True).first()
    try:
        with transaction.atomic():
            return Alert.objects.create(
                kind=kind, subject=subject, label=label, detail=detail, first_at=at, last_at=at, told_at=told_at
            )
    except IntegrityError:  # another process raised it a moment ago
        return Alert.objects.get(kind=kind, subject=subject, resolved_at__isnull=True)


def alerts_resolve(*, kinds: Collection[AlertKind], subject: str, at: datetime, tell: bool = True) -> int:
    """Say that it is over; those who were told are told this too, if `tell`. Returns how many alerts were open."""
    still = list(Alert.objects.filter(kind__in=kinds, subject=subject, resolved_at__isnull=True))
    return sum(_resolve(alert, at=at, tell=tell) for alert in still)


@transaction.atomic
def _resolve(alert: Alert, *, at: datetime, tell: bool) -> bool:
    is_mine = Alert.objects.filter(pk=alert.pk, resolved_at=None).update(resolved_at=at) == 1
    if is_mine and tell and _was_told(alert):
        _tell(alert, "over", at=at)
    return is_mine


def alerts_repeat(*, at: datetime) -> int:
    """Tell again what is open for long, and for the first time what no channel wanted. Returns how many were told."""
    waiting = Q(told_at__isnull=True) | Q(told_at__lte=at - _quiet())
    told = 0
    for alert in Alert.objects.filter(waiting, kind__in=kinds_wanted(), resolved_at__isnull=True):
        with transaction.atomic():
            told += _tell_if_due(alert, at=at)
    return told


def alerts_prune(*, older_than: datetime) -> int:
    return Alert.objects.filter(resolved_at__lt=older_than).delete()[0]


def account_of(subject: str) -> int | None:
    """The account that an alert is about; None if it is about something else."""
    kind, _, number = subject.partition(":")
    return int(number) if kind == "account" and number.isdigit() else None


def _quiet() -> timedelta:
    return timedelta(seconds=settings.JIMENG_ALERT_QUIET_S)


def _was_told(alert: Alert) -> bool:
    """Since it began: a row that came back within the quiet time has the `told_at` of the one before."""
    return alert.told_at is not None and alert.told_at >= alert.first_at


def _tell_if_due(alert: Alert, *, at: datetime) -> bool:
    """Tell it unless it was told within the quiet time; of several processes one does."""
    if alert.told_at is not None and at - alert.told_at < _quiet():
        return False
    phase: Phase = "again" if _was_told(alert) else "raised"
    if not channels_wanting(alert.kind):
        return False
    row = Alert.objects.filter(pk=alert.pk, told_at=alert.told_at, resolved_at__isnull=True)
    return bool(row.update(told_at=at)) and _tell(alert, phase, at=at)


def _tell(alert: Alert, phase: Phase, *, at: datetime) -> bool:
    facts = AlertFacts(
        kind=alert.kind,
        phase=phase,
        subject=alert.subject,
        label=alert.label,
        detail=alert.detail,
        count=alert.count,
        since=alert.first_at.isoformat(),
        at=at.isoformat(),
    )
    channels = channels_wanting(alert.kind)
    outbox.alert_post(channels=channels, facts=facts, at=at)
    return bool(channels)
