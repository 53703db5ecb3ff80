"""The same person twice: an account that turns out to be an older one with a new sessionid is merged into it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from accounts.alerts import alerts_resolve
from accounts.bulk import bulk_items_done
from accounts.health import account_probed_alive, subject_of
from accounts.models import Account, AccountEvent, AlertKind, ApiKey, BulkTask, ImportEntry, RenewalLink
from accounts.timeline import account_events_add


@transaction.atomic
def account_merge(*, account_id: int, at: datetime) -> Account | None:
    """If this account of the pool, just probed alive, is the same Jimeng user as an older one, merge it into that.

    The older one keeps its name, device, history and credits, and takes the newer sessionid; generations, tags, notes
    and the keys' permissions move to it, and the newer row goes. Returns the older account; None if there is none, or
    if generations hold or name the newer one: then a later probe merges them.
    """
    newer = Account.objects.in_pool().filter(pk=account_id).exclude(upstream_user_id="").first()
    if newer is None:
        return None
    same = Account.objects.in_pool().filter(upstream_user_id=newer.upstream_user_id, pk__lte=newer.pk)
    both = list(same.select_for_update().order_by("pk"))
    if len(both) < 2 or both[-1].pk != newer.pk or _is_in_use(newer):
        return None
    older, newer = both[0], both[-1]
    for kind in BulkTask.Kind:  # before the row goes, and with it what points to it
        bulk_items_done(account_id=newer.pk, kind=kind, outcome="merged", detail=older.name, at=at)
    _move(newer, older)
    newer_login = newer.login_since >= older.login_since or older.health == Account.Health.EXPIRED
    newer.delete()  # first: a sessionid belongs to one account
    older.tags = list(dict.fromkeys((*older.tags, *newer.tags)))
    older.notes = _joined_notes(older.notes, newer.notes)
    older.checked_in_on = max(filter(None, (older.checked_in_on, newer.checked_in_on)), default=None)
    if newer_login:
        _take_login(older, newer, at=at)
    if not older.proxy_encrypted:
        older.proxy_encrypted, older.proxy_label = newer.proxy_encrypted, newer.proxy_label
    older.save()
    account_events_add(
        account_ids=[older.pk],
        kind=AccountEvent.Kind.MERGED,
        at=at,
        name=newer.name,
        added_at=newer.created_at.isoformat(),
        sessionid_ends_in=newer.sessionid_tail,
    )
    account_probed_alive(account_id=older.pk, user_id=newer.upstream_user_id, screen_name=newer.screen_name, at=at)
    Account.objects.filter(pk=older.pk).update(probe_due_at=at)  # its balance is read with the login it has now
    return older


def _is_in_use(account: Account) -> bool:
    """Lent out, or waited for by generations that may use no other."""
    if account.leases.exists():
        return True
    waiting = account.generations.model.objects.filter(finished_at__isnull=True, account_ids__isnull=False)
    return any(account.pk in (ids or ()) for ids in waiting.values_list("account_ids", flat=True))


def _move(newer: Account, older: Account) -> None:
    newer.generations.update(account=older)
    RenewalLink.objects.filter(account=newer).update(account=older)
    ImportEntry.objects.filter(account=newer).update(account=older)
    for key in ApiKey.objects.filter(allowed_accounts=newer):
        key.allowed_accounts.add(older)
    older.last_used_at = Account.objects.filter(pk__in=(newer.pk, older.pk)).aggregate(at=Max("last_used_at"))["at"]
    kinds = (AlertKind.ACCOUNT_EXPIRED, AlertKind.ACCOUNT_EXPIRING, AlertKind.RISK_HOLD)
    alerts_resolve(kinds=kinds, subject=subject_of(newer.pk), at=newer.probed_at or newer.created_at)


def _take_login(older: Account, newer: Account, *, at: datetime) -> None:
    older.fingerprint = newer.fingerprint
    older.sessionid_encrypted, older.sessionid_tail = newer.sessionid_encrypted, newer.sessionid_tail
    older.login_since, older.login_expires_at = newer.login_since, newer.login_expires_at
    ended = (AlertKind.ACCOUNT_EXPIRED, AlertKind.ACCOUNT_EXPIRING)
    alerts_resolve(kinds=ended, subject=subject_of(older.pk), at=at)


def _joined_notes(first: str, second: str) -> str:
    return first if not second or second in first else f"{first}\n{second}" if first else second
