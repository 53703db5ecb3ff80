"""How many may do something at once in this process: semaphores, one for each event loop (tests run several)."""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary


class Slots:
    """`async with slots.taken(): …` for at most `count` at a time, first come first served."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    def taken(self) -> asyncio.Semaphore:
        """That of the running loop."""
        return self._of_loop.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(self._count))
