"""Few requests at a time between their arrival and their wait.

A thousand requests that arrive together would otherwise all be read, then all be stored, then all be submitted:
the first would wait for the last at every step. Let in a few at a time, the first are submitted while the
last still wait at the door. A request leaves as soon as it begins to wait, so waiting ones block nobody.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from types import TracebackType
from typing import Self

_current: ContextVar[Admission | None] = ContextVar("admission", default=None)


class Admission:
    """An async context manager around one request; `leave` may end it early, once."""

    def __init__(self, door: asyncio.Semaphore) -> None:
        self._door = door
        self._inside = False

    async def __aenter__(self) -> Self:
        await self._door.acquire()
        self._inside = True
        _current.set(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def leave(self) -> None:
        if self._inside:
            self._inside = False
            self._door.release()


def leave() -> None:
    """The current request begins to wait: let the next one in. Does nothing outside a request."""
    admission = _current.get()
    if admission is not None:
        admission.leave()
