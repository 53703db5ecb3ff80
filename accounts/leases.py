"""Lending accounts to generations. Functions here run inside the caller's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection

from accounts.candidates import Candidate, Need
from accounts.choice import Ranking
from accounts.decisions import Decision
from accounts.errors import PoolEmpty, PoolError
from accounts.models import Account, Lease
from accounts.pool import LentAccount, pool_read
from accounts.refusals import NO_ACCOUNT_FOR_KEY, why_not
from jimeng_site.sql import insert_rows, update_where


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseWant:
    """What a generation needs. `account_ids` None: the pool, as far as its API key may use it.

    `model_key`: "model/resolution".
    """

    holder: str
    cost_credits: int
    model_key: str
    account_ids: tuple[int, ...] | None
    passed_over: frozenset[int]
    api_key_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseAnswer:
    """The account, or the reason for a refusal, or neither: wait. `wait_until` None: until a place comes free."""

    account: LentAccount | None = None
    refusal: PoolError | None = None
    wait_until: datetime | None = None
    decision: Decision | None = field(default=None, compare=False)
    """Why this account, or why none; a refusal holds it too."""


def leases_take(*, wants: Sequence[LeaseWant], at: datetime, patience: timedelta) -> list[LeaseAnswer]:
    """Lend accounts to generations, first come first. `patience`: how long a rest is worth waiting for.

    Runs in the caller's transaction, which must be the only one that lends at this time.
    """
    lending = _Lending(wants, at=at, patience=patience)
    answers = [lending.answer(want) for want in wants]
    _store_leases(wants, answers, at)
    return answers


def lease_outlook(*, want: LeaseWant, at: datetime, patience: timedelta) -> LeaseAnswer:
    """What it would be answered now. Lends nothing."""
    return _Lending([want], at=at, patience=patience).answer(want)


class _Lending:
    """One batch: the pool as it was read, and what has been lent of it since."""

    def __init__(self, wants: Sequence[LeaseWant], *, at: datetime, patience: timedelta) -> None:
        self._at, self._patience = at, patience
        self._pool = pool_read(
            named={account_id for want in wants for account_id in want.account_ids or ()},
            api_key_ids={want.api_key_id for want in wants if want.api_key_id is not None and want.account_ids is None},
            at=at,
        )
        self._lent: list[Candidate] = []
        self._rankings: dict[object, Ranking] = {}
        self._hopeless: dict[object, LeaseAnswer] = {}  # equal wants have equal answers until something is lent

    def answer(self, want: LeaseWant) -> LeaseAnswer:
        key_id = want.api_key_id if want.api_key_id in self._pool.scopes else None
        kind = (want.cost_credits, want.model_key, want.account_ids, want.passed_over, key_id)
        if kind in self._hopeless:
            return self._hopeless[kind]
        ranking = self._rankings.get(kind)
        if ranking is None:
            ranking = self._rankings[kind] = self._rank(want)
        best = ranking.best()
        if best is None:
            answer = self._hopeless[kind] = self._why_not(want, ranking.decision())
            return answer
        chosen, decision = best
        chosen.lend(want.cost_credits, at=self._at)
        self._lent.append(chosen)
        return LeaseAnswer(account=self._pool.lendable[chosen.account_id], decision=decision)

    def _rank(self, want: LeaseWant) -> Ranking:
        scope = self._scope(want)
        allowed = {each.account_id for each in scope}
        return Ranking(
            [each for each in scope if each.account_id not in want.passed_over],
            need=Need(want.cost_credits, want.model_key),
            refused=[each for each in scope if each.account_id in want.passed_over],
            outside=[each for each in self._pool.shared if want.account_ids is None and each.account_id not in allowed],
            lent=self._lent,
        )

    def _scope(self, want: LeaseWant) -> list[Candidate]:
        """Those that may serve it at all: its caller's own, or the pool as far as its key may use it."""
        if want.account_ids is not None:
            return [self._pool.candidates[pk] for pk in want.account_ids if pk in self._pool.candidates]
        if want.api_key_id is None or want.api_key_id not in self._pool.scopes:
            return self._pool.shared
        allowed = self._pool.scopes[want.api_key_id]
        return [each for each in self._pool.shared if each.account_id in allowed]

    def _why_not(self, want: LeaseWant, decision: Decision) -> LeaseAnswer:
        scope = self._scope(want)
        fit = [each for each in scope if each.account_id not in want.passed_over]
        need = Need(want.cost_credits, want.model_key)
        refusal, wait_until = why_not(scope, fit, need, at=self._at, patience=self._patience)
        if not scope and self._pool.shared and want.account_ids is None:
            refusal = PoolEmpty(NO_ACCOUNT_FOR_KEY)
        if refusal is not None:
            refusal.decision = decision
        return LeaseAnswer(refusal=refusal, wait_until=wait_until, decision=decision)


def _store_leases(wants: Sequence[LeaseWant], answers: Sequence[LeaseAnswer], at: datetime) -> None:
    lent = [(want, answer.account) for want, answer in zip(wants, answers, strict=True) if answer.account is not None]
    insert_rows(Lease, ("account", "holder", "taken_at"), [(account.id, want.holder, at) for want, account in lent])
    spent: Counter[int] = Counter()
    for want, account in lent:
        spent[account.id] += want.cost_credits
    for account_id, credits in sorted(spent.items()):  # in one order everywhere, so that none waits for another
        update_where(Account, where={"id": account_id}, values={"last_used_at": at}, add={"spent_since_read": credits})


def accounts_hold(*, account_ids: Collection[int]) -> None:
    """Lock these accounts until the caller's transaction ends, before a statement that writes to several of them.

    Everybody who writes to several does so in the order of their ids: two transactions of different lanes would
    otherwise wait for each other. Where there is one writer, nothing is asked.
    """
    if len(account_ids) > 1 and connection.features.has_select_for_update:
        rows = Account.objects.select_for_update(no_key=True).filter(pk__in=account_ids)
        list(rows.order_by("pk").values_list("pk"))


def leases_release(*, holders: Collection[str]) -> int:
    """Give accounts back. Releasing twice is no fault: the end of a generation and recovery may both do it."""
    return Lease.objects.filter(holder__in=holders).delete()[0]


def leases_sweep(*, held_by: Collection[str]) -> int:
    """After a crash: drop the leases of everybody else."""
    return Lease.objects.exclude(holder__in=held_by).delete()[0]
