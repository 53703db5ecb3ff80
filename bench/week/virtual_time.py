"""An event loop on which time is a number: when nobody has anything to do, it jumps to the next timer.

What runs in threads (the database, files) takes no virtual time: the loop stands still until it is done. So all
that happens is in one order only, and a run can be repeated. Sockets have no place here, since nobody could tell
whether a silent one is done.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, TypeVar

import time_machine

T = TypeVar("T")

STUCK_S = 60.0  # of real time: work in a thread that takes longer than this waits for the loop, which waits for it


class Stuck(RuntimeError):
    """Nothing is ready and no timer is set: nothing would ever happen again."""


class _Selector(selectors.DefaultSelector):
    """Instead of waiting for time, it moves time on."""

    loop: VirtualTimeLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None:
            raise Stuck("Nothing is ready and no timer is set.")
        self.loop.move_on(timeout)
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """`time()` starts at 0. `on_move` is told each new time before anything else happens then."""

    def __init__(self, on_move: Callable[[float], None] = lambda _: None) -> None:
        self._now = 0.0
        self._on_move = on_move
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="virtual-time")
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self._now

    def move_on(self, seconds: float) -> None:
        # Never short of the timer by a rounding error, which would have the loop go round in vain.
        self._now = max(self._now + seconds, self._next_timer_at())
        self._on_move(self._now)

    def _next_timer_at(self) -> float:
        scheduled: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]  # asyncio's own heap
        return scheduled[0].when() if scheduled else 0.0

    def run_in_executor(self, executor: Executor | None, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]  # typeshed has TypeVarTuples
        """Done when it returns: in its own thread, as connections to the database want it."""
        work = (executor or self._threads).submit(func, *args)
        told: asyncio.Future[T] = self.create_future()
        error = work.exception(timeout=STUCK_S)
        if error is None:
            told.set_result(work.result())
        else:
            told.set_exception(error)
        return told

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
