"""Many small calls become few large ones: one transaction, or one upstream call, for all that wait at the time."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

I = TypeVar("I")  # noqa: E741
R = TypeVar("R")


class Batcher(Generic[I, R]):
    """Collects items while the batch before is under way; adds no delay when there is none.

    `run` takes a list and returns one result for each item, in order. If it raises, every caller of
    that batch gets the error.
    """

    def __init__(self, run: Callable[[list[I]], Awaitable[Sequence[R]]], *, limit: int, name: str) -> None:
        self._run = run
        self._limit = limit
        self._name = name
        self._waiting: list[tuple[I, asyncio.Future[R]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def __call__(self, item: I) -> R:
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._worker is None:
            # A context of its own: it must outlive the request that happened to start it.
            self._worker = asyncio.get_running_loop().create_task(
                self._work(), name=self._name, context=contextvars.Context()
            )
        return await future

    async def _work(self) -> None:
        await asyncio.sleep(0)  # let the callers of this turn of the loop join the first batch
        while self._waiting:
            batch, self._waiting = self._waiting[: self._limit], self._waiting[self._limit :]
            try:
                results = await self._run([item for item, _ in batch])
                told = list(zip((future for _, future in batch), results, strict=True))
            except Exception as error:  # handed to the callers, who decide
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
            else:
                for future, result in told:
                    if not future.done():
                        future.set_result(result)
        self._worker = None
