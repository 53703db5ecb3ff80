"""Which accounts: filters only, time is an argument."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from accounts.models import Account  # noqa: F401


def held(*, at: datetime) -> Q:
    """At rest for risk control: the engine leaves it wholly alone."""
    return Q(health="resting", rest_until__gt=at, rest_reason="risk_hold")


class AccountQuerySet(models.QuerySet["Account"]):
    def in_pool(self) -> Self:
        """Kept by the operator; pass-through logins are nobody else's."""
        return self.filter(source="operator")

    def due_for_probe(self, *, at: datetime) -> Self:
        """A probe was asked for or is due; resting accounts are left alone until their rest ends."""
        return self.filter(enabled=True, probe_due_at__lte=at).exclude(held(at=at))

    def ill(self, *, at: datetime) -> Self:
        """Cannot serve now, or failed lately."""
        resting = Q(health="resting", rest_until__gt=at)
        return self.filter(Q(health="expired") | resting | Q(failures_in_a_row__gt=0), enabled=True)

    def with_lease_count(self) -> Self:
        """Annotates `lease_count`."""
        return self.annotate(lease_count=models.Count("leases"))
