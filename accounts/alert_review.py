"""Alerts about accounts, looked at again: closed when their cause has gone without a word, repeated while it lasts."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from accounts.alerts import account_of, alerts_repeat, alerts_resolve
from accounts.models import Account, Alert, AlertKind


class Verdict(Enum):
    SO = "so"
    OVER = "over"
    MOOT = "moot"  # a person has switched the account off or taken it away: they know


def alerts_review(*, at: datetime) -> None:
    """Bring open alerts up to date, and tell again what is due."""
    about = list(Alert.objects.filter(resolved_at__isnull=True, subject__startswith="account:"))
    ids = {account_of(alert.subject) for alert in about}
    accounts = Account.objects.in_bulk([each for each in ids if each is not None]) if ids else {}
    for alert in about:
        verdict = verdict_on(alert.kind, accounts.get(account_of(alert.subject) or 0), at=at)
        if verdict is not Verdict.SO:
            alerts_resolve(kinds=[AlertKind(alert.kind)], subject=alert.subject, at=at, tell=verdict is Verdict.OVER)
    alerts_repeat(at=at)


def verdict_on(kind: str, account: Account | None, *, at: datetime) -> Verdict:
    """Whether an alert about this account still holds. Pure."""
    if account is None or not account.enabled or account.source != Account.Source.OPERATOR:
        return Verdict.MOOT
    if account.health == Account.Health.UNKNOWN:
        return Verdict.SO  # about to be probed: that will tell
    match kind:
        case AlertKind.ACCOUNT_EXPIRED:
            holds = account.health == Account.Health.EXPIRED
        case AlertKind.RISK_HOLD:
            is_held = account.rest_reason == Account.RestReason.RISK_HOLD and account.rest_until is not None
            holds = is_held and account.rest_until is not None and account.rest_until > at
        case _:
            holds = True  # whoever raised it resolves it
    return Verdict.SO if holds else Verdict.OVER
