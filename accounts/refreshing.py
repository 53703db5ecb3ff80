"""When balances are read again: after use, and once credits have lapsed. No network here."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta

from accounts.models import Account

# After a generation the balance is read again, but only when the account has come to rest.
BALANCE_REFRESH_AFTER = timedelta(seconds=30)
# After credits have lapsed: each account at its own moment within these minutes.
LAPSE_REFRESH_AFTER, LAPSE_REFRESH_SPREAD = timedelta(minutes=2), timedelta(minutes=8)


def accounts_read_balance(*, account_ids: Collection[int], at: datetime) -> None:
    """What a generation has really cost is read once its account has come to rest."""
    soon = at + BALANCE_REFRESH_AFTER
    ended = Account.objects.filter(pk__in=account_ids)
    ended.exclude(probe_due_at__gt=at, probe_due_at__lte=soon).update(probe_due_at=soon)


def account_probe_after(*, account_id: int, lapse: datetime) -> None:
    """Look at it soon after its credits have lapsed, unless it is looked at before: a new day brings a new gift."""
    due_at = lapse + LAPSE_REFRESH_AFTER + LAPSE_REFRESH_SPREAD * drawn(account_id, lapse.isoformat())
    Account.objects.filter(pk=account_id, probe_due_at__gt=due_at).update(probe_due_at=due_at)


def drawn(account_id: int, occasion: str) -> float:
    """A number from 0 up to 1 that is always the same for an account and an occasion."""
    digest = hashlib.sha256(f"{account_id}|{occasion}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
