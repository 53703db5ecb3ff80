"""The pool as a whole, for its alerts: how many accounts can serve, and what their credits come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from accounts.alerts import POOL, alert_raise, alerts_resolve
from accounts.funds import FUNDS_FIELDS, row_funds
from accounts.models import Account, AlertKind

EMPTY_AFTER = timedelta(minutes=1)  # a short rest of a busy account is no reason to wake anybody
USABLE_WITHIN = timedelta(hours=1)  # credits of an account that rests for longer are of no use now
_FIELDS = ("health", "rest_until", *FUNDS_FIELDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolState:
    """`able`: can serve now, or when a place comes free. `credits` None: no balance is known."""

    accounts: int = 0
    able: int = 0
    expired: int = 0
    resting: int = 0
    dry: int = 0
    credits: int | None = None


def pool_state(*, at: datetime) -> PoolState:
    """The enabled accounts of the pool, in one query."""
    return sum_up(Account.objects.in_pool().filter(enabled=True).order_by().values(*_FIELDS), at=at)


def sum_up(rows: Iterable[Mapping[str, Any]], *, at: datetime) -> PoolState:
    counts = {"able": 0, "expired": 0, "resting": 0, "dry": 0}
    balances = []
    for row in rows:
        rests_until = row["rest_until"] if row["health"] == Account.Health.RESTING else None
        balance = _balance(row, at=at)
        if row["health"] == Account.Health.EXPIRED:
            counts["expired"] += 1
        elif rests_until is not None and rests_until > at:
            counts["resting"] += 1
        elif balance == 0:
            counts["dry"] += 1
        else:
            counts["able"] += 1
        usable = row["health"] != Account.Health.EXPIRED and (rests_until is None or rests_until <= at + USABLE_WITHIN)
        if balance is not None:
            balances.append(balance if usable else 0)
    return PoolState(accounts=sum(counts.values()), credits=sum(balances) if balances else None, **counts)


def _balance(row: Mapping[str, Any], *, at: datetime) -> int | None:
    funds = row_funds(row, at=at)
    return None if funds is None else funds.total


def pool_alerts(*, state: PoolState, waiting: int, empty_since: datetime | None, at: datetime) -> None:
    """Raise or resolve what is to be said of the pool. `waiting`: generations of the pool without an account."""
    if _is_low(state):
        alert_raise(
            kind=AlertKind.CREDITS_LOW,
            subject=POOL,
            at=at,
            credits=state.credits,
            limit=settings.JIMENG_ALERT_CREDITS_BELOW,
        )
    else:
        alerts_resolve(kinds=[AlertKind.CREDITS_LOW], subject=POOL, at=at)
    if empty_since is not None and at - empty_since >= EMPTY_AFTER:
        alert_raise(
            kind=AlertKind.POOL_EMPTY,
            subject=POOL,
            at=at,
            accounts=state.accounts,
            expired=state.expired,
            resting=state.resting,
            dry=state.dry,
            waiting=waiting,
        )
    elif empty_since is None:
        alerts_resolve(kinds=[AlertKind.POOL_EMPTY], subject=POOL, at=at)


def is_empty(state: PoolState, *, waiting: int) -> bool:
    """Nobody can serve, though somebody should. A gateway without accounts and requests is merely new."""
    return state.able == 0 and (state.accounts > 0 or waiting > 0)


def _is_low(state: PoolState) -> bool:
    return state.accounts > 0 and state.credits is not None and state.credits < settings.JIMENG_ALERT_CREDITS_BELOW
