"""Which accounts: filters only, time is an argument."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from accounts.lifetimes import GUESSED, observed_lifetime

if TYPE_CHECKING:
    from accounts.models import Account  # noqa: F401


def resting(*, at: datetime) -> Q:
    """At rest, and not only until a moment that has passed."""
    return Q(health="resting", rest_until__gt=at)


def held(*, at: datetime) -> Q:
    """At rest for risk control: the engine leaves it wholly alone."""
    return resting(at=at) & Q(rest_reason="risk_hold")


class AccountQuerySet(models.QuerySet["Account"]):
    def in_pool(self) -> Self:
        """Kept by the operator; pass-through logins are nobody else's."""
        return self.filter(source="operator")

    def due_for_probe(self, *, at: datetime) -> Self:
        """A probe was asked for or is due; resting accounts are left alone until their rest ends."""
        return self.filter(enabled=True, probe_due_at__lte=at).exclude(held(at=at))

    def ill(self, *, at: datetime) -> Self:
        """Cannot serve now, or failed lately."""
        return self.filter(Q(health="expired") | resting(at=at) | Q(failures_in_a_row__gt=0), enabled=True)

    def login_ends_before(self, *, at: datetime) -> Self:
        """Logins that are expected to have ended by then (accounts/lifetimes.py). Asks once how long others lived."""
        lifetime = observed_lifetime() or GUESSED
        return self.filter(
            Q(login_expires_at__lte=at) | Q(login_expires_at__isnull=True, login_since__lte=at - lifetime)
        )

    def with_observed_lifetime(self) -> Self:
        """Annotates `observed_s`, the same for all: seconds that logins lived here lately, None if not known."""
        lifetime = observed_lifetime()
        seconds = None if lifetime is None else lifetime.total_seconds()
        return self.annotate(observed_s=models.Value(seconds, output_field=models.FloatField(null=True)))

    def with_lease_count(self) -> Self:
        """Annotates `lease_count`."""
        return self.annotate(lease_count=models.Count("leases"))
