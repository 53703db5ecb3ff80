"""The embedded runner: jobs as tasks of this process, if this process holds the engine's lock."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Iterable, Sequence
from functools import partial

from django.utils import timezone

from generation.engine import deliveries, job, watch_pool
from generation.engine.caretaker import Caretaker
from generation.engine.check_ins import TICK_S as CHECK_IN_TICK_S
from generation.engine.check_ins import CheckIns
from generation.engine.completion import CompletionHub
from generation.engine.desk import AccountDesk
from generation.engine.duties import Duties, Duty
from generation.engine.healing import Healer
from generation.engine.heartbeat import Heartbeat, beat_every_s
from generation.engine.housekeeping import Housekeeping
from generation.engine.journal import Journal
from generation.engine.keeping import keeping_duties
from generation.engine.late import late_duty
from generation.engine.lock import engine_lock
from generation.engine.mending import Mender
from generation.engine.pace import Pace
from generation.engine.proxies import proxy_duties
from generation.engine.recovery import recover
from generation.engine.renewals import renewal_duties
from generation.engine.sums import usage_duty
from generation.engine.tools import Tools, tools_with
from generation.models import Generation
from generation.progress import Progress
from generation.upstream.client import UpstreamClient
from jimeng_site.database import in_database

logger = logging.getLogger(__name__)

WIRE_GRACE_S = 3.0  # for submissions under way when the engine stops
RERUN_PAUSE_S = 1.0


def engine_duties(tools: Tools) -> list[Duty]:
    """All that the engine does beside jobs, probes and files; modules of their own hold each."""
    check_ins = CheckIns(tools.client, tools.caretaker)
    return [
        Duty(name="check_in", every_s=CHECK_IN_TICK_S, run=check_ins.run),
        *proxy_duties(tools.client),
        *renewal_duties(tools.client),
        *keeping_duties(),
        Duty(name="heartbeat", every_s=beat_every_s(), run=Heartbeat(tools).run),
        Duty(name="deliveries", every_s=deliveries.EVERY_S, run=deliveries.Courier().run),
        Duty(name="watch-pool", every_s=watch_pool.EVERY_S, run=watch_pool.PoolWatch().run),
        usage_duty(),
        late_duty(tools),
    ]


class EmbeddedRunner:
    """`submit` hands generations over; `start` and `stop` bracket the process's life."""

    def __init__(self, client: UpstreamClient, hub: CompletionHub, *, pace: Pace | None = None) -> None:
        self._pace = pace or Pace()
        self._hub = hub
        self._client = client
        self._lock = engine_lock()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._tools: Tools | None = None
        self._housekeeping: Housekeeping | None = None
        self._duties = Duties(())
        self._keeper: asyncio.Task[None] | None = None
        self.healer = Healer()

    @property
    def is_running(self) -> bool:
        return self._tools is not None

    def describe(self) -> dict[str, str | int]:
        """For readiness: is the engine here, and how much is in its hands."""
        if self._tools is None:
            return {"engine": "standby"}
        return {
            "engine": "running",
            "jobs": len(self._tasks),
            "waiting_for_account": self._tools.desk.waiting,
            "following": self._tools.watcher.open_records,
        }

    async def submit(self, generations: Sequence[Generation]) -> None:
        """Take these on now, if the engine is here; the process that has it finds them otherwise."""
        if self._tools is not None:
            fresh = [each for each in generations if each.pk not in self._tasks]
            self._tools.journal.remember(fresh)
            self._spawn([each.pk for each in fresh if each.status == Generation.Status.QUEUED])

    def sight(self, generation_id: int) -> Progress | None:
        """How far a generation of this process is; None if it is not run here."""
        tools = self._tools
        if tools is None or generation_id not in self._tasks:
            return None
        follow = tools.follows.get(generation_id)
        if follow is not None:
            return follow.progress(asyncio.get_running_loop().time())
        place = tools.desk.place(generation_id)
        if place is None:
            return Progress(phase="preparing", percent=1, elapsed_s=0.0)
        return Progress(
            phase="queued", percent=0, elapsed_s=0.0, queue_position=place + 1, queue_length=tools.desk.waiting
        )

    async def start(self) -> None:
        self._hub.sweep_every(self._pace.sweep_shared_s)
        if self._lock.take():
            await self._begin()
        self._keeper = asyncio.get_running_loop().create_task(
            self._keep(), name="engine-keeper", context=contextvars.Context()
        )

    async def stop(self) -> None:
        """Finish what is on the wire, leave the rest where it stands: the next start resumes it."""
        keeper, tools = self._keeper, self._tools
        self.healer.mender = None
        await self.healer.stop()
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        if tools is not None:
            until = asyncio.get_running_loop().time() + WIRE_GRACE_S
            await tools.desk.stop()
            while tools.on_wire and asyncio.get_running_loop().time() < until:
                await asyncio.sleep(0.05)
            tasks = list(self._tasks.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._duties.stop()
            if self._housekeeping is not None:
                await self._housekeeping.stop()
            await tools.watcher.stop()
            await tools.caretaker.stop()
            tools.media.close()
            self._tools = None
        self._lock.release()

    async def _keep(self) -> None:
        """Without the engine: try to take it over. With it: look for what other processes stored."""
        while True:
            await asyncio.sleep(self._pace.intake_s if self._tools is not None else self._pace.lock_retry_s)
            try:
                if self._tools is not None:
                    self._spawn(await in_database(_queued_ids))
                elif self._lock.take():
                    logger.info("Taking over the engine", extra={"action": "engine_start"})
                    await self._begin()
            except Exception:
                if self._tools is None:
                    self._lock.release()  # so that this process or another may try again
                logger.exception("The queue could not be read", extra={"action": "intake"})

    async def _begin(self) -> None:
        open_ids = await in_database(recover, at=timezone.now())
        desk = AccountDesk()
        caretaker = Caretaker(self._client, on_freed=desk.nudge, tick_s=self._pace.probes_s)
        journal = Journal(on_final=self._hub.nudge, on_freed=desk.nudge, on_change=self._hub.touch)
        tools = tools_with(self._client, journal=journal, desk=desk, caretaker=caretaker)
        self.healer.mender = Mender(self._client, caretaker.login)
        self._housekeeping = Housekeeping(
            self.healer, is_idle=lambda: not self._tasks, tick_s=self._pace.housekeeping_s
        )
        self._duties = Duties(engine_duties(tools), at_least_s=self._pace.duties_at_least_s)
        desk.start()
        caretaker.start()
        self._housekeeping.start()
        self._duties.start()
        self._tools = tools
        self._hub.sweep_every(self._pace.sweep_alone_s)
        if open_ids:
            logger.info("Resuming open generations", extra={"action": "resume", "count": len(open_ids)})
        self._spawn(open_ids)

    def _spawn(self, ids: Iterable[int]) -> None:
        for generation_id in ids:
            if generation_id not in self._tasks:
                # A context of its own: a job outlives the request that asked for it, and must not use its lane.
                task = asyncio.get_running_loop().create_task(
                    self._run(generation_id), name=f"job-{generation_id}", context=contextvars.Context()
                )
                self._tasks[generation_id] = task
                task.add_done_callback(partial(self._forget, generation_id))

    def _forget(self, generation_id: int, _task: asyncio.Task[None]) -> None:
        self._tasks.pop(generation_id, None)

    async def _run(self, generation_id: int) -> None:
        """Run a job; if something of ours breaks, run it again from what the database says: jobs resume."""
        tools = self._tools
        assert tools is not None  # noqa: S101  (only _spawn calls this, and only while running)
        pause_s = RERUN_PAUSE_S
        while True:
            try:
                await job.run(generation_id, tools)
                return
            except Exception:
                logger.exception("A job was interrupted", extra={"action": "job", "generation_pk": generation_id})
            await asyncio.sleep(pause_s)
            pause_s = min(60.0, pause_s * 2)


def _queued_ids() -> list[int]:
    return list(Generation.objects.waiting().values_list("pk", flat=True))
