"""The door to the pool: keeping accounts, lending them, and what is learned of them. No network here.

Functions that end in a plural work on many at once and expect to run inside the caller's transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts import vault
from accounts.errors import GatewayError, PoolBusy, PoolEmpty, PoolOutOfCredits, UpstreamLoginExpired
from accounts.models import Account, CreditSnapshot, Lease, total_credits
from accounts.rotation import BARRED_FOR, SHANGHAI, Candidate, FailureClass, choose, rest_until
from jimeng_site.sql import insert_rows, update_where

# After a generation the balance is read again, but only when the account has come to rest.
BALANCE_REFRESH_AFTER = timedelta(seconds=30)
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
    return Account.objects.create(
        name=name or f"…{sessionid[-4:]}",
        fingerprint=fingerprint,
        sessionid_encrypted=vault.encrypt(sessionid),
        sessionid_tail=sessionid[-4:],
        web_id=vault.new_web_id(),
        uid_tt=vault.new_uid_tt(),
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
    unseen = [each.pk for each in found if each.last_used_at is None or now - each.last_used_at > PASSTHROUGH_SEEN_EVERY]
    Account.objects.filter(pk__in=unseen).update(last_used_at=now)
    return found


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


# --- lending ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseWant:
    """What a generation needs. `account_ids` None: the pool. `model_key`: "model/resolution"."""

    holder: str
    cost_credits: int
    model_key: str
    account_ids: tuple[int, ...] | None
    passed_over: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class LentAccount:
    """What the holder of a lease needs of the account."""

    id: int
    name: str
    sessionid_encrypted: str = field(repr=False)
    web_id: str
    uid_tt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseAnswer:
    """Exactly one is set: the account, the reason for a refusal, or (neither) wait; `wait_until` None: for a free place."""

    account: LentAccount | None = None
    refusal: GatewayError | None = None
    wait_until: datetime | None = None


def leases_take(*, wants: Sequence[LeaseWant], at: datetime, patience: timedelta) -> list[LeaseAnswer]:
    """Lend accounts to generations, first come first. `patience`: how long a rest is worth waiting for.

    Runs in the caller's transaction, which must be the only one that lends at this time.
    """
    named = {account_id for want in wants for account_id in want.account_ids or ()}
    rows = _lendable(named)
    lendable = {row["id"]: _lent(row) for row in rows}
    candidates = {row["id"]: _candidate(row, at) for row in rows}
    pool = [candidates[row["id"]] for row in rows if row["source"] == Account.Source.OPERATOR]
    hopeless: dict[object, LeaseAnswer] = {}  # equal wants have equal answers until something is lent
    answers = []
    for want in wants:
        kind = (want.cost_credits, want.model_key, want.account_ids, want.passed_over)
        answer = hopeless.get(kind)
        if answer is None:
            scope = pool if want.account_ids is None else [candidates[pk] for pk in want.account_ids if pk in candidates]
            fit = [each for each in scope if each.account_id not in want.passed_over]
            chosen = choose(fit, cost_credits=want.cost_credits, model_key=want.model_key)
            if chosen is None:
                answer = hopeless[kind] = _why_not(scope, fit, want, at=at, patience=patience)
            else:
                _reserve(chosen, want, at)
                answer = LeaseAnswer(account=lendable[chosen.account_id])
        answers.append(answer)
    _store_leases(wants, answers, at)
    return answers


_LENDING_FIELDS = (
    "id",
    "name",
    "sessionid_encrypted",
    "web_id",
    "uid_tt",
    "source",
    "concurrency_cap",
    "priority",
    "health",
    "rest_until",
    "barred",
    "gift_credits",
    "purchase_credits",
    "vip_credits",
    "spent_since_read",
    "gift_expires_at",
    "last_used_at",
)


def _lendable(named: Collection[int]) -> list[dict[str, Any]]:
    """The columns that lending needs, and `leases`; whole models would take four times as long to make."""
    wanted = Q(source=Account.Source.OPERATOR) | Q(pk__in=named) if named else Q(source=Account.Source.OPERATOR)
    rows = list(Account.objects.filter(wanted, enabled=True).order_by().values(*_LENDING_FIELDS))
    leases = Counter(Lease.objects.order_by().values_list("account_id", flat=True))
    for row in rows:
        row["leases"] = leases[row["id"]]
    return rows


def _lent(row: dict[str, Any]) -> LentAccount:
    return LentAccount(
        id=row["id"],
        name=row["name"],
        sessionid_encrypted=row["sessionid_encrypted"],
        web_id=row["web_id"],
        uid_tt=row["uid_tt"],
    )


def _candidate(row: dict[str, Any], at: datetime) -> Candidate:
    resting = row["health"] == Account.Health.RESTING
    still = resting and row["rest_until"] is not None and row["rest_until"] > at
    cap = settings.JIMENG_ACCOUNT_CONCURRENCY if row["concurrency_cap"] is None else row["concurrency_cap"]
    # After a rest one trial decides whether it is well again (half-open).
    cap = min(1, cap) if resting else cap
    balance = total_credits(
        row["gift_credits"], row["purchase_credits"], row["vip_credits"], spent=row["spent_since_read"]
    )
    lapses_at = row["gift_expires_at"] if row["gift_credits"] else None
    return Candidate(
        account_id=row["id"],
        priority=row["priority"],
        credits=balance,
        gift_expires_at=lapses_at if lapses_at is not None and lapses_at > at else None,
        leases=row["leases"],
        free=cap - row["leases"],
        last_used_at=row["last_used_at"],
        usable_at=row["rest_until"] if still else None,
        expired=row["health"] == Account.Health.EXPIRED,
        barred=frozenset(key for key, until in row["barred"].items() if datetime.fromisoformat(until) > at),
    )


def _reserve(chosen: Candidate, want: LeaseWant, at: datetime) -> None:
    chosen.leases += 1
    chosen.free -= 1
    chosen.last_used_at = at
    if chosen.credits is not None:
        chosen.credits -= want.cost_credits


def _why_not(
    scope: Sequence[Candidate], fit: Sequence[Candidate], want: LeaseWant, *, at: datetime, patience: timedelta
) -> LeaseAnswer:
    """Nobody can take it now: wait, or say why not."""
    if not scope:
        return LeaseAnswer(refusal=PoolEmpty())
    living = [each for each in fit if not each.expired and want.model_key not in each.barred]
    paying = [each for each in living if each.credits is None or each.credits >= want.cost_credits]
    if any(each.usable_at is None for each in paying):
        return LeaseAnswer()  # only full: a place comes free
    waking = min((each.usable_at for each in paying if each.usable_at is not None), default=None)
    if waking is not None:
        if waking - at <= patience:
            return LeaseAnswer(wait_until=waking)
        return LeaseAnswer(refusal=PoolBusy(retry_after_s=(waking - at).total_seconds()))
    if living and not paying:
        return LeaseAnswer(refusal=PoolOutOfCredits())
    if all(each.expired for each in scope):
        return LeaseAnswer(refusal=UpstreamLoginExpired())
    if any(want.model_key in each.barred for each in fit):
        return LeaseAnswer(refusal=PoolOutOfCredits(f"No account may use {want.model_key.replace('/', ' at ')}."))
    if any(each.credits is not None and each.credits < want.cost_credits for each in scope):
        return LeaseAnswer(refusal=PoolOutOfCredits())
    resting = [(each.usable_at - at).total_seconds() for each in scope if each.usable_at is not None]
    return LeaseAnswer(refusal=PoolBusy(retry_after_s=min(resting, default=None)))


def _store_leases(wants: Sequence[LeaseWant], answers: Sequence[LeaseAnswer], at: datetime) -> None:
    lent = [(want, answer.account) for want, answer in zip(wants, answers, strict=True) if answer.account is not None]
    insert_rows(Lease, ("account", "holder", "taken_at"), [(account.id, want.holder, at) for want, account in lent])
    spent: Counter[int] = Counter()
    for want, account in lent:
        spent[account.id] += want.cost_credits
    for account_id, credits in spent.items():
        update_where(
            Account, where={"id": account_id}, values={"last_used_at": at}, add={"spent_since_read": credits}
        )


def leases_release(*, holders: Collection[str]) -> int:
    """Give accounts back. Releasing twice is no fault: the end of a generation and recovery may both do it."""
    return Lease.objects.filter(holder__in=holders).delete()[0]


def leases_sweep(*, held_by: Collection[str]) -> int:
    """After a crash: drop the leases of everybody else."""
    return Lease.objects.exclude(holder__in=held_by).delete()[0]


# --- what is learned ----------------------------------------------------------------------------


def accounts_succeeded(*, account_ids: Collection[int], at: datetime) -> None:
    """A finished generation: they are well. Writes only to rows that say otherwise, and to idle ones' probe time."""
    known = Account.objects.filter(pk__in=account_ids)
    known.exclude(health=Account.Health.ALIVE, failures_in_a_row=0).update(
        health=Account.Health.ALIVE, rest_until=None, rest_reason="", failures_in_a_row=0
    )
    soon = at + BALANCE_REFRESH_AFTER
    known.exclude(probe_due_at__gt=at, probe_due_at__lte=soon).update(probe_due_at=soon)


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
        already_resting = account.health == Account.Health.RESTING and (account.rest_until or at) > at
        if not already_resting:  # several generations that fail together are one failure
            account.failures_in_a_row += 1
        if failure is FailureClass.EXPIRED:
            account.health, account.rest_until, account.rest_reason = Account.Health.EXPIRED, None, ""
            account.probe_due_at = at + timedelta(seconds=settings.JIMENG_PROBE_INTERVAL_S)
        else:
            account.health = Account.Health.RESTING
            account.rest_reason = Account.RestReason(failure.value)
            account.rest_until = rest_until(
                failure, failures_in_a_row=account.failures_in_a_row, at=at, retry_after_s=retry_after_s
            )
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


def account_probe_postponed(*, account_id: int, until: datetime) -> None:
    """A probe could not be made; try again then."""
    Account.objects.filter(pk=account_id).update(probe_due_at=until)


def account_checked_in(*, account_id: int, at: datetime) -> None:
    """Today's gift (Shanghai day) was asked for."""
    Account.objects.filter(pk=account_id).update(checked_in_on=at.astimezone(SHANGHAI).date())


def may_check_in(account: Account, *, at: datetime) -> bool:
    return account.checked_in_on != at.astimezone(SHANGHAI).date()
