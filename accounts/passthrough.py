"""Logins that callers bring themselves: kept outside the pool, made on first sight."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from accounts import vault
from accounts.keeping import account_add
from accounts.models import Account

PASSTHROUGH_SEEN_EVERY = timedelta(hours=1)  # how often a used pass-through login is marked as seen


def passthrough_accounts(*, sessionids: Sequence[str]) -> list[Account]:
    """The accounts behind bare sessionids, made on first sight; outside the shared pool."""
    now = timezone.now()
    found = []
    for sessionid in dict.fromkeys(sessionids):
        account, _ = account_add(sessionid=sessionid, source=Account.Source.PASSTHROUGH)
        found.append(account)
    unseen = [
        each.pk for each in found if each.last_used_at is None or now - each.last_used_at > PASSTHROUGH_SEEN_EVERY
    ]
    Account.objects.filter(pk__in=unseen).update(last_used_at=now)
    return found


def passthrough_find(*, sessionids: Sequence[str]) -> list[Account]:
    """Those of these logins that are stored; nothing is made for the others."""
    fingerprints = [vault.fingerprint(sessionid) for sessionid in sessionids]
    return list(Account.objects.filter(fingerprint__in=fingerprints))


def passthrough_forget(*, unused_since: datetime) -> int:
    """Drop pass-through logins that nobody used; their generations stay. Returns how many."""
    idle = Account.objects.filter(source=Account.Source.PASSTHROUGH, last_used_at__lt=unused_since, leases=None)
    return idle.delete()[1].get("accounts.Account", 0)
