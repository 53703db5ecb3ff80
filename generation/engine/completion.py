"""The completion hub: how waiting requests learn that their generations are final.

Three ways, one query: a nudge when the transition was committed in this process, the check right after
registering (so no end is missed), and a sweep over all awaited ids as the safety net. A waiter holds a future,
no thread and no connection.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from generation.models import Generation
from jimeng_site.database import in_database

logger = logging.getLogger(__name__)


def _load_finished(ids: Collection[int]) -> list[Generation]:
    return list(Generation.objects.finished().filter(pk__in=ids).prefetch_related("media"))


@contextmanager
def _registered(registry: dict[int, set[asyncio.Event]], ids: Collection[int]) -> Iterator[asyncio.Event]:
    event = asyncio.Event()
    for each in ids:
        registry.setdefault(each, set()).add(event)
    try:
        yield event
    finally:
        for each in ids:
            registry[each].discard(event)
            if not registry[each]:
                del registry[each]


class WaitEnded(Exception):
    """This process stops; the generation goes on elsewhere or after the restart."""


class CompletionHub:
    def __init__(self, *, batch: int = 400) -> None:
        self._waiting: dict[int, list[asyncio.Future[Generation]]] = {}
        self._listeners: dict[int, set[asyncio.Event]] = {}
        self._onlookers: dict[int, set[asyncio.Event]] = {}
        self.stirred = asyncio.Event()
        """Set at all news of this process; for the one task that tells open pages, which clears it."""
        self.is_leaving = False
        """The server was told to stop: whoever only looks on leaves, whoever waits may wait a little."""
        self._to_check: set[int] = set()
        self._wake = asyncio.Event()
        self._batch = batch
        self._sweep_s = 5.0
        self._closed = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._serve(), name="completion-hub")

    async def stop(self) -> None:
        self.end_waits()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def sweep_every(self, seconds: float) -> None:
        """Short when another process may finish what is awaited here, long when all news come as nudges."""
        self._sweep_s = seconds
        self._wake.set()

    def nudge(self, ids: Iterable[int]) -> None:
        """These were just made final by this process."""
        ids = list(ids)
        self._tell(self._onlookers, ids)
        awaited = [each for each in ids if each in self._waiting]
        if awaited:
            self._to_check.update(awaited)
            self._wake.set()

    def touch(self, ids: Iterable[int]) -> None:
        """Something is new about these open generations: a state, a picture, a place in the queue."""
        ids = list(ids)
        self._tell(self._listeners, ids)
        self._tell(self._onlookers, ids)

    def _tell(self, listeners: Mapping[int, set[asyncio.Event]], ids: Collection[int]) -> None:
        self.stirred.set()
        for each in ids:
            for event in listeners.get(each, ()):
                event.set()

    def listening(self, ids: Collection[int]) -> AbstractContextManager[asyncio.Event]:
        """An event that is set whenever one of these is touched."""
        return _registered(self._listeners, ids)

    def looking_on(self, ids: Collection[int]) -> AbstractContextManager[asyncio.Event]:
        """As `listening`, and at their ends and when this process is about to leave."""
        return _registered(self._onlookers, ids)

    def leave(self) -> None:
        """Send those away who only look on."""
        self.is_leaving = True
        self._tell(self._onlookers, list(self._onlookers))

    def end_waits(self) -> None:
        """Tell every waiter, now and from now on, that this process stops."""
        self._closed = True
        self.leave()
        for futures in self._waiting.values():
            for future in futures:
                if not future.done():
                    future.set_exception(WaitEnded())
        self._waiting.clear()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def is_awaited(self, generation_id: int) -> bool:
        """Whether a request of this process waits for it now."""
        return generation_id in self._waiting

    async def wait(self, generation_id: int) -> Generation:
        """The final row, with `media` prefetched. Raises WaitEnded. Bound it with asyncio.timeout."""
        if self._closed:
            raise WaitEnded
        future: asyncio.Future[Generation] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(generation_id, []).append(future)
        self._to_check.add(generation_id)
        self._wake.set()
        try:
            return await future
        finally:
            self._forget(generation_id, future)

    def _forget(self, generation_id: int, future: asyncio.Future[Generation]) -> None:
        futures = self._waiting.get(generation_id, [])
        if future in futures:
            futures.remove(future)
        if not futures:
            self._waiting.pop(generation_id, None)

    async def _serve(self) -> None:
        clock = asyncio.get_running_loop().time
        swept_at = clock()
        while True:
            try:
                async with asyncio.timeout_at(swept_at + self._sweep_s):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            if clock() >= swept_at + self._sweep_s:  # by the clock: under load it is woken more often than it sweeps
                swept_at = clock()
                self._to_check.update(self._waiting)
            due, self._to_check = self._to_check, set()
            awaited = [each for each in due if each in self._waiting]
            try:
                for start in range(0, len(awaited), self._batch):
                    await self._check(awaited[start : start + self._batch])
            except Exception:
                # Nobody is forgotten: the next sweep asks for all that is awaited.
                logger.exception("The completion hub could not read the database")

    async def _check(self, ids: list[int]) -> None:
        for generation in await in_database(_load_finished, ids):
            for future in self._waiting.pop(generation.pk, []):
                if not future.done():
                    future.set_result(generation)
