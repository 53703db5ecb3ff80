"""The duties that apply the retention policy: hourly what is due, daily what no row names, and a count for the page.

In small steps with pauses in between, and with the files themselves deleted in threads: nobody waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import TypeVar

from django.utils import timezone

from generation.engine.duties import Duty
from generation.orphans import AT_ONCE, MOST, OLD, are_too_many, old_files, unnamed
from generation.retention_notes import plan_note
from generation.retention_policy import policy_in_force
from generation.retention_removal import FRESH, Removal, delete_unnamed
from generation.retention_survey import Survey
from jimeng_site.database import in_database

logger = logging.getLogger(__name__)

EVERY_S = 3600.0
SWEEP_EVERY_S = 86400.0
PAUSE_S = 0.05  # after each step of some 10 ms
T = TypeVar("T")


class Retaining:
    """`pause_s`: between two steps."""

    def __init__(self, *, pause_s: float = PAUSE_S) -> None:
        self._pause_s = pause_s

    async def run(self) -> None:
        """Remove what is due, then count what is left."""
        at = timezone.now()
        removal = Removal(policy=await in_database(policy_in_force), at=at)
        batches = removal.batches()
        while (batch := await in_database(_next, batches)) is not None:
            if batch.pks:
                marked = await in_database(removal.mark, batch)
                await asyncio.to_thread(delete_unnamed, marked.names, unused_since=at - FRESH)
            await asyncio.sleep(self._pause_s)
        if removal.removed.files:
            about = {"action": "retention", "files": removal.removed.files, "bytes": removal.removed.size_bytes}
            logger.info("Result files were removed by the retention policy", extra=about)
        survey = Survey(removal.policy, timezone.now())
        while await in_database(survey.step):
            await asyncio.sleep(self._pause_s)
        await asyncio.to_thread(plan_note, survey.plan)

    async def sweep(self) -> None:
        """Delete result files that no row names, unless there are more than accidents leave."""
        at = timezone.now()
        files, lost, looked_at = old_files(at=at), list[str](), 0
        while len(lost) <= MOST and (names := await asyncio.to_thread(_next, files)) is not None:
            looked_at += len(names)
            lost += await in_database(unnamed, names)
            await asyncio.sleep(self._pause_s)
        if are_too_many(len(lost), of=looked_at):
            about = {"action": "retention_sweep", "files": len(lost), "of": looked_at}
            logger.warning("Many files belong to no record; none is deleted: see prune_media --orphans", extra=about)
            return
        deleted = 0
        for start in range(0, len(lost), AT_ONCE):
            still = await in_database(unnamed, lost[start : start + AT_ONCE])
            deleted += await asyncio.to_thread(delete_unnamed, still, unused_since=at - OLD)
            await asyncio.sleep(self._pause_s)
        if deleted:
            about = {"action": "retention_sweep", "files": deleted}
            logger.info("Result files that nothing refers to were deleted", extra=about)


def _next(steps: Iterator[T]) -> T | None:
    return next(steps, None)


def retention_duties() -> list[Duty]:
    retaining = Retaining()
    return [
        Duty(name="retention", every_s=EVERY_S, run=retaining.run),
        Duty(name="retention_sweep", every_s=SWEEP_EVERY_S, run=retaining.sweep),
    ]
