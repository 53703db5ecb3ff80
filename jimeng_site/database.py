"""The database lanes, and the PRAGMAs of SQLite.

Django gives each ASGI request a thread and a connection of its own; thousands of waiting requests would
then exhaust both. Here a small fixed set of threads ("lanes") does all ORM work of `/v1/` and of the engine:
one lane on SQLite, which has one writer anyway, several on PostgreSQL.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.core import signals
from django.db import InterfaceError, OperationalError, close_old_connections, connections, reset_queries

P = ParamSpec("P")
T = TypeVar("T")

LANE_THREAD_PREFIX: Final = "db-lane"

SQLITE_OPTIONS: Final[dict[str, Any]] = {
    # A transaction that reads first and writes later fails at once with "database is locked" unless it is IMMEDIATE.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000; "
        "PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-16000"
    ),
}


class Lanes:
    """Single-thread executors; work goes to the one with the least to do."""

    def __init__(self, count: int) -> None:
        self._executors = [ThreadPoolExecutor(1, thread_name_prefix=f"{LANE_THREAD_PREFIX}-{i}") for i in range(count)]
        self._load = [0] * count

    def borrow(self) -> tuple[int, ThreadPoolExecutor]:
        """The idlest lane, to be given back by its number."""
        lane = min(range(len(self._load)), key=self._load.__getitem__)
        self._load[lane] += 1
        return lane, self._executors[lane]

    def give_back(self, lane: int) -> None:
        self._load[lane] -= 1

    def close(self) -> None:
        """Let each lane finish its work, then close its connection and end its thread."""
        for executor in self._executors:
            executor.submit(connections.close_all)
        for executor in self._executors:
            executor.shutdown(wait=True)


class _Process:
    """The lanes of this process; None where nothing was started (tests, commands): then asgiref's own thread serves."""

    lanes: Lanes | None = None


def lanes_open(count: int) -> Lanes:
    """Start the lanes of this process. Called once, by the ASGI lifespan."""
    # Lanes keep their connection from request to request, and each receiver would cost an API request a hop to
    # its lane. Pages give theirs back in `page_connections_close`.
    signals.request_started.disconnect(reset_queries)
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    _Process.lanes = Lanes(count)
    return _Process.lanes


def lanes_close() -> None:
    lanes, _Process.lanes = _Process.lanes, None
    if lanes is not None:
        lanes.close()


async def page_connections_close() -> None:
    """At the end of a page, in its own thread: give its connections back."""
    await sync_to_async(connections.close_all)()


async def in_database(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a sync function that owns its transaction on a lane, and wait for it without holding a thread."""
    lanes = _Process.lanes
    if lanes is None:
        return await sync_to_async(function)(*args, **kwargs)
    work = partial(contextvars.copy_context().run, _guarded, partial(function, *args, **kwargs))
    lane, executor = lanes.borrow()
    try:
        return await asyncio.get_running_loop().run_in_executor(executor, work)
    finally:
        lanes.give_back(lane)


def _guarded(work: Callable[[], T]) -> T:
    try:
        return work()
    except (OperationalError, InterfaceError):
        # A broken connection must not stay in the lane: the next call opens a fresh one.
        for connection in connections.all(initialized_only=True):
            connection.close_if_unusable_or_obsolete()
        raise
