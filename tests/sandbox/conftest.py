"""A running sandbox, and callers with accounts of their own."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.sandbox.callers import Caller

_NUMBERS = itertools.count(1)


@contextmanager
def running(*options: str) -> Iterator[str]:
    """A sandbox of its own in another process: its base URL."""
    command = [sys.executable, "-m", "generation.sandbox", "--port", "0", *options]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.getcwd()}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("sandbox listening on http://127.0.0.1:")
            yield line.split()[-1]
        finally:
            process.terminate()
            assert process.wait(timeout=2) == 0


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    with running("--image-seconds", "0.3", "--video-seconds", "0.3", "--media-scale", "0.05") as url:
        yield url


@pytest.fixture(scope="session")
def http(base_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base_url, trust_env=False, timeout=5) as client:
        yield client


@pytest.fixture
def caller(http: httpx.Client) -> Callable[..., Caller]:
    """A caller with a fresh account and these faults, such as "filtered" or "slow:3--vanish"."""

    def make(faults: str = "") -> Caller:
        return Caller(http, f"sb-user{next(_NUMBERS):04}" + (f"--{faults}" if faults else ""))

    return make


@pytest.fixture
def violations(http: httpx.Client) -> Callable[[], list[str]]:
    """The reasons of the violations since the test began."""

    def told() -> list[str]:
        return [one["reason"] for one in http.get("/_control/ledger").json()["violations"]]

    before = len(told())
    return lambda: told()[before:]


@pytest.fixture
def ledger(http: httpx.Client) -> Callable[[Caller], tuple[list[dict[str, Any]], int]]:
    """An account's submissions and balance, as the ledger tells them."""

    def told(caller: Caller) -> tuple[list[dict[str, Any]], int]:
        page = http.get("/_control/ledger").json()
        name = caller.sessionid.removeprefix("sb-").partition("--")[0]
        return [one for one in page["submissions"] if one["account"] == name], page["accounts"][name]["balance"]

    return told


def until(condition: Callable[[], Any], timeout_s: float = 5) -> Any:
    """What the condition gives once it is true."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.01)
    raise AssertionError("the condition did not come true in time")


@pytest.fixture
def finished() -> Callable[[Caller, str], dict[str, Any]]:
    """Wait for a record to end, and the record."""

    def wait(caller: Caller, record_id: str) -> dict[str, Any]:
        def ended() -> dict[str, Any] | None:
            record = caller.history(record_id).get(record_id)
            return record if record and record["status"] in (30, 50) else None

        return dict(until(ended))

    return wait
