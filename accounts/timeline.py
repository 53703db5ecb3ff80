"""The timeline of an account: what happened to it, and who did it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts.models import AccountEvent

PRUNED_AT_ONCE = 2000  # rows a transaction: SQLite has one writer


def account_events_add(
    *,
    account_ids: Collection[int],
    kind: AccountEvent.Kind,
    at: datetime,
    actor: str = "",
    **detail: str | float | None,
) -> None:
    """Write one event for each account, in the caller's transaction. `actor`: a user's name, "" for the gateway.

    `detail` must hold no secret.
    """
    AccountEvent.objects.bulk_create(
        AccountEvent(account_id=account_id, kind=kind, at=at, actor=actor, detail=detail) for account_id in account_ids
    )


def account_events_prune(*, older_than: datetime) -> int:
    """Forget old events. Returns how many."""
    pruned = 0
    while True:
        with transaction.atomic():
            ids = list(
                AccountEvent.objects.filter(at__lt=older_than)
                .order_by("pk")
                .values_list("pk", flat=True)[:PRUNED_AT_ONCE]
            )
            AccountEvent.objects.filter(pk__in=ids).delete()
        pruned += len(ids)
        if len(ids) < PRUNED_AT_ONCE:
            return pruned
