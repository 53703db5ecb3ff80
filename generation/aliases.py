"""The names that stand for models, read from their table now and then: what the admin changes works within seconds."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from typing import Final

from django.db import DatabaseError

from generation import catalog
from generation.models import ModelAlias
from jimeng_site.database import in_database

logger = logging.getLogger(__name__)


class ModelAliases:
    """Keeps the catalog's aliases those of the table: at most one query in TTL_S seconds, and none while nobody asks.

    Used on the event loop only, so it needs no lock.
    """

    TTL_S: Final = 5.0

    def __init__(self) -> None:
        self._stale_at = 0.0  # time.monotonic()

    async def refresh_if_stale(self) -> None:
        if time.monotonic() >= self._stale_at:
            await self.refresh()

    async def refresh(self) -> None:
        """Read the table. While it cannot be read, the aliases of before stay; requests meanwhile use them, too."""
        self._stale_at = time.monotonic() + self.TTL_S
        try:
            found = await in_database(_read)
        except DatabaseError:
            logger.warning("The model aliases cannot be read", exc_info=True, extra={"action": "aliases"})
            return
        catalog.aliases_use(found)

    def forget(self) -> None:
        """Back to what a process begins with."""
        self._stale_at = 0.0
        catalog.aliases_use(catalog.ALIASES)


def unknown_models(names: Collection[str]) -> list[str]:
    """Those that are neither models nor, in the table, aliases."""
    others = [name for name in names if name not in catalog.MODELS]
    known = set(ModelAlias.objects.filter(name__in=others).values_list("name", flat=True)) if others else set()
    return [name for name in others if name not in known]


def _read() -> dict[str, str]:
    return dict(ModelAlias.objects.values_list("name", "target"))


model_aliases = ModelAliases()
