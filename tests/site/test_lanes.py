"""The database lanes: few threads, work goes to the idlest, and a broken connection does not stay."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import signals
from django.db import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    reset_queries,
)

from jimeng_site.database import LANE_THREAD_PREFIX, Lanes, in_database, lanes_close, lanes_open


@pytest.fixture
def open_lanes() -> Iterator[Callable[[int], Lanes]]:
    """Opens lanes of this process; closed, and Django's signals as they were, afterwards."""
    yield lanes_open
    lanes_close()
    signals.request_started.connect(reset_queries)
    signals.request_started.connect(close_old_connections)
    signals.request_finished.connect(close_old_connections)


def thread() -> str:
    return threading.current_thread().name


def test_work_runs_on_the_thread_of_a_lane(open_lanes: Callable[[int], Lanes]) -> None:
    open_lanes(1)

    async def run() -> list[str]:
        return [await in_database(thread) for _ in range(3)]

    assert set(asyncio.run(run())) == {f"{LANE_THREAD_PREFIX}-0_0"}


def test_arguments_and_answers_pass(open_lanes: Callable[[int], Lanes]) -> None:
    open_lanes(1)

    def add(first: int, *, second: int) -> int:
        return first + second

    async def run() -> int:
        return await in_database(add, 1, second=2)

    assert asyncio.run(run()) == 3


def test_work_goes_to_the_lane_with_the_least_to_do(open_lanes: Callable[[int], Lanes]) -> None:
    open_lanes(2)
    release = threading.Event()

    def hold() -> str:
        release.wait(10)
        return thread()

    async def run() -> tuple[str, list[str]]:
        slow = asyncio.create_task(in_database(hold))
        await asyncio.sleep(0)
        quick = [await in_database(thread) for _ in range(3)]
        release.set()
        return await slow, quick

    slow, quick = asyncio.run(run())
    assert len({slow, *quick}) == 2
    assert slow not in quick


def test_a_lane_is_given_back_even_when_its_work_fails() -> None:
    lanes = Lanes(2)
    first, _ = lanes.borrow()
    second, _ = lanes.borrow()
    assert {first, second} == {0, 1}
    lanes.give_back(second)
    assert lanes.borrow()[0] == second
    lanes.close()


def test_errors_reach_the_caller_and_the_lane_goes_on(open_lanes: Callable[[int], Lanes]) -> None:
    open_lanes(1)

    def fail() -> None:
        raise ValueError("no")

    async def run() -> str:
        for _ in range(3):
            with pytest.raises(ValueError, match="no"):
                await in_database(fail)
        return await in_database(thread)

    assert asyncio.run(run()).startswith(LANE_THREAD_PREFIX)


def test_work_sees_the_callers_context(open_lanes: Callable[[int], Lanes]) -> None:
    open_lanes(1)
    request: contextvars.ContextVar[str] = contextvars.ContextVar("request", default="none")

    async def run() -> str:
        request.set("mine")
        return await in_database(request.get)

    assert asyncio.run(run()) == "mine"


@pytest.mark.parametrize(
    ("error", "is_kept"),
    [(ValueError, True), (IntegrityError, True), (OperationalError, False), (InterfaceError, False)],
)
def test_a_lane_keeps_its_connection_until_it_may_be_broken(
    error: type[Exception],
    is_kept: bool,
    open_lanes: Callable[[int], Lanes],
    django_db_blocker: Any,
    tmp_path: Path,
) -> None:
    open_lanes(1)

    def use() -> object:
        if connection.vendor == "sqlite":  # the tests' own is in memory, and never closed
            connection.settings_dict = {**connection.settings_dict, "NAME": str(tmp_path / "lane.sqlite3")}
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return connection.connection

    def fail() -> None:
        raise error("no")

    async def run() -> None:
        first = await in_database(use)
        assert await in_database(use) is first
        with pytest.raises(error):
            await in_database(fail)
        assert await in_database(lambda: connection.connection) is (first if is_kept else None)
        await in_database(use)

    with django_db_blocker.unblock():
        asyncio.run(run())
        lanes_close()


def test_without_lanes_one_thread_does_it_all() -> None:
    async def run() -> list[str]:
        return [await in_database(thread) for _ in range(3)]

    assert len(set(asyncio.run(run()))) == 1


def test_closing_twice_is_no_fault(open_lanes: Callable[[int], Lanes]) -> None:
    open_lanes(1)
    lanes_close()
    lanes_close()
