"""A part of the catalog that is kept in a table: what the admin or the engine writes there works within seconds."""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

from django.db import DatabaseError

from jimeng_site.database import in_database

logger = logging.getLogger(__name__)

T = TypeVar("T")


class CatalogTable(ABC, Generic[T]):
    """Reads the table now and then: at most one query in TTL_S seconds, and none while nobody asks.

    Used on the event loop only, so it needs no lock.
    """

    NAME: ClassVar[str]
    TTL_S: ClassVar[float]

    def __init__(self) -> None:
        self._stale_at = 0.0  # time.monotonic()

    @abstractmethod
    def begins_with(self) -> T:
        """What holds in a process that has not read the table yet."""

    @abstractmethod
    def read(self) -> T:
        """One query."""

    @abstractmethod
    def use(self, found: T) -> None:
        """Have the catalog say so."""

    async def refresh_if_stale(self) -> None:
        if time.monotonic() >= self._stale_at:
            await self.refresh()

    async def refresh(self) -> None:
        """Read the table. While it cannot be read, what was found before stays; requests meanwhile use it, too."""
        self._stale_at = time.monotonic() + self.TTL_S
        try:
            found = await in_database(self.read)
        except DatabaseError:
            logger.warning("The %s cannot be read", self.NAME, exc_info=True, extra={"action": self.NAME})
            return
        self.use(found)

    def forget(self) -> None:
        """Back to what a process begins with."""
        self._stale_at = 0.0
        self.use(self.begins_with())
