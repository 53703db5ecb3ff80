"""Lending accounts to generations. Functions here run inside the caller's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from accounts.errors import GatewayError, PoolBusy, PoolEmpty, PoolOutOfCredits, UpstreamLoginExpired
from accounts.models import Account, Lease, total_credits
from accounts.rotation import Candidate, choose
from jimeng_site.sql import insert_rows, update_where


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
    proxy_encrypted: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseAnswer:
    """The account, or the reason for a refusal, or neither: wait. `wait_until` None: until a place comes free."""

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
            scope = (
                pool if want.account_ids is None else [candidates[pk] for pk in want.account_ids if pk in candidates]
            )
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
    "proxy_encrypted",
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
        proxy_encrypted=row["proxy_encrypted"],
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
    """Nobody can take it now: wait, or say why not. `fit`: those of `scope` that have not refused it before."""
    willing = [each for each in fit if not each.expired and want.model_key not in each.barred]
    paying = [each for each in willing if _can_pay(each, want)]
    if any(each.usable_at is None for each in paying):
        return LeaseAnswer()  # only full: a place comes free
    waking = min((each.usable_at for each in paying if each.usable_at is not None), default=None)
    if waking is not None and waking - at <= patience:
        return LeaseAnswer(wait_until=waking)
    if waking is not None:
        return LeaseAnswer(refusal=PoolBusy(retry_after_s=(waking - at).total_seconds()))
    return LeaseAnswer(refusal=_refusal(scope, want, at=at, dry=bool(willing)))


def _can_pay(candidate: Candidate, want: LeaseWant) -> bool:
    return candidate.credits is None or candidate.credits >= want.cost_credits


def _refusal(scope: Sequence[Candidate], want: LeaseWant, *, at: datetime, dry: bool) -> GatewayError:
    """The reason that helps most: nobody there, too poor, all logged out, not allowed, or passed over and at rest.

    `dry`: there are some that could take it, if only they had the credits.
    """
    error: GatewayError
    if not scope:
        error = PoolEmpty()
    elif dry:
        error = PoolOutOfCredits()
    elif all(each.expired for each in scope):
        error = UpstreamLoginExpired()
    elif any(want.model_key in each.barred for each in scope):
        error = PoolOutOfCredits(f"No account may use {want.model_key.replace('/', ' at ')}.")
    elif not all(_can_pay(each, want) for each in scope):
        error = PoolOutOfCredits()
    else:
        resting = [(each.usable_at - at).total_seconds() for each in scope if each.usable_at is not None]
        error = PoolBusy(retry_after_s=min(resting, default=None))
    return error


def _store_leases(wants: Sequence[LeaseWant], answers: Sequence[LeaseAnswer], at: datetime) -> None:
    lent = [(want, answer.account) for want, answer in zip(wants, answers, strict=True) if answer.account is not None]
    insert_rows(Lease, ("account", "holder", "taken_at"), [(account.id, want.holder, at) for want, account in lent])
    spent: Counter[int] = Counter()
    for want, account in lent:
        spent[account.id] += want.cost_credits
    for account_id, credits in sorted(spent.items()):  # in one order everywhere, so that none waits for another
        update_where(Account, where={"id": account_id}, values={"last_used_at": at}, add={"spent_since_read": credits})


def leases_release(*, holders: Collection[str]) -> int:
    """Give accounts back. Releasing twice is no fault: the end of a generation and recovery may both do it."""
    return Lease.objects.filter(holder__in=holders).delete()[0]


def leases_sweep(*, held_by: Collection[str]) -> int:
    """After a crash: drop the leases of everybody else."""
    return Lease.objects.exclude(holder__in=held_by).delete()[0]
