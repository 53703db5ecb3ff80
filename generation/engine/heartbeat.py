"""The pulse of the engine, written from its event loop: it stops when the loop does."""

from __future__ import annotations

import os
import socket
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from accounts import services as accounts
from accounts.alerts import ENGINE
from accounts.models import AlertKind
from generation.engine.tools import Tools
from generation.models import EngineBeat
from jimeng_site.database import in_database

BEAT_S = 10.0
ROW = 1


def beat_every_s() -> float:
    """Often enough that a healthy engine is never taken for a stalled one."""
    stalled_s: float = settings.JIMENG_STALLED_S
    return min(BEAT_S, stalled_s / 4)


class Heartbeat:
    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._holder = f"{socket.gethostname()}:{os.getpid()}"[:100]
        self._started_at = timezone.now()

    async def run(self) -> None:
        await in_database(
            beat_write,
            holder=self._holder,
            started_at=self._started_at,
            at=timezone.now(),
            waiting=self._tools.desk.waiting,
            following=self._tools.watcher.open_records,
        )


def beat_write(*, holder: str, started_at: datetime, at: datetime, waiting: int, following: int) -> None:
    """Say that the engine lives; if it was called stalled, it is not any more."""
    facts = {"holder": holder, "started_at": started_at, "beat_at": at, "waiting": waiting, "following": following}
    if not EngineBeat.objects.filter(pk=ROW).update(**facts):
        EngineBeat.objects.bulk_create([EngineBeat(pk=ROW, **facts)], ignore_conflicts=True)
    accounts.alerts_resolve(kinds=[AlertKind.ENGINE_STALLED], subject=ENGINE, at=at)
