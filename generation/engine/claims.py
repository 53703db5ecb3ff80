"""Giving accounts to generations: many in one transaction, each with the state that it brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from accounts import services as accounts
from accounts.errors import PoolError
from accounts.services import Decision, LeaseWant
from generation import changes, transitions
from generation.engine.logins import logins
from generation.upstream.signing import Login


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """`owner`: `Generation.owner`. Owners share the places that come free evenly."""

    generation_id: int
    owner: str = ""
    attempt: int
    lease: LeaseWant


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The account that was lent. The generation is now `running`."""

    account_id: int
    login: Login


@dataclass(frozen=True, slots=True)
class KeepWaiting:
    """Nobody can take it now, but somebody soon."""

    decision: Decision | None = field(default=None, compare=False)


class LostRace(Exception):
    """The generation is no longer queued: it was cancelled, or another process has it."""


@transaction.atomic
def claim(wants: Sequence[Want], *, at: datetime) -> list[Claim | PoolError | LostRace | KeepWaiting]:
    """Lend accounts and mark the generations running, in one transaction."""
    patience = timedelta(seconds=settings.JIMENG_QUEUE_TIMEOUT_S)
    answers = accounts.leases_take(wants=[each.lease for each in wants], at=at, patience=patience)
    lent = [(want, answer.account) for want, answer in zip(wants, answers, strict=True) if answer.account is not None]
    unreadable = {account.id for _, account in lent if logins.find(account) is None}
    for account_id in unreadable:
        accounts.account_unreadable(account_id=account_id, at=at)
    won = transitions.mark_running(
        [
            changes.Running(
                generation_id=want.generation_id,
                account_id=account.id,
                account_label=account.name,
                attempt=want.attempt,
                decision=answer.decision,
            )
            for want, answer in zip(wants, answers, strict=True)
            if (account := answer.account) is not None and account.id not in unreadable
        ],
        at=at,
    )
    lost = [(want, account) for want, account in lent if want.generation_id not in won]
    accounts.leases_release(holders=[want.lease.holder for want, _ in lost])
    for want, account in lost:
        accounts.account_refund(account_id=account.id, cost_credits=want.lease.cost_credits)
    outcomes: list[Claim | PoolError | LostRace | KeepWaiting] = []
    for want, answer in zip(wants, answers, strict=True):
        if answer.account is None or answer.account.id in unreadable:
            outcomes.append(answer.refusal or KeepWaiting(answer.decision))
        elif want.generation_id in won:
            outcomes.append(Claim(account_id=answer.account.id, login=logins.of(answer.account)))
        else:
            outcomes.append(LostRace())
    return outcomes
