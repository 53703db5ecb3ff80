"""Warnings of logins that end soon, while there is time to renew them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from accounts.alerts import alert_raise, alerts_resolve
from accounts.health import subject_of
from accounts.lifetimes import login_end, observed_lifetime
from accounts.models import Account, Alert, AlertKind


@transaction.atomic
def logins_warn(*, at: datetime, within: timedelta) -> int:
    """Raise an alert for each login of the pool that ends within that time, and end those that no longer do.

    Mere guesses alarm nobody. Returns how many end.
    """
    observed = observed_lifetime()
    ending = Account.objects.in_pool().filter(enabled=True).exclude(health=Account.Health.EXPIRED)
    ending = ending.login_ends_before(at=at + within)
    if observed is None:
        ending = ending.filter(login_expires_at__isnull=False)
    subjects = set()
    for account in ending:
        end = login_end(account, observed)
        subjects.add(subject_of(account.pk))
        alert_raise(
            kind=AlertKind.ACCOUNT_EXPIRING,
            subject=subject_of(account.pk),
            at=at,
            label=account.name,
            ends_at=end.at.isoformat(),
            source=end.source,
        )
    still_open = Alert.objects.filter(kind=AlertKind.ACCOUNT_EXPIRING, resolved_at__isnull=True)
    for subject in set(still_open.values_list("subject", flat=True)) - subjects:
        alerts_resolve(kinds=[AlertKind.ACCOUNT_EXPIRING], subject=subject, at=at)
    return len(subjects)
