"""Which generations: filters only, time is an argument."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from accounts.models import ApiKey
    from generation.models import Generation  # noqa: F401


class GenerationQuerySet(models.QuerySet["Generation"]):
    def still_open(self) -> Self:
        return self.filter(finished_at__isnull=True)

    def finished(self) -> Self:
        return self.filter(finished_at__isnull=False)

    def waiting(self) -> Self:
        """Without an account, first come first."""
        return self.still_open().filter(status="queued").order_by("pk")

    def for_caller(self, *, api_key: ApiKey | None, account_ids: Collection[int] | None) -> Self:
        """What this caller may see: its key's own, or those asked for with one of its own logins."""
        if api_key is not None:
            return self.filter(api_key=api_key)
        return self.filter(api_key=None, account_id__in=account_ids or (), account_ids__isnull=False)
