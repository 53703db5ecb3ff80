"""Following accepted submissions: few questions, and every change told once."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from tests.generation.clock import run_fast
from tests.generation.following import Following, item, record, waited


def test_one_call_asks_for_all_open_records_of_an_account() -> None:
    async def run() -> None:
        here = Following()
        here.upstream.known = {key: record(key, "complete", (item(1),)) for key in ("a", "b", "c")}
        follows = [here.follow(key) for key in ("a", "b")]
        other = here.follow("c", account_id=2)
        assert [(await each.next()).record_id for each in (*follows, other)] == ["a", "b", "c"]
        assert sorted(ids for _, ids, _ in here.upstream.asked[:2]) == [["a", "b"], ["c"]]
        await here.watcher.stop()

    run_fast(run())


def test_nobody_is_asked_before_it_can_be_ready_but_to_see_how_it_goes() -> None:
    async def run() -> None:
        here = Following()
        here.upstream.known = {"a": record("a")}
        here.follow("a", forecast_s=20.0)  # ready between 17 and 26 s: a fifth of 26 is 5.2
        await waited(16.9)
        assert [round(at, 1) for at, _, _ in here.upstream.asked] == [5.2, 10.4, 15.6]
        await waited(5)
        assert max(here.pauses[-3:]) <= 1.0 + 1e-6
        await here.watcher.stop()

    run_fast(run())


def test_each_change_is_told_once() -> None:
    async def run() -> None:
        here = Following()
        here.upstream.known["a"] = record("a")
        follow = here.follow("a", forecast_s=5.0)
        states = []
        for state, items in (
            ("running", ()),
            ("running", (item(1, url=""),)),  # no address yet: nothing new
            ("running", (item(1),)),
            ("running", (item(1), item(2))),
            ("complete", (item(1), item(2))),
        ):
            here.upstream.known["a"] = record("a", state, items)
            with suppress(TimeoutError):
                async with asyncio.timeout(30):
                    told = await follow.next()
                    states.append((told.state, len(told.items)))
        assert states == [("running", 0), ("running", 1), ("running", 2), ("complete", 2)]
        await here.watcher.stop()

    run_fast(run())


def test_when_nothing_is_followed_nobody_is_asked() -> None:
    async def run() -> None:
        here = Following()
        here.upstream.known["a"] = record("a", "complete", (item(1),))
        follow = here.follow("a")
        await follow.next()
        here.watcher.drop(1, follow)
        count = len(here.upstream.asked)
        await waited(1000)
        assert (len(here.upstream.asked), here.watcher.open_records) == (count, 0)
        again = here.follow("a")
        await again.next()
        assert len(here.upstream.asked) == count + 1
        await here.watcher.stop()

    run_fast(run())


def test_a_record_that_is_due_earlier_wakes_a_sleeping_watch() -> None:
    async def run() -> None:
        here = Following()
        here.follow("slow", forecast_s=600.0)  # asked for after 30 s at the earliest
        await waited(1)
        here.upstream.known["fast"] = record("fast", "complete", (item(1),))
        follow = here.follow("fast", forecast_s=1.0)
        await follow.next()
        assert here.upstream.asked[0][0] < 3
        await here.watcher.stop()

    run_fast(run())


def test_dropping_twice_or_what_was_never_followed_is_no_fault() -> None:
    async def run() -> None:
        here = Following()
        follow = here.follow("a")
        replaced = here.follow("a")
        here.watcher.drop(1, follow)
        assert here.watcher.open_records == 1
        here.watcher.drop(1, replaced)
        here.watcher.drop(1, replaced)
        here.watcher.drop(99, replaced)
        assert here.watcher.open_records == 0
        await here.watcher.stop()

    run_fast(run())


@pytest.mark.parametrize("state", ["complete", "failed"])
def test_a_final_record_is_told_at_every_look(state: str) -> None:
    async def run() -> None:
        here = Following()
        here.upstream.known["a"] = record("a", state)
        follow = here.follow("a")
        assert [(await follow.next()).state for _ in range(3)] == [state] * 3
        assert len(here.upstream.asked) == 3
        await here.watcher.stop()

    run_fast(run())
