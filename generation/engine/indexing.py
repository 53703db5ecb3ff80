"""The duty that keeps the index of words, by which prompts are searched: in little steps, with pauses in between.

A database with a million prompts that are not indexed is caught up with in some minutes, beside everything else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from django.utils import timezone

from generation.engine.duties import Duty
from generation.word_index import SETTLED_AFTER, batch_read, batch_store, index_check, settled_until
from jimeng_site.database import in_database

EVERY_S = 15.0
STEP_S: Final = 0.01  # what one step should take: meanwhile the lane has nothing else
PAUSE: Final = 4  # times as long as the step took
_FEWEST, _FIRST, _MOST = 10, 100, 500  # prompts of a step
_WORDS: Final = 5000  # of a step


class WordIndexing:
    def __init__(self, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._size = _FIRST

    async def run(self) -> None:
        await in_database(index_check)
        upto = await in_database(settled_until, timezone.now() - SETTLED_AFTER)
        while (took_s := await in_database(self.step, upto=upto)) is not None:
            await asyncio.sleep(PAUSE * took_s)

    def step(self, *, upto: int) -> float | None:
        """Index some more prompts. Returns how many seconds it took; None: there are none."""
        begun = self._clock()
        batch = batch_read(upto=upto, most=self._size, most_words=_WORDS)
        if batch is None:
            return None
        batch_store(batch)
        took_s = self._clock() - begun
        self._size = min(_MOST, self._size * 2) if took_s < STEP_S / 2 else self._size
        self._size = max(_FEWEST, self._size // 2) if took_s > STEP_S else self._size
        return took_s


def indexing_duty() -> Duty:
    return Duty(name="words", every_s=EVERY_S, run=WordIndexing().run)
