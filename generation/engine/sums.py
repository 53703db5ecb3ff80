"""The duty that keeps the sums by hour: the current hour and the last one every minute, and what a pause left out."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from generation.engine.duties import Duty
from generation.usage import HOUR, hour_of, usage_known_until, usage_sum_next
from jimeng_site.database import in_database

EVERY_S = 60.0


class UsageSums:
    def __init__(self) -> None:
        self._since: datetime | None = None  # None: not run yet in this process

    async def run(self) -> None:
        """An hour a call to the database: others get their turn in between."""
        begun_at = timezone.now()
        upto: datetime | None = self._since or await in_database(usage_known_until)
        while upto is not None:
            upto = await in_database(usage_sum_next, since=upto)
        self._since = hour_of(begun_at) - HOUR


def usage_duty() -> Duty:
    return Duty(name="usage", every_s=EVERY_S, run=UsageSums().run)
