"""The account desk: generations queue here until an account can be lent to them, and places go round their owners."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections import Counter, deque
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from accounts.errors import PoolBusy
from accounts.services import Decision
from generation.engine.claims import Claim, KeepWaiting, Want, claim
from generation.engine.fairness import come_back_in_s, fair_order
from jimeng_site.database import in_database

logger = logging.getLogger(__name__)

BATCH = 250
TICK_S = 1.0  # other processes may free accounts, and rests end: nobody nudges for these
PAUSE_S = 0.05  # between passes over a queue that nobody could be served from
RATE_OVER_S = 60.0
RETRY_AFTER_S = 30.0  # when nobody was served lately


@dataclass(slots=True, kw_only=True, eq=False)
class _Entry:
    """`patient_until`: on the loop's clock. `decision`: why nobody could take it when it was last offered."""

    want: Want
    patient_until: float
    future: asyncio.Future[Claim]
    decision: Decision | None = None


class AccountDesk:
    """One per engine. `claim` waits for an account; `nudge` says that one may have come free."""

    def __init__(self) -> None:
        self._queue: dict[int, _Entry] = {}  # by generation
        self._holding: dict[int, str] = {}  # owners of the generations that were given an account and go on
        self._places: dict[int, int] | None = None  # by generation, None: they have changed
        self._served_at: deque[float] = deque(maxlen=5000)  # the loop's clock
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(
            self._serve(), name="account-desk", context=contextvars.Context()
        )

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def nudge(self) -> None:
        if self._queue:
            self._wake.set()

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def place(self, generation_id: int) -> int | None:
        """How many will be served before it, as things stand; None if it is not in the queue."""
        if self._places is None:
            self._places = {each: place for place, each in enumerate(self._order())}
        return self._places.get(generation_id)

    def hold(self, generation_id: int, *, owner: str) -> None:
        """It has an account: its owner's others come after those of owners that hold fewer."""
        self._holding[generation_id] = owner
        self._places = None

    def give_back(self, generation_id: int) -> None:
        """It is over, or back in the queue. Twice is no fault."""
        if self._holding.pop(generation_id, None) is not None:
            self._places = None

    async def claim(self, want: Want, *, waited_s: float, left_s: float | None = None) -> Claim:
        """Wait for an account, for `left_s` at most. Raises a PoolError that says why there is none, or LostRace."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Claim] = loop.create_future()
        patient_until = loop.time() + settings.JIMENG_QUEUE_TIMEOUT_S - waited_s
        self.give_back(want.generation_id)
        entry = self._queue[want.generation_id] = _Entry(want=want, patient_until=patient_until, future=future)
        self._places = None
        self._wake.set()
        try:
            async with asyncio.timeout(left_s):
                return await future
        except TimeoutError:
            error = PoolBusy("No account came free before the deadline; nothing was spent.")
            error.decision = entry.decision
            raise error from None

    def _order(self) -> list[int]:
        waiting = ((generation_id, entry.want.owner) for generation_id, entry in self._queue.items())
        return fair_order(waiting, Counter(self._holding.values()))

    async def _serve(self) -> None:
        while True:
            try:
                async with asyncio.timeout(TICK_S if self._queue else None):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            await asyncio.sleep(0)  # let a burst gather
            try:
                await self._lend_all()
            except Exception:
                logger.exception("Accounts could not be lent", extra={"action": "claim"})
                await asyncio.sleep(TICK_S)
                self._wake.set()
            if self._queue:
                await asyncio.sleep(PAUSE_S)

    async def _lend_all(self) -> None:
        """Offer the accounts to everybody in the queue, a batch a transaction. Who comes meanwhile is next."""
        entries = [self._queue[generation_id] for generation_id in self._order()]
        for start in range(0, len(entries), BATCH):
            batch = [entry for entry in entries[start : start + BATCH] if not entry.future.done()]
            outcomes = await self._offer([entry.want for entry in batch])
            for place, (entry, outcome) in enumerate(zip(batch, outcomes, strict=True), start):
                self._settle(entry, outcome, place=place)
        for entry in entries:
            if entry.future.done():
                self._drop(entry)

    async def _offer(self, wants: list[Want]) -> list[Claim | Exception | KeepWaiting]:
        """Claim for all; if that fails, for each alone, so that one that cannot be served harms no other."""
        if not wants:
            return []
        try:
            return list(await in_database(claim, wants, at=timezone.now()))
        except Exception as error:
            logger.exception("Accounts could not be lent", extra={"action": "claim", "wants": len(wants)})
            if len(wants) == 1:
                return [error]
            return [outcome for want in wants for outcome in await self._offer([want])]

    def _settle(self, entry: _Entry, outcome: Claim | Exception | KeepWaiting, *, place: int) -> None:
        """Tell the waiter, unless it keeps waiting. `place`: how many were before it in this pass."""
        if entry.future.done():  # it waits no longer; recovery or its own end gives the account back
            return
        if isinstance(outcome, KeepWaiting):
            entry.decision = outcome.decision
            if asyncio.get_running_loop().time() >= entry.patient_until:
                self._drop(entry)
                entry.future.set_exception(self._out_of_time(outcome.decision, place=place))
            return
        self._drop(entry)
        if isinstance(outcome, Claim):
            self._served_at.append(asyncio.get_running_loop().time())
            self.hold(entry.want.generation_id, owner=entry.want.owner)
            entry.future.set_result(outcome)
        else:
            entry.future.set_exception(outcome)

    def _drop(self, entry: _Entry) -> None:
        if self._queue.get(entry.want.generation_id) is entry:
            del self._queue[entry.want.generation_id]
            self._places = None

    def _out_of_time(self, decision: Decision | None, *, place: int) -> PoolBusy:
        """It is worth coming again when as many were served as stood before it, at the pace of the last minute."""
        since = asyncio.get_running_loop().time() - RATE_OVER_S
        while self._served_at and self._served_at[0] <= since:
            self._served_at.popleft()
        retry_after_s = come_back_in_s(
            ahead=place + 1, served=len(self._served_at), in_s=RATE_OVER_S, unknown_s=RETRY_AFTER_S
        )
        error = PoolBusy("No account came free in time; nothing was spent.", retry_after_s=retry_after_s)
        error.decision = decision
        return error
