"""Warnings of logins that end soon, while there is time to renew them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from accounts.alerts import alert_raise, alerts_resolve
from accounts.health import subject_of
from accounts.lifetimes import login_end, observed_lifetime
from accounts.models import Account, Alert, AlertKind

RAISED_AT_ONCE = 100  # alerts in one transaction: SQLite has one writer, and a pool may have been added in one day


@transaction.atomic
def logins_warn(*, at: datetime, within: timedelta) -> int:
    """Raise an alert for each login of the pool that ends within that time, and end those that no longer do.

    Mere guesses alarm nobody. Returns how many alerts are new or say something else now, RAISED_AT_ONCE at most: call
    it again, with the same `at`, until that is 0.
    """
    accounts, facts = _ending(before=at + within)
    still_open = Alert.objects.filter(kind=AlertKind.ACCOUNT_EXPIRING, resolved_at__isnull=True)
    told = dict(still_open.values_list("subject", "detail"))
    news = [subject for subject in facts if told.get(subject) != facts[subject]][:RAISED_AT_ONCE]
    for subject in news:
        kind, label = AlertKind.ACCOUNT_EXPIRING, accounts[subject].name
        alert_raise(kind=kind, subject=subject, at=at, label=label, **facts[subject])
    for subject in told.keys() - facts.keys():
        alerts_resolve(kinds=[AlertKind.ACCOUNT_EXPIRING], subject=subject, at=at)
    if not news:
        still_open.filter(last_at__lt=at).update(last_at=at, count=F("count") + 1)
    return len(news)


def _ending(*, before: datetime) -> tuple[Mapping[str, Account], Mapping[str, dict[str, str]]]:
    """The accounts whose login ends, and what is to be said of each; both by the subject of its alert."""
    observed = observed_lifetime()
    ending = Account.objects.in_pool().filter(enabled=True).exclude(health=Account.Health.EXPIRED)
    ending = ending.login_ends_before(at=before)
    if observed is None:
        ending = ending.filter(login_expires_at__isnull=False)
    rows = ending.only("name", "login_since", "login_expires_at")
    accounts = {subject_of(account.pk): account for account in rows}
    ends = {subject: login_end(account, observed) for subject, account in accounts.items()}
    return accounts, {subject: {"ends_at": end.at.isoformat(), "source": end.source} for subject, end in ends.items()}
