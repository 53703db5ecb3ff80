"""Which generations: filters only, time is an argument."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from generation.models import Generation  # noqa: F401

# Primary keys grow with time, but for rows that processes stored at the same moment.
_OUT_OF_ORDER = timedelta(minutes=1)


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

    # --- lists of many: bounded by the primary key, by which they are sorted ----------------------

    def asked_since(self, at: datetime) -> Self:
        first = self._first_since(at - _OUT_OF_ORDER)
        return self.none() if first is None else self.filter(pk__gte=first, created_at__gte=at)

    def asked_before(self, at: datetime) -> Self:
        later = self._first_since(at + _OUT_OF_ORDER)
        return self.filter(created_at__lt=at) if later is None else self.filter(pk__lt=later, created_at__lt=at)

    def newest(self, count: int) -> Self:
        """No more than so many, and no older ones."""
        last = self.model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
        return self.filter(pk__gt=(last or 0) - count)

    def _first_since(self, at: datetime) -> int | None:
        rows = self.model._default_manager.filter(created_at__gte=at).order_by("created_at")
        first: int | None = rows.values_list("pk", flat=True).first()
        return first
