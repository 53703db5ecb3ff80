"""Missing files that somebody waits for: each fetched once however many ask, few at once, by whoever has the engine."""

from __future__ import annotations

import asyncio
import contextvars
from datetime import datetime
from typing import Final

from django.utils import timezone

from generation.engine.mending import Mended, Mender
from generation.models import Media
from jimeng_site.database import in_database

AT_ONCE: Final = 3
WAITING_MAX: Final = 200
AGAIN_AFTER_S: Final = 60.0  # what failed is not tried again before, however often its page is looked at
REMEMBERED_MAX: Final = 5000
ELSEWHERE_LOOK_S: Final = 0.5
ELSEWHERE_S: Final = 45.0  # longer than anybody waits for it


class Healer:
    """One per process. `mender` is there while this process runs the engine; else it asks by way of the database."""

    def __init__(self, *, again_after_s: float = AGAIN_AFTER_S) -> None:
        self.mender: Mender | None = None
        self._again_after_s = again_after_s
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._flights: dict[int, asyncio.Task[Mended]] = {}
        self._failed: dict[int, tuple[float, Mended]] = {}  # by media: loop time, and how it ended

    async def heal(self, media_id: int) -> Mended:
        """Have a missing file fetched. Whoever stops waiting stops nothing."""
        failed_at, outcome = self._failed.get(media_id, (float("-inf"), Mended.UNREACHABLE))
        if asyncio.get_running_loop().time() - failed_at < self._again_after_s:
            return outcome
        if media_id not in self._flights and len(self._flights) >= WAITING_MAX:
            return Mended.BUSY
        return await self.fetch(media_id)

    async def fetch(self, media_id: int) -> Mended:
        """The same for what is due: no pause between attempts but that of the row."""
        flight = self._flights.get(media_id)
        if flight is None:
            # A context of its own: it outlives the request that asked for it, and must not use its lane.
            flight = asyncio.get_running_loop().create_task(
                self._fly(media_id), name=f"heal-{media_id}", context=contextvars.Context()
            )
            self._flights[media_id] = flight
            flight.add_done_callback(lambda _: self._flights.pop(media_id, None))
        return await asyncio.shield(flight)

    async def stop(self) -> None:
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    async def _fly(self, media_id: int) -> Mended:
        async with self._slots:
            mender = self.mender
            outcome = await (_elsewhere(media_id) if mender is None else mender.mend(media_id))
        self._failed.pop(media_id, None)
        if outcome is not Mended.STORED:
            while len(self._failed) >= REMEMBERED_MAX:
                self._failed.pop(next(iter(self._failed)))
            self._failed[media_id] = (asyncio.get_running_loop().time(), outcome)
        return outcome


async def _elsewhere(media_id: int) -> Mended:
    """Have the process that runs the engine fetch it, and wait until the row says how it ended."""
    asked_at = timezone.now()
    before = await in_database(_ask, media_id, asked_at)
    until = asyncio.get_running_loop().time() + ELSEWHERE_S
    while before is not None and asyncio.get_running_loop().time() < until:
        await asyncio.sleep(ELSEWHERE_LOOK_S)
        now = await in_database(_state, media_id)
        if now is None:
            return Mended.REMOVED
        due_at, attempts = now
        if due_at is None or attempts != before[1]:
            return Mended.STORED if due_at is None and not attempts else Mended.UNREACHABLE
    return Mended.REMOVED if before is None else Mended.UNREACHABLE


State = tuple[datetime | None, int]
"""`fetch_due_at` and `fetch_attempts` of a row."""


def _ask(media_id: int, at: datetime) -> State | None:
    """Make it due now, unless it was removed on purpose; returns its state then."""
    Media.objects.filter(pk=media_id, removed_at__isnull=True, removed_why="").update(fetch_due_at=at)
    return _state(media_id)


def _state(media_id: int) -> State | None:
    rows = Media.objects.filter(pk=media_id, removed_at__isnull=True, removed_why="")
    return rows.values_list("fetch_due_at", "fetch_attempts").first()
