"""When asking fails, or the upstream does not know a record: nothing that was paid for is given up lightly."""

from __future__ import annotations

import asyncio

import pytest

from generation.errors import OutcomeUnknown
from generation.upstream.failures import FailureKind
from tests.generation.clock import run_fast
from tests.generation.following import LOGIN, RENEWED, Following, item, record, waited


def test_after_a_failure_the_pause_doubles_up_to_a_limit() -> None:
    async def run() -> list[float]:
        here = Following()
        here.upstream.known["a"] = record("a", "complete", (item(1),))
        here.failing(FailureKind.AMBIGUOUS, times=9)
        await here.follow("a", forecast_s=1.0).next()
        await here.watcher.stop()
        assert here.noted == []  # a bad answer is no fault of the account
        return here.pauses

    assert run_fast(run())[:8] == pytest.approx([0.5, 1, 2, 4, 8, 16, 30, 30])


def test_a_success_forgets_the_failures_before() -> None:
    async def run() -> None:
        here = Following()
        here.upstream.known["a"] = record("a")
        follow = here.follow("a", forecast_s=1.0)
        here.failing(FailureKind.AMBIGUOUS, times=5)
        await follow.next()
        here.failing(FailureKind.AMBIGUOUS)
        here.upstream.known["a"] = record("a", "complete")
        count = len(here.upstream.asked)
        await follow.next()
        failed_at, found_at = (at for at, _, _ in here.upstream.asked[count:])
        assert found_at - failed_at < 15  # were they counted, half a minute
        await here.watcher.stop()

    run_fast(run())


@pytest.mark.parametrize(
    ("kind", "retry_after_s", "pause_s"),
    [
        (FailureKind.EXPIRED, None, 30),
        (FailureKind.RISK_HOLD, None, 30),
        (FailureKind.THROTTLED, 90.0, 90),
        (FailureKind.THROTTLED, 100_000.0, 300),  # never longer than five minutes
    ],
)
def test_some_failures_say_how_long_to_wait(kind: FailureKind, retry_after_s: float | None, pause_s: float) -> None:
    async def run() -> None:
        here = Following()
        here.upstream.known["a"] = record("a", "complete")
        here.failing(kind, retry_after_s=retry_after_s)
        await here.follow("a").next()
        assert here.pauses[0] == pytest.approx(pause_s, abs=0.01)
        assert here.noted == [(1, kind)]
        await here.watcher.stop()

    run_fast(run())


def test_an_expired_login_is_read_anew() -> None:
    async def run() -> None:
        here = Following()
        here.upstream.known["a"] = record("a", "complete")
        here.failing(FailureKind.EXPIRED)
        await here.follow("a").next()
        assert here.reloads == [1]
        assert [login for _, _, login in here.upstream.asked] == [LOGIN, RENEWED]
        await here.watcher.stop()

    run_fast(run())


def test_a_failure_that_cannot_be_noted_does_not_end_the_following() -> None:
    async def run() -> None:
        here = Following()
        here.broken = True
        here.upstream.known["a"] = record("a", "complete")
        here.failing(FailureKind.THROTTLED, retry_after_s=90.0)
        async with asyncio.timeout(120):
            assert (await here.follow("a").next()).state == "complete"
        assert here.pauses[0] == pytest.approx(90, abs=0.01)  # what the upstream asked for holds all the same
        await here.watcher.stop()

    run_fast(run())


def test_a_mistake_of_ours_does_not_end_the_following() -> None:
    async def run() -> None:
        here = Following()
        here.upstream.known["a"] = record("a", "complete")
        here.upstream.failures = [ZeroDivisionError()]
        async with asyncio.timeout(120):
            assert (await here.follow("a").next()).state == "complete"
        await here.watcher.stop()

    run_fast(run())


def test_after_two_misses_the_second_way_is_tried() -> None:
    async def run() -> None:
        here = Following()
        here.upstream.known["b"] = record("b")
        here.upstream.second_way["a"] = record("a", "complete", (item(1),))
        follow, other = here.follow("a", forecast_s=1.0), here.follow("b", forecast_s=1.0)
        assert (await follow.next()).state == "complete"
        assert follow.misses == 0
        assert here.upstream.asked_second[0] == ["a"]  # not for the one that is known
        assert len(here.upstream.asked) == 3
        assert other.misses == 0
        await here.watcher.stop()

    run_fast(run())


def test_what_stays_missing_is_lost_after_a_minute() -> None:
    async def run() -> None:
        here = Following()
        follow = here.follow("a", forecast_s=1.0)
        with pytest.raises(OutcomeUnknown):
            await follow.next()
        first, last = here.upstream.asked[0][0], here.upstream.asked[-1][0]
        assert 60 < last - first < 72
        await here.watcher.stop()

    run_fast(run())


def test_what_is_seen_again_in_time_was_never_missing() -> None:
    async def run() -> None:
        here = Following()
        follow = here.follow("a", forecast_s=1.0)
        for _ in range(3):
            del here.upstream.asked_second[:]
            here.upstream.known.pop("a", None)
            await waited(50)
            assert follow.misses > 0
            here.upstream.known["a"] = record("a")
            await waited(20)
            assert (follow.misses, follow.missing_since) == (0, None)
        here.upstream.known["a"] = record("a", "complete")
        await waited(20)
        assert (await follow.next()).state == "complete"
        await here.watcher.stop()

    run_fast(run())


def test_failures_do_not_count_as_missing() -> None:
    async def run() -> None:
        here = Following()
        follow = here.follow("a", forecast_s=1.0)
        here.failing(FailureKind.AMBIGUOUS, times=20)
        await waited(400)
        assert (follow.misses, follow.missing_since) == (0, None)
        await here.watcher.stop()

    run_fast(run())


def test_it_knows_until_when_a_record_was_surely_running() -> None:
    async def run() -> None:
        here = Following()
        here.upstream.known["a"] = record("a")
        follow = here.follow("a", forecast_s=10.0)
        await waited(12)
        seen = follow.running_s
        assert seen == pytest.approx(here.upstream.asked[-1][0])
        here.upstream.known["a"] = record("a", "complete")
        await waited(5)
        assert follow.running_s == seen
        await here.watcher.stop()

    run_fast(run())
