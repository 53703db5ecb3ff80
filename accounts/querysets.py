"""Which accounts: filters only, time is an argument."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from accounts.models import Account  # noqa: F401


def held(*, at: datetime, prefix: str = "") -> Q:
    """At rest for risk control: the engine leaves it wholly alone. `prefix`: the way to the account, "account__"."""
    rests = {"health": "resting", "rest_until__gt": at, "rest_reason": "risk_hold"}
    return Q(**{f"{prefix}{name}": value for name, value in rests.items()})


class AccountQuerySet(models.QuerySet["Account"]):
    def in_pool(self) -> Self:
        """Kept by the operator; pass-through logins are nobody else's."""
        return self.filter(source="operator")

    def due_for_probe(self, *, at: datetime) -> Self:
        """A probe was asked for or is due; resting accounts are left alone until their rest ends."""
        return self.filter(enabled=True, probe_due_at__lte=at).exclude(held(at=at))

    def with_lease_count(self) -> Self:
        """Annotates `lease_count`."""
        return self.annotate(lease_count=models.Count("leases"))
