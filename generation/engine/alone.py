"""Probes, check-ins and proxy tests of a command, while no gateway runs that would make them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.utils import timezone

from accounts.bulk import BulkProgress
from accounts.models import BulkTask
from accounts.services import bulk_progress, bulk_tasks_settle
from generation.engine.caretaker import Caretaker
from generation.engine.desk import AccountDesk
from generation.engine.duties import Duties
from generation.engine.embedded import engine_duties
from generation.engine.journal import Journal
from generation.engine.lock import EngineLock, engine_lock
from generation.engine.runtime import new_client
from generation.engine.tools import Tools, tools_with
from generation.models import EngineBeat
from generation.upstream.client import UpstreamClient
from jimeng_site.database import in_database

# Duties that serve bulk tasks; the others are a running gateway's.
SERVING: Final = frozenset({"check_in", "proxy-tests"})
LOOK_S: Final = 0.3
BEAT_IS_FRESH: Final = timedelta(seconds=60)


class EnginePlace(StrEnum):
    """Where the engine of this database runs."""

    HERE = "here"  # another process of this machine
    ELSEWHERE = "elsewhere"  # another machine on the same database
    NOWHERE = "nowhere"


def engine_place(*, at: datetime) -> tuple[EnginePlace, EngineLock | None]:
    """Where the engine runs. Nowhere: with its lock, taken, which the caller must release."""
    lock = engine_lock()
    if not lock.take():
        return EnginePlace.HERE, None
    beat = EngineBeat.objects.order_by("-beat_at").first()
    elsewhere = beat is not None and beat.beat_at > at - BEAT_IS_FRESH
    if beat is not None and elsewhere and beat.holder.rpartition(":")[0] != socket.gethostname():
        lock.release()
        return EnginePlace.ELSEWHERE, None
    return EnginePlace.NOWHERE, lock


async def serve_task(task: BulkTask, *, on_progress: Callable[[BulkProgress], None]) -> None:
    """Do a bulk task in this process. The caller holds the engine's lock, so that none else does it too."""
    async with new_client() as client:
        tools = _tools(client)
        duties = Duties([each for each in engine_duties(tools) if each.name in SERVING])
        tools.caretaker.start()
        duties.start()
        try:
            while True:
                progress = await in_database(bulk_progress, task)
                on_progress(progress)
                if progress.is_over:
                    return
                await asyncio.sleep(LOOK_S)
                await in_database(bulk_tasks_settle, at=timezone.now())
        finally:
            await duties.stop()
            await tools.caretaker.stop()
            tools.media.close()


def _tools(client: UpstreamClient) -> Tools:
    """What an engine has, with no job in it."""
    return tools_with(
        client,
        journal=Journal(on_final=_nobody_waits, on_freed=_nobody_waits, on_change=_nobody_waits),
        desk=AccountDesk(),
        caretaker=Caretaker(client, on_freed=_nobody_waits),
    )


def _nobody_waits(*_: object) -> None:
    pass
