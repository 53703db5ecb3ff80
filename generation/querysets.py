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

    def newest_pk(self) -> int:
        """0: there are none."""
        newest: int | None = self.aggregate(newest=models.Max("pk"))["newest"]
        return newest or 0

    def pk_of(self, public_id: str) -> int:
        """0: there is none."""
        return self.filter(public_id=public_id).values_list("pk", flat=True).first() or 0

    # --- lists of many: bounded by the primary key, by which they are sorted ----------------------

    def asked_since(self, at: datetime) -> Self:
        first = self._first_since(at - _OUT_OF_ORDER)
        return self.none() if first is None else self.filter(pk__gte=first, created_at__gte=at)

    def asked_before(self, at: datetime) -> Self:
        later = self._first_since(at + _OUT_OF_ORDER)
        return self.filter(created_at__lt=at) if later is None else self.filter(pk__lt=later, created_at__lt=at)

    def pks_asked(self, *, since: datetime | None, before: datetime | None) -> tuple[int, int | None] | None:
        """Bounds of the primary keys in which all of that time lie, the second one excluded; None: there are none."""
        first = self._first_since(since - _OUT_OF_ORDER) if since else 1
        later = self._first_since(before + _OUT_OF_ORDER) if before else None
        return None if first is None else (first, later)

    def _first_since(self, at: datetime) -> int | None:
        rows = self.model._default_manager.filter(created_at__gte=at).order_by("created_at")
        first: int | None = rows.values_list("pk", flat=True).first()
        return first
