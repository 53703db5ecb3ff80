"""Many small calls become few large ones."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Sequence

import pytest

from generation.engine.batching import Batcher
from tests.generation.clock import run_fast


class Worker:
    """Doubles numbers, a second a batch. `batches`: what it was given."""

    def __init__(self, *, fails_with: int | None = None) -> None:
        self.batches: list[list[int]] = []
        self.fails_with = fails_with

    async def __call__(self, items: list[int]) -> Sequence[int]:
        self.batches.append(items)
        await asyncio.sleep(1)
        if self.fails_with in items:
            raise ValueError(f"no {self.fails_with}")
        return [2 * item for item in items]


def batcher(worker: Worker, limit: int = 100) -> Batcher[int, int]:
    return Batcher(worker, limit=limit, name="doubling")


def test_those_who_call_together_share_a_batch_and_get_their_own_answer() -> None:
    async def run() -> None:
        worker = Worker()
        double = batcher(worker)
        assert await asyncio.gather(*(double(item) for item in (3, 1, 2))) == [6, 2, 4]
        assert worker.batches == [[3, 1, 2]]

    run_fast(run())


def test_those_who_call_a_turn_of_the_loop_later_still_join() -> None:
    async def run() -> None:
        worker = Worker()
        double = batcher(worker)

        async def later() -> int:
            await asyncio.sleep(0)
            return await double(2)

        assert list(await asyncio.gather(double(1), later())) == [2, 4]
        assert worker.batches == [[1, 2]]

    run_fast(run())


def test_those_who_call_while_a_batch_is_under_way_form_the_next() -> None:
    async def run() -> None:
        worker = Worker()
        double = batcher(worker)
        first = asyncio.create_task(double(1))
        await asyncio.sleep(0.5)
        others = [asyncio.create_task(double(item)) for item in (2, 3)]
        assert await asyncio.gather(first, *others) == [2, 4, 6]
        assert worker.batches == [[1], [2, 3]]

    run_fast(run())


def test_it_adds_no_delay_when_there_is_nobody_else() -> None:
    async def run() -> None:
        clock = asyncio.get_running_loop().time
        begun = clock()
        double = batcher(Worker())
        assert await double(1) == 2
        assert clock() - begun == pytest.approx(1)
        assert await double(2) == 4  # it starts again after it came to rest
        assert clock() - begun == pytest.approx(2)

    run_fast(run())


def test_a_batch_is_no_larger_than_its_limit() -> None:
    async def run() -> None:
        worker = Worker()
        double = batcher(worker, limit=2)
        assert await asyncio.gather(*(double(item) for item in range(5))) == [0, 2, 4, 6, 8]
        assert worker.batches == [[0, 1], [2, 3], [4]]

    run_fast(run())


def test_an_error_reaches_all_callers_of_its_batch_and_no_others() -> None:
    async def run() -> None:
        double = batcher(Worker(fails_with=2), limit=2)
        outcomes = await asyncio.gather(*(double(item) for item in (1, 2, 3)), return_exceptions=True)
        assert [str(each) for each in outcomes] == ["no 2", "no 2", "6"]
        assert await double(4) == 8

    run_fast(run())


def test_a_caller_that_goes_away_harms_nobody() -> None:
    async def run() -> None:
        worker = Worker()
        double = batcher(worker)
        tasks = [asyncio.create_task(double(item)) for item in (1, 2, 3)]
        await asyncio.sleep(0.5)
        tasks[1].cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(each) for each in outcomes] == [int, asyncio.CancelledError, int]
        assert worker.batches == [[1, 2, 3]]  # its work is done all the same: it may be half done already

    run_fast(run())


def test_a_caller_that_goes_away_before_an_error_harms_nobody() -> None:
    async def run() -> None:
        double = batcher(Worker(fails_with=1))
        gone, left = asyncio.create_task(double(1)), asyncio.create_task(double(2))
        await asyncio.sleep(0.5)
        gone.cancel()
        with pytest.raises(ValueError, match="no 1"):
            await left

    run_fast(run())


def test_it_works_outside_the_callers_context() -> None:
    request: contextvars.ContextVar[str] = contextvars.ContextVar("request", default="none")

    async def see(items: list[int]) -> Sequence[str]:
        return [request.get() for _ in items]

    async def run() -> str:
        request.set("mine")
        return await Batcher(see, limit=9, name="seeing")(1)

    assert run_fast(run()) == "none"
