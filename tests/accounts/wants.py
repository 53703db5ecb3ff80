"""What the tests of lending start from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.leases import LeaseAnswer, LeaseWant, leases_take
from accounts.models import Account, Lease
from accounts.shanghai import day_of
from tests.factories import make_account

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PATIENCE = timedelta(minutes=5)


def make_ready(**over: Any) -> Account:
    """An account that is alive and has 66 gift credits until tonight; today's gift was asked for."""
    fields: dict[str, Any] = {
        "health": Account.Health.ALIVE,
        "gift_credits": 66,
        "purchase_credits": 0,
        "vip_credits": 0,
        "gift_expires_at": AT + timedelta(hours=4),
        "checked_in_on": day_of(AT),
    }
    return make_account(**fields | over)


def resting(*, seconds: float, reason: str = Account.RestReason.UNREACHABLE) -> dict[str, Any]:
    """Fields of an account that rests until so long after AT."""
    return {
        "health": Account.Health.RESTING,
        "rest_until": AT + timedelta(seconds=seconds),
        "rest_reason": reason,
        "failures_in_a_row": 1,
    }


def lease(account: Account, holder: str) -> None:
    Lease.objects.create(account=account, holder=holder, taken_at=AT)


def want(holder: str = "gen_1", **over: Any) -> LeaseWant:
    """One picture by jimeng-4.5 at 2k from the pool."""
    fields: dict[str, Any] = {
        "holder": holder,
        "cost_credits": 3,
        "model_key": "jimeng-4.5/2k",
        "account_ids": None,
        "passed_over": frozenset(),
    }
    return LeaseWant(**fields | over)


def take(*wants: LeaseWant, at: datetime = AT) -> list[LeaseAnswer]:
    return leases_take(wants=wants, at=at, patience=PATIENCE)


def lent(*wants: LeaseWant, at: datetime = AT) -> list[int | None]:
    """The ids of the accounts that were lent, in order; None for who got none."""
    return [None if each.account is None else each.account.id for each in take(*wants, at=at)]


def lent_to(account: Account) -> Sequence[str]:
    return list(account.leases.order_by("pk").values_list("holder", flat=True))
