"""The accounts that can be lent, as the choice sees them: read once for a whole batch of wants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q

from accounts.candidates import Candidate
from accounts.funds import FUNDS_FIELDS, row_funds
from accounts.models import Account, ApiKey, Lease
from accounts.shanghai import day_of


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
class Pool:
    """`candidates` and `lendable` by primary key; `shared` without callers' own logins.

    `scopes`: of API keys that may not use all of `shared`, which they may.
    """

    candidates: dict[int, Candidate]
    lendable: dict[int, LentAccount]
    shared: list[Candidate]
    scopes: dict[int, frozenset[int]]


@dataclass(frozen=True, slots=True)
class _KeyScope:
    account_ids: frozenset[int]
    tags: frozenset[str]


_FIELDS = (
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
    "rest_reason",
    "failures_in_a_row",
    "barred",
    *FUNDS_FIELDS,
    "checked_in_on",
    "check_in_result",
    "check_in_attempts",
    "check_in_due_at",
    "last_used_at",
)


def pool_read(*, named: Collection[int], api_key_ids: Collection[int], at: datetime) -> Pool:
    """All enabled accounts of the pool, and of callers' own logins those that are `named`."""
    keys = _key_scopes(api_key_ids) if api_key_ids else {}
    rows = _rows(named, with_tags=any(scope.tags for scope in keys.values()))
    candidates = {row["id"]: _candidate(row, at) for row in rows}
    shared = [row for row in rows if row["source"] == Account.Source.OPERATOR]
    return Pool(
        candidates=candidates,
        lendable={row["id"]: _lent(row) for row in rows},
        shared=[candidates[row["id"]] for row in shared],
        scopes={key_id: frozenset(_allowed(shared, scope)) for key_id, scope in keys.items()},
    )


def _key_scopes(api_key_ids: Collection[int]) -> dict[int, _KeyScope]:
    """Of these keys those that are restricted to some accounts."""
    accounts: dict[int, set[int]] = {}
    tags: dict[int, frozenset[str]] = {}
    rows = ApiKey.objects.filter(pk__in=api_key_ids).order_by()
    for key_id, key_tags, account_id in rows.values_list("pk", "allowed_tags", "allowed_accounts"):
        tags[key_id] = frozenset(key_tags)
        if account_id is not None:
            accounts.setdefault(key_id, set()).add(account_id)
    return {
        key_id: _KeyScope(frozenset(accounts.get(key_id, ())), tags[key_id])
        for key_id in tags
        if tags[key_id] or key_id in accounts
    }


def _allowed(rows: Iterable[dict[str, Any]], scope: _KeyScope) -> Iterable[int]:
    for row in rows:
        if row["id"] in scope.account_ids or (scope.tags and not scope.tags.isdisjoint(row["tags"])):
            yield row["id"]


def _rows(named: Collection[int], *, with_tags: bool) -> list[dict[str, Any]]:
    """The columns that lending needs, and `leases`; whole models would take four times as long to make."""
    wanted = Q(source=Account.Source.OPERATOR) | Q(pk__in=named) if named else Q(source=Account.Source.OPERATOR)
    fields = (*_FIELDS, "tags") if with_tags else _FIELDS
    rows = list(Account.objects.filter(wanted, enabled=True).order_by().values(*fields))
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
    # Once a rest is over, one generation at a time shows whether it is well again (half-open), until one succeeds.
    on_trial = resting or row["failures_in_a_row"] > 0
    cap = min(1, cap) if on_trial else cap
    barred = {key: datetime.fromisoformat(until) for key, until in row["barred"].items()}
    return Candidate(
        account_id=row["id"],
        name=row["name"],
        priority=row["priority"],
        funds=row_funds(row, at=at),
        gift_due=settings.JIMENG_CHECK_IN and _gift_due(row, at),
        leases=row["leases"],
        free=cap - row["leases"],
        on_trial=on_trial,
        last_used_at=row["last_used_at"],
        usable_at=row["rest_until"] if still else None,
        rest_reason=row["rest_reason"],
        expired=row["health"] == Account.Health.EXPIRED,
        barred={key: until for key, until in barred.items() if until > at},
    )


def _gift_due(row: dict[str, Any], at: datetime) -> bool:
    """Today's gift was not asked for, and neither a check-in nor a generation has just come back empty-handed."""
    failed = row["check_in_result"] == Account.CheckInResult.FAILED and row["check_in_attempts"] > 0
    pauses = failed and row["check_in_due_at"] is not None and row["check_in_due_at"] > at
    until = row["rest_until"]
    dry = row["rest_reason"] == Account.RestReason.NO_CREDITS and until is not None and until > at
    return row["checked_in_on"] != day_of(at) and not pauses and not dry
