"""What this process runs: one upstream client, one completion hub, one runner. Started by the ASGI lifespan."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings

from generation.engine.batching import Batcher
from generation.engine.births import Birth, Refusal, store_new
from generation.engine.completion import CompletionHub
from generation.engine.embedded import EmbeddedRunner
from generation.engine.healing import Healer
from generation.engine.pace import Pace
from generation.models import Generation
from generation.progress import Progress
from generation.upstream.client import Timeouts, UpstreamClient
from jimeng_site.database import in_database

BIRTHS_AT_ONCE = 50


class Runner(Protocol):
    """Where jobs run. Embedded here; as Procrastinate tasks when scaled out."""

    healer: Healer
    """Has missing files fetched, wherever the engine is."""

    async def submit(self, generations: Sequence[Generation]) -> None: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def describe(self) -> dict[str, str | int]: ...

    def sight(self, generation_id: int) -> Progress | None:
        """How far it is, where this process knows; without `elapsed_s`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    client: UpstreamClient
    hub: CompletionHub
    runner: Runner
    births: Batcher[Birth, list[Generation] | Refusal]
    """Stores the rows of one request; those that arrive together share a transaction."""


class _Process:
    """None in processes that serve no requests (commands, unit tests): these only store and read."""

    runtime: Runtime | None = None


def current() -> Runtime | None:
    return _Process.runtime


async def _store_new(requests: list[Birth]) -> list[list[Generation] | Refusal]:
    return await in_database(store_new, requests)


def new_client() -> UpstreamClient:
    """A client of the upstream as the settings describe it; to be closed by the caller."""
    return UpstreamClient(
        base_url=settings.JIMENG_BASE_URL,
        imagex_url=settings.JIMENG_IMAGEX_URL,
        upload_scheme=settings.JIMENG_UPLOAD_SCHEME,
        max_connections=settings.JIMENG_UPSTREAM_CONNECTIONS,
        timeouts=Timeouts(read_s=settings.JIMENG_UPSTREAM_TIMEOUT_S),
    )


async def start(*, client: UpstreamClient | None = None, pace: Pace | None = None) -> None:
    """`client`, `pace`: others than those of a gateway that serves, for a simulation."""
    client = client or new_client()
    hub = CompletionHub()
    runner = EmbeddedRunner(client, hub, pace=pace)
    births: Batcher[Birth, list[Generation] | Refusal] = Batcher(_store_new, limit=BIRTHS_AT_ONCE, name="births")
    hub.start()
    await runner.start()
    _Process.runtime = Runtime(client=client, hub=hub, runner=runner, births=births)


async def stop() -> None:
    runtime, _Process.runtime = _Process.runtime, None
    if runtime is not None:
        await runtime.runner.stop()
        await runtime.hub.stop()
        await runtime.client.aclose()


def stopping_in(seconds: float) -> None:
    """The server was told to stop: open pages are sent away now, requests that still wait then are answered in time."""
    runtime = _Process.runtime
    if runtime is not None:
        runtime.hub.leave()
        asyncio.get_running_loop().call_later(seconds, runtime.hub.end_waits)
