from __future__ import annotations

import asyncio
import threading
import time
from datetime import UTC, datetime

import pytest

from bench.week.virtual_time import Stuck, run_at

MONDAY = datetime(2026, 1, 5, tzinfo=UTC).timestamp()
DAY_S = 86_400.0


class TestTime:
    def test_a_day_passes_in_no_time(self) -> None:
        async def a_day() -> tuple[float, float]:
            await asyncio.sleep(DAY_S)
            return asyncio.get_running_loop().time(), time.time()

        begun = time.perf_counter()
        assert run_at(MONDAY, a_day) == (DAY_S, MONDAY + DAY_S)
        assert time.perf_counter() - begun < 2.0
        assert time.time() > MONDAY + 30 * DAY_S, "the real time is back"

    def test_timers_go_off_in_their_order_at_their_times(self) -> None:
        async def three() -> list[tuple[float, datetime]]:
            seen: list[tuple[float, datetime]] = []

            async def note(after_s: float) -> None:
                await asyncio.sleep(after_s)
                seen.append((asyncio.get_running_loop().time(), datetime.now(UTC)))

            await asyncio.gather(note(3600.0), note(0.1), note(60.0))
            return seen

        assert run_at(MONDAY, three) == [
            (after_s, datetime.fromtimestamp(MONDAY + after_s, UTC)) for after_s in (0.1, 60.0, 3600.0)
        ]

    def test_timeouts_are_virtual_too(self) -> None:
        async def impatient() -> float:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(600.0):
                    await asyncio.Event().wait()
            return asyncio.get_running_loop().time()

        assert run_at(MONDAY, impatient) == 600.0


class TestThreads:
    def test_time_stands_still_while_a_thread_works(self) -> None:
        async def both() -> tuple[float, float]:
            loop = asyncio.get_running_loop()
            went_off = threading.Event()
            timer = loop.call_later(3600.0, went_off.set)  # would go off at once if time did not stand still

            def work() -> float:
                assert not went_off.wait(0.05)
                return time.time()

            seen = await asyncio.to_thread(work)
            timer.cancel()
            return seen, loop.time()

        assert run_at(MONDAY, both) == (MONDAY, 0.0)

    def test_what_a_thread_raises_is_raised_where_it_is_awaited(self) -> None:
        async def broken() -> None:
            await asyncio.to_thread(int, "no number")

        with pytest.raises(ValueError, match="no number"):
            run_at(MONDAY, broken)

    def test_a_thread_reads_the_virtual_time(self) -> None:
        async def later() -> float:
            await asyncio.sleep(DAY_S)
            return await asyncio.to_thread(time.time)

        assert run_at(MONDAY, later) == MONDAY + DAY_S


class TestStuck:
    def test_a_wait_that_nothing_can_end_is_told_instead_of_hanging(self) -> None:
        async def forever() -> None:
            await asyncio.Event().wait()

        with pytest.raises(Stuck):
            run_at(MONDAY, forever)
