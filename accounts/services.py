"""The door to the pool: keeping accounts, lending them, and what is learned of them. No network here.

Lending is in accounts/leases.py; its names are the door's too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts import vault
from accounts.leases import LeaseAnswer, LeaseWant, LentAccount, leases_release, leases_sweep, leases_take
from accounts.models import Account, CreditSnapshot
from accounts.rotation import BARRED_FOR, SHANGHAI, FailureClass, rest_until

__all__ = [
    "LeaseAnswer",
    "LeaseWant",
    "LentAccount",
    "account_add",
    "account_checked_in",
    "account_credits_read",
    "account_failed",
    "account_probe_postponed",
    "account_probed_alive",
    "account_refund",
    "account_replace_sessionid",
    "account_unreadable",
    "accounts_enable",
    "accounts_read_balance",
    "accounts_request_probe",
    "accounts_succeeded",
    "accounts_wake",
    "leases_release",
    "leases_sweep",
    "leases_take",
    "may_check_in",
    "passthrough_accounts",
    "passthrough_find",
    "passthrough_forget",
]

# After a generation the balance is read again, but only when the account has come to rest.
BALANCE_REFRESH_AFTER = timedelta(seconds=30)
# Rests that a generation submitted before cannot end by succeeding.
ENDED_BY_TIME = (
    Account.RestReason.THROTTLED,
    Account.RestReason.RISK_HOLD,
    Account.RestReason.NO_CREDITS,
    Account.RestReason.REGION,
    Account.RestReason.OPERATOR,
)
PASSTHROUGH_SEEN_EVERY = timedelta(hours=1)  # how often a used pass-through login is marked as seen


# --- keeping accounts -------------------------------------------------------------------------


def account_add(
    *, sessionid: str, name: str = "", source: str = Account.Source.OPERATOR, notes: str = ""
) -> tuple[Account, bool]:
    """Store a login. Returns the row and whether it is new; a pass-through login added here joins the pool."""
    fingerprint = vault.fingerprint(sessionid)
    account = Account.objects.filter(fingerprint=fingerprint).first()
    if account is None:
        try:
            with transaction.atomic():
                return _account_insert(sessionid, fingerprint, name=name, source=source, notes=notes), True
        except IntegrityError:  # another request stored it a moment ago
            account = Account.objects.get(fingerprint=fingerprint)
    if source == Account.Source.OPERATOR and account.source != source:
        account.source, account.name = source, name or account.name
        account.save(update_fields=["source", "name"])
    return account, False


def _account_insert(sessionid: str, fingerprint: str, *, name: str, source: str, notes: str) -> Account:
    web_id, uid_tt = vault.device_of(fingerprint)
    return Account.objects.create(
        name=name or f"…{sessionid[-4:]}",
        fingerprint=fingerprint,
        sessionid_encrypted=vault.encrypt(sessionid),
        sessionid_tail=sessionid[-4:],
        web_id=web_id,
        uid_tt=uid_tt,
        source=source,
        notes=notes,
        # A caller's login is probed by its use; the pool's are looked at once they are stored.
        probe_due_at=timezone.now() if source == Account.Source.OPERATOR else None,
    )


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


def account_replace_sessionid(*, account: Account, sessionid: str) -> None:
    """Give an account a new login; device identity and history stay, and it is probed soon."""
    account.fingerprint = vault.fingerprint(sessionid)
    account.sessionid_encrypted = vault.encrypt(sessionid)
    account.sessionid_tail = sessionid[-4:]
    account.save(update_fields=["fingerprint", "sessionid_encrypted", "sessionid_tail"])
    accounts_wake(account_ids=[account.pk])


def accounts_request_probe(*, account_ids: Collection[int]) -> int:
    """Ask the engine to look at these accounts now."""
    return Account.objects.filter(pk__in=account_ids).update(probe_due_at=timezone.now())


def accounts_enable(*, account_ids: Collection[int], enabled: bool) -> int:
    """Let the pool use these accounts, or not. Returns how many changed."""
    return Account.objects.filter(pk__in=account_ids).exclude(enabled=enabled).update(enabled=enabled)


def accounts_wake(*, account_ids: Collection[int]) -> int:
    """End rests and forget failures; the next probe says how it really is."""
    return Account.objects.filter(pk__in=account_ids).update(
        health=Account.Health.UNKNOWN,
        rest_until=None,
        rest_reason="",
        failures_in_a_row=0,
        barred={},
        probe_due_at=timezone.now(),
    )


# --- what is learned ----------------------------------------------------------------------------


def accounts_succeeded(*, account_ids: Collection[int], at: datetime) -> None:
    """A finished generation: they are well. Writes only to rows that say otherwise, and to idle ones' probe time."""
    ill = Account.objects.filter(pk__in=account_ids).exclude(health=Account.Health.ALIVE, failures_in_a_row=0)
    # It was submitted before such a rest began, and so proves nothing about its reason.
    held = Q(health=Account.Health.RESTING, rest_until__gt=at, rest_reason__in=ENDED_BY_TIME)
    ill.exclude(held).update(health=Account.Health.ALIVE, rest_until=None, rest_reason="", failures_in_a_row=0)
    accounts_read_balance(account_ids=account_ids, at=at)


def accounts_read_balance(*, account_ids: Collection[int], at: datetime) -> None:
    """What a generation has really cost is read once its account has come to rest."""
    soon = at + BALANCE_REFRESH_AFTER
    ended = Account.objects.filter(pk__in=account_ids)
    ended.exclude(probe_due_at__gt=at, probe_due_at__lte=soon).update(probe_due_at=soon)


def account_refund(*, account_id: int, cost_credits: int) -> None:
    """A lent generation was refused: its reservation is no longer counted as spent."""
    Account.objects.filter(pk=account_id).update(
        spent_since_read=Greatest(F("spent_since_read") - cost_credits, Value(0))
    )


@transaction.atomic
def account_failed(
    *,
    account_id: int,
    failure: FailureClass,
    code: str,
    detail: str,
    at: datetime,
    retry_after_s: float | None = None,
    model_key: str = "",
) -> None:
    """Take a failure that is the account's fault: out until probed, barred from one model, or at rest for a while."""
    account = Account.objects.select_for_update().filter(pk=account_id).first()
    if account is None:
        return
    account.last_error_code, account.last_error_detail, account.last_error_at = code[:40], detail[:300], at
    if failure is FailureClass.BARRED:
        account.barred = {**account.barred, model_key: (at + BARRED_FOR).isoformat()}
    else:
        rests_until = account.rest_until if account.health == Account.Health.RESTING else None
        already_resting = rests_until is not None and rests_until > at
        is_expired = account.health == Account.Health.EXPIRED
        if not already_resting and not is_expired:  # several generations that fail together are one failure
            account.failures_in_a_row += 1
        if failure is FailureClass.EXPIRED:
            account.health, account.rest_until, account.rest_reason = Account.Health.EXPIRED, None, ""
            account.probe_due_at = at + timedelta(seconds=settings.JIMENG_PROBE_INTERVAL_S)
        elif not is_expired:  # only a probe revives it
            until = rest_until(
                failure, failures_in_a_row=max(1, account.failures_in_a_row), at=at, retry_after_s=retry_after_s
            )
            if rests_until is None or until > rests_until:  # a short rest never ends a long one
                account.health = Account.Health.RESTING
                account.rest_reason = Account.RestReason(failure.value)
                account.rest_until = until
    account.save()


@transaction.atomic
def account_credits_read(
    *, account_id: int, gift: int, purchase: int, vip: int, gift_expires_at: datetime | None, at: datetime
) -> None:
    """Store a balance. An account that rested for want of credits wakes when it has some."""
    Account.objects.filter(pk=account_id).update(
        gift_credits=gift,
        purchase_credits=purchase,
        vip_credits=vip,
        gift_expires_at=gift_expires_at,
        credits_at=at,
        spent_since_read=0,
    )
    if gift + purchase + vip > 0:
        Account.objects.filter(pk=account_id, rest_reason=Account.RestReason.NO_CREDITS).update(
            health=Account.Health.ALIVE, rest_until=None, rest_reason="", failures_in_a_row=0
        )
    last = CreditSnapshot.objects.filter(account_id=account_id).order_by("-at").first()
    if last is None or (last.gift, last.purchase, last.vip) != (gift, purchase, vip):
        CreditSnapshot.objects.create(account_id=account_id, gift=gift, purchase=purchase, vip=vip, at=at)


@transaction.atomic
def account_probed_alive(*, account_id: int, user_id: str, screen_name: str, at: datetime) -> None:
    """A probe found the login alive. A rest that only time ends (risk hold, busy) goes on until its time."""
    Account.objects.filter(pk=account_id).update(
        upstream_user_id=user_id[:40],
        screen_name=screen_name[:100],
        probed_at=at,
        probe_due_at=at + timedelta(seconds=settings.JIMENG_PROBE_INTERVAL_S),
    )
    revived = (Account.Health.UNKNOWN, Account.Health.EXPIRED)
    Account.objects.filter(pk=account_id, health__in=revived).update(
        health=Account.Health.ALIVE, failures_in_a_row=0, rest_until=None, rest_reason=""
    )
    Account.objects.filter(pk=account_id, rest_reason=Account.RestReason.UNREACHABLE).update(
        health=Account.Health.ALIVE, failures_in_a_row=0, rest_until=None, rest_reason=""
    )


def account_unreadable(*, account_id: int, at: datetime) -> None:
    """The stored sessionid cannot be decrypted: it is as good as expired until it is replaced."""
    account_failed(
        account_id=account_id,
        failure=FailureClass.EXPIRED,
        code="unreadable",
        detail="No key of JIMENG_ENCRYPTION_KEYS decrypts its sessionid. Give the old key back, or paste it anew.",
        at=at,
    )


def account_probe_postponed(*, account_id: int, until: datetime) -> None:
    """A probe could not be made; try again then."""
    Account.objects.filter(pk=account_id).update(probe_due_at=until)


def account_checked_in(*, account_id: int, at: datetime) -> None:
    """Today's gift (Shanghai day) was asked for."""
    Account.objects.filter(pk=account_id).update(checked_in_on=at.astimezone(SHANGHAI).date())


def may_check_in(account: Account, *, at: datetime) -> bool:
    return account.checked_in_on != at.astimezone(SHANGHAI).date()
