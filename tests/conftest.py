"""Fixtures for tests through the front door."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import translation

from tests.live import Gateway, Sandbox


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """The language that a page was answered in stays with the thread: the next test must not be told in it."""
    yield
    translation.deactivate()


@pytest.fixture
def new_sandbox(tmp_path: Path) -> Iterator[Callable[..., Sandbox]]:
    """Starts sandboxes with the given options; all end with the test."""
    started: list[Sandbox] = []

    def start(*options: str) -> Sandbox:
        started.append(Sandbox(tmp_path / "sandbox.log", *options))
        return started[-1]

    yield start
    for sandbox in started:
        sandbox.close()


@pytest.fixture
def new_gateway(tmp_path: Path) -> Iterator[Callable[..., Gateway]]:
    """Prepares gateways in front of a sandbox, not yet started; all end with the test."""
    made: list[Gateway] = []

    def make(sandbox: Sandbox, **settings: str) -> Gateway:
        made.append(Gateway(tmp_path / f"data{len(made)}", upstream=sandbox.url, **settings))
        return made[-1]

    yield make
    for gateway in made:
        gateway.close()
