"""The door: few requests at a time between their arrival and their wait."""

from __future__ import annotations

import asyncio

import pytest

from jimeng_site.admission import Admission, leave


def test_no_more_than_its_places_are_inside_in_order_of_arrival() -> None:
    async def run() -> None:
        door = asyncio.Semaphore(2)
        inside: list[int] = []
        gates = [asyncio.Event() for _ in range(4)]

        async def request(number: int) -> None:
            async with Admission(door):
                inside.append(number)
                await gates[number].wait()

        tasks = [asyncio.create_task(request(number)) for number in range(4)]
        await asyncio.sleep(0)
        assert inside == [0, 1]
        gates[1].set()
        await tasks[1]
        await asyncio.sleep(0)
        assert inside == [0, 1, 2]
        for gate in gates:
            gate.set()
        await asyncio.gather(*tasks)
        assert inside == [0, 1, 2, 3]

    asyncio.run(run())


def test_one_that_begins_to_wait_lets_the_next_in() -> None:
    async def run() -> None:
        door = asyncio.Semaphore(1)
        waits, done = asyncio.Event(), asyncio.Event()

        async def first() -> None:
            async with Admission(door):
                leave()
                leave()  # a request leaves once
                waits.set()
                await done.wait()

        task = asyncio.create_task(first())
        await waits.wait()
        async with asyncio.timeout(1), Admission(door):
            assert door.locked()  # one place, taken by this one
        done.set()
        await task
        assert not door.locked()
        await door.acquire()
        assert door.locked()  # neither more places than before, nor fewer

    asyncio.run(run())


def test_a_place_is_given_back_when_the_request_fails_or_is_cancelled() -> None:
    async def run() -> None:
        door = asyncio.Semaphore(1)
        with pytest.raises(ValueError, match="no"):
            async with Admission(door):
                raise ValueError("no")

        async def endless() -> None:
            async with Admission(door):
                await asyncio.Event().wait()

        inside, outside = asyncio.create_task(endless()), asyncio.create_task(endless())
        await asyncio.sleep(0)
        outside.cancel()  # while it stands at the door
        inside.cancel()
        await asyncio.gather(inside, outside, return_exceptions=True)
        async with asyncio.timeout(1):
            await door.acquire()

    asyncio.run(run())


def test_outside_a_request_leaving_means_nothing() -> None:
    leave()
