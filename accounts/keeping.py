"""Keeping accounts: adding, renewing, switching, and what a person decides about their rest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts import vault
from accounts.alerts import alerts_resolve
from accounts.entries import Entry
from accounts.health import subject_of
from accounts.models import Account, AccountEvent, AlertKind
from accounts.proxies import proxy_columns
from accounts.proxy_addresses import parse_proxy
from accounts.timeline import account_events_add

Event = AccountEvent.Kind


def account_add(
    *,
    sessionid: str,
    name: str = "",
    source: str = Account.Source.OPERATOR,
    notes: str = "",
    login_expires_at: datetime | None = None,
    actor: str = "",
) -> tuple[Account, bool]:
    """Store a login. Returns the row and whether it is new; a pass-through login added here joins the pool.

    `login_expires_at`: as its cookie says, None when it did not.
    """
    fingerprint = vault.fingerprint(sessionid)
    now = timezone.now()
    account = Account.objects.filter(fingerprint=fingerprint).first()
    if account is None:
        entry = Entry(line=1, sessionid=sessionid, name=name, notes=notes, login_expires_at=login_expires_at)
        account = new_account(entry, fingerprint=fingerprint, source=source, at=now)
        try:
            with transaction.atomic():
                account.save(force_insert=True)
                _note_added(account, actor=actor, at=now)
            return account, True
        except IntegrityError:  # another request stored it a moment ago
            account = Account.objects.get(fingerprint=fingerprint)
    if source == Account.Source.OPERATOR and account.source != source:
        account.source, account.name = source, name or account.name
        account.probe_due_at = now
        with transaction.atomic():
            account.save(update_fields=["source", "name", "probe_due_at"])
            _note_added(account, actor=actor, at=now)
    return account, False


def _note_added(account: Account, *, actor: str, at: datetime) -> None:
    if account.source == Account.Source.OPERATOR:  # callers' own logins come and go
        account_events_add(account_ids=[account.pk], kind=Event.ADDED, at=at, actor=actor)


def new_account(entry: Entry, *, fingerprint: str, source: str = Account.Source.OPERATOR, at: datetime) -> Account:
    """The row of a login that is not stored yet, unsaved."""
    web_id, uid_tt = vault.device_of(fingerprint)
    return Account(
        name=entry.name or f"…{entry.sessionid[-4:]}",
        fingerprint=fingerprint,
        sessionid_encrypted=vault.encrypt(entry.sessionid),
        sessionid_tail=entry.sessionid[-4:],
        web_id=entry.web_id or web_id,
        uid_tt=entry.uid_tt or uid_tt,
        source=source,
        notes=entry.notes,
        tags=list(entry.tags),
        priority=entry.priority or 0,
        concurrency_cap=entry.cap,
        **proxy_columns(parse_proxy(entry.proxy) if entry.proxy else None, at=at),
        enabled=entry.enabled is not False,
        upstream_user_id=entry.user_id,
        login_since=entry.login_since or at,
        login_expires_at=entry.login_expires_at,
        created_at=at,
        # A caller's login is probed by its use; the pool's are looked at once they are stored.
        probe_due_at=at if source == Account.Source.OPERATOR else None,
    )


@transaction.atomic
def account_replace_sessionid(
    *, account: Account, sessionid: str, login_expires_at: datetime | None = None, actor: str = ""
) -> None:
    """Give an account a new login; device identity and history stay, and it is probed soon.

    `login_expires_at`: as its cookie says, None when it did not. Raises IntegrityError if another account has it.
    """
    now = timezone.now()
    account.fingerprint = vault.fingerprint(sessionid)
    account.sessionid_encrypted = vault.encrypt(sessionid)
    account.sessionid_tail = sessionid[-4:]
    account.login_since, account.login_expires_at = now, login_expires_at
    account.save(
        update_fields=["fingerprint", "sessionid_encrypted", "sessionid_tail", "login_since", "login_expires_at"]
    )
    account_events_add(account_ids=[account.pk], kind=Event.RENEWED, at=now, actor=actor)
    ended = (AlertKind.ACCOUNT_EXPIRED, AlertKind.ACCOUNT_EXPIRING)
    alerts_resolve(kinds=ended, subject=subject_of(account.pk), at=now)
    _revive([account.pk], at=now)


@transaction.atomic
def accounts_tag(*, account_ids: Collection[int], add: Sequence[str] = (), remove: Sequence[str] = ()) -> int:
    """Give tags to accounts and take others away. Returns how many changed."""
    changed = []
    for account in Account.objects.select_for_update().filter(pk__in=account_ids).order_by("pk"):
        tags = [tag for tag in dict.fromkeys((*account.tags, *add)) if tag not in remove]
        if tags != account.tags:
            account.tags = tags
            changed.append(account)
    Account.objects.bulk_update(changed, ["tags"], batch_size=200)
    return len(changed)


def accounts_request_probe(*, account_ids: Collection[int]) -> int:
    """Ask the engine to look at these accounts now."""
    return Account.objects.filter(pk__in=account_ids).update(probe_due_at=timezone.now())


@transaction.atomic
def accounts_enable(*, account_ids: Collection[int], enabled: bool, actor: str = "") -> int:
    """Let the pool use these accounts, or not. Returns how many changed."""
    others = Account.objects.filter(pk__in=account_ids).exclude(enabled=enabled)
    changed = list(others.values_list("pk", flat=True))
    Account.objects.filter(pk__in=changed).update(enabled=enabled)
    kind = Event.ENABLED if enabled else Event.DISABLED
    account_events_add(account_ids=changed, kind=kind, at=timezone.now(), actor=actor)
    return len(changed)


@transaction.atomic
def accounts_remove(*, account_ids: Collection[int]) -> int:
    """Delete accounts; their generations stay. Those that serve a generation just now stay too. Returns how many."""
    idle = Account.objects.filter(pk__in=account_ids, leases=None)
    return idle.delete()[1].get("accounts.Account", 0)


@transaction.atomic
def accounts_wake(*, account_ids: Collection[int], actor: str = "") -> int:
    """End rests and forget failures; the next probe says how it really is."""
    now = timezone.now()
    account_events_add(account_ids=account_ids, kind=Event.WOKEN, at=now, actor=actor)
    return _revive(account_ids, at=now)


def _revive(account_ids: Collection[int], *, at: datetime) -> int:
    return Account.objects.filter(pk__in=account_ids).update(
        health=Account.Health.UNKNOWN,
        rest_until=None,
        rest_reason="",
        ill_since=None,
        failures_in_a_row=0,
        barred={},
        probe_due_at=at,
    )


@transaction.atomic
def accounts_rest(*, account_ids: Collection[int], until: datetime, actor: str = "") -> int:
    """Send accounts to rest for a person's reasons. What they have begun goes on. An expired login stays expired."""
    now = timezone.now()
    rows = Account.objects.filter(pk__in=account_ids).exclude(health=Account.Health.EXPIRED)
    changed = list(rows.values_list("pk", flat=True))
    Account.objects.filter(pk__in=changed).update(
        health=Account.Health.RESTING,
        rest_until=until,
        rest_reason=Account.RestReason.OPERATOR,
        ill_since=now,
    )
    rows = Account.objects.filter(pk__in=changed)
    rows.filter(Q(probe_due_at__isnull=True) | Q(probe_due_at__gt=until)).update(probe_due_at=until)
    account_events_add(
        account_ids=changed, kind=Event.RESTED, at=now, actor=actor, reason="operator", until=until.isoformat()
    )
    return len(changed)
