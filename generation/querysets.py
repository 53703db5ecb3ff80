"""Which generations: filters only, time is an argument."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from generation.models import Generation  # noqa: F401


class GenerationQuerySet(models.QuerySet["Generation"]):
    def still_open(self) -> Self:
        return self.filter(finished_at__isnull=True)

    def finished(self) -> Self:
        return self.filter(finished_at__isnull=False)

    def waiting(self) -> Self:
        """Without an account, first come first."""
        return self.still_open().filter(status="queued").order_by("pk")

    def for_caller(self, *, owner: str, account_ids: Collection[int] | None) -> Self:
        """What this caller may see: its own but for what it deleted."""
        return self.of_caller(owner=owner, account_ids=account_ids).filter(hidden_at__isnull=True)

    def of_caller(self, *, owner: str, account_ids: Collection[int] | None) -> Self:
        """What it asked for, and what was done with one of its own logins."""
        if not owner:
            return self.none()
        mine = models.Q(owner=owner)
        if account_ids is not None:
            mine |= models.Q(api_key=None, account_id__in=account_ids, account_ids__isnull=False)
        return self.filter(mine)
