"""An event loop on which time is a number: when nobody has anything to do, it jumps to the next timer.

What runs in threads (the database, files) takes no virtual time: while such work is out, time stands still. Sockets
to the outside have no place here, since nobody could tell whether a silent one is done.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, TypeVar

import time_machine

T = TypeVar("T")

THREADS = 4
STUCK_S = 60.0  # of real time: work in a thread that takes longer than this is taken for dead


class Stuck(RuntimeError):
    """Nothing is ready, no timer is set and no thread works: nothing would ever happen again."""


class _Selector(selectors.DefaultSelector):
    """Waits for threads only; instead of waiting for time it moves time on."""

    loop: VirtualTimeLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if self.loop.is_awaiting_threads:
            ready = super().select(STUCK_S)
            if not ready:
                raise Stuck(f"Work in a thread has taken more than {STUCK_S:.0f} s.")
            return ready
        if timeout is None:
            raise Stuck("Nothing is ready and no timer is set.")
        self.loop.move_on(timeout)
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """`time()` starts at 0. `on_move` is told each new time before anything else happens then."""

    def __init__(self, on_move: Callable[[float], None] = lambda _: None) -> None:
        self._now = 0.0
        self._outstanding = 0
        self._on_move = on_move
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="virtual-time")
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self._now

    @property
    def is_awaiting_threads(self) -> bool:
        return self._outstanding > 0

    def move_on(self, seconds: float) -> None:
        # Never short of the timer by a rounding error, which would have the loop go round in vain.
        self._now = max(self._now + seconds, self._next_timer_at())
        self._on_move(self._now)

    def _next_timer_at(self) -> float:
        scheduled: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]  # asyncio's own heap
        return scheduled[0].when() if scheduled else 0.0

    def run_in_executor(self, executor: Executor | None, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]  # typeshed has TypeVarTuples
        work = (executor or self._threads).submit(func, *args)
        self._outstanding += 1
        told = asyncio.wrap_future(work, loop=self)
        # After the callback of `wrap_future`: time may move only when the result has arrived. Also when it is
        # cancelled, since its thread may still be at it.
        work.add_done_callback(lambda _: self.call_soon_threadsafe(self._came_back))
        return told

    def _came_back(self) -> None:
        self._outstanding -= 1

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        self._threads.shutdown(wait=True)


def run_at(start: float, main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run `main()` to its end on a loop of its own, on which it is `start` (Unix seconds) at first.

    `time.time()`, `datetime.now()` and what builds on them follow it in all threads of this process; the monotonic
    clocks stay real.
    """
    travel = time_machine.travel(start, tick=False)
    clock = travel.start()
    try:
        with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(lambda now: clock.move_to(start + now))) as runner:
            return runner.run(main())
    finally:
        travel.stop()
