"""The timeline of an account: what happened to it, and who did it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from accounts.models import AccountEvent


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
