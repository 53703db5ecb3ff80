"""Accounts for the terminal: as JSON, as lines of a table, and which of them are meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import Account, AccountEvent
from accounts.querysets import AccountQuerySet

EVENTS_SHOWN = 20


class NoSuchAccount(ValueError):
    """A name or number means no account, or more than one."""


def accounts_named(words: Sequence[str], *, among: AccountQuerySet) -> list[int]:
    """The ids of accounts by number, by name, or by the end of their sessionid ("…abcd"). Raises NoSuchAccount."""
    found: list[int] = []
    for word in words:
        by_number = Q(pk=int(word)) if word.isdecimal() and len(word) < 19 else Q()
        tail = word.removeprefix("…") if word.startswith("…") else ""
        by_words = Q(name=word) | (Q(sessionid_tail=tail) if tail else Q(pk__in=()))
        matches = list(among.filter(by_number).values_list("pk", flat=True)) if by_number else []
        matches = matches or list(among.filter(by_words).values_list("pk", flat=True))
        if not matches:
            raise NoSuchAccount(f"There is no account {word!r} among those that are meant.")
        if len(matches) > 1:
            raise NoSuchAccount(
                f"{word!r} means {len(matches)} accounts: {', '.join(map(str, matches))}. Use a number."
            )
        found += matches
    return list(dict.fromkeys(found))


def described(account: Account) -> dict[str, Any]:
    """All that may be shown of an account, as JSON; `lease_count` must be annotated."""
    return {
        "id": account.pk,
        "name": account.name,
        "source": account.source,
        "enabled": account.enabled,
        "sessionid_ends_in": account.sessionid_tail,
        "health": account.health,
        "rest_until": _iso(account.rest_until),
        "rest_reason": account.rest_reason or None,
        "ill_since": _iso(account.ill_since),
        "failures_in_a_row": account.failures_in_a_row,
        "last_error": _last_error(account),
        "barred": account.barred,
        "credits": account.credits,
        "gift_credits": account.gift_credits,
        "purchase_credits": account.purchase_credits,
        "vip_credits": account.vip_credits,
        "gift_expires_at": _iso(account.gift_expires_at),
        "credits_at": _iso(account.credits_at),
        "checked_in_on": account.checked_in_on.isoformat() if account.checked_in_on else None,
        "check_in_result": account.check_in_result or None,
        "tags": account.tags,
        "notes": account.notes,
        "priority": account.priority,
        "cap": account.cap,
        "leases": account.lease_count,  # type: ignore[attr-defined]  # annotated
        "proxy": account.proxy_label or None,
        "jimeng_user": account.upstream_user_id or None,
        "jimeng_name": account.screen_name or None,
        "login_since": _iso(account.login_since),
        "login_expires_at": _iso(account.login_expires_at),
        "probed_at": _iso(account.probed_at),
        "last_used_at": _iso(account.last_used_at),
        "added_at": _iso(account.created_at),
    }


def _last_error(account: Account) -> dict[str, Any] | None:
    if account.last_error_at is None:
        return None
    return {
        "code": account.last_error_code,
        "text": account.last_error_detail,
        "at": account.last_error_at.isoformat(),
    }


def events_described(account: Account) -> list[dict[str, Any]]:
    """The latest of its timeline, newest first."""
    events: Iterable[AccountEvent] = account.events.order_by("-pk")[:EVENTS_SHOWN]
    return [
        {"at": each.at.isoformat(), "kind": each.kind, "by": each.actor or None, "detail": each.detail}
        for each in events
    ]


def table_of(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with columns as wide as their widest cell; the first row is the head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def row_of(account: Account) -> list[str]:
    health = account.health if account.enabled else f"{account.health}, disabled"
    if account.health == Account.Health.RESTING and account.rest_until is not None:
        health += f" until {account.rest_until:%Y-%m-%d %H:%M} UTC ({account.rest_reason})"
    credits = "?" if account.credits is None else str(account.credits)
    return [str(account.pk), account.name, health, credits, ", ".join(account.tags)]


ROW_HEAD = ("id", "name", "health", "credits", "tags")


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant is not None else None
