"""What the engine does again and again beside its jobs: each duty at its own pace, none in another's way."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """`run` is called every `every_s` seconds, counted from its end; a failure is logged and it is called again."""

    name: str
    every_s: float
    run: Callable[[], Awaitable[None]]


class Duties:
    """One task a duty, from `start` to `stop`. `at_least_s`: no duty is called more often than that."""

    def __init__(self, duties: Sequence[Duty], *, at_least_s: float = 0.0) -> None:
        self._duties = duties
        self._at_least_s = at_least_s
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(_repeat(each, self._at_least_s), name=f"duty-{each.name}", context=contextvars.Context())
            for each in self._duties
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _repeat(duty: Duty, at_least_s: float) -> None:
    while True:
        try:
            await duty.run()
        except Exception:
            logger.exception("A duty was interrupted", extra={"action": duty.name})
        await asyncio.sleep(max(duty.every_s, at_least_s))
