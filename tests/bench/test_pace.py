from __future__ import annotations

import asyncio

from bench.week.virtual_time import run_at
from generation.engine.duties import Duties, Duty


class TestDuties:
    def test_a_slow_engine_calls_no_duty_more_often_than_it_may(self) -> None:
        calls: list[tuple[str, float]] = []

        async def minute() -> None:
            clock = asyncio.get_running_loop().time

            async def eager() -> None:
                calls.append(("eager", clock()))

            async def calm() -> None:
                calls.append(("calm", clock()))

            duties = Duties(
                (Duty(name="eager", every_s=1.0, run=eager), Duty(name="calm", every_s=40.0, run=calm)), at_least_s=25.0
            )
            duties.start()
            await asyncio.sleep(60.0)
            await duties.stop()

        run_at(0.0, minute)
        assert sorted(calls) == [("calm", 0.0), ("calm", 40.0), ("eager", 0.0), ("eager", 25.0), ("eager", 50.0)]
