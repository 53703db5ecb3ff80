"""The ASGI entry: starts and stops the engine with the server, and keeps the API on the database lanes."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jimeng_site.settings")
django.setup(set_prefix=False)

from asgiref.sync import ThreadSensitiveContext  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.handlers.asgi import ASGIHandler  # noqa: E402

from generation.aliases import model_aliases  # noqa: E402
from generation.engine import runtime  # noqa: E402
from generation.prices import model_prices  # noqa: E402
from jimeng_site.admission import Admission  # noqa: E402
from jimeng_site.database import Lanes, lanes_close, lanes_open, page_connections_close  # noqa: E402
from jimeng_site.watchdog import Watchdog  # noqa: E402

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

GC_THRESHOLDS = (20_000, 20, 20)  # thousands of waiting requests are many objects, and few of them garbage
REQUESTS_AT_ONCE = 48  # between arrival and wait; more gains nothing on one event loop
READ_AHEAD_BYTES = 64 * 1024  # larger bodies are rare and do not queue at the door
# Browsers' pages live below these; all else is API, media or unknown and answers without sessions.
PAGE_PREFIXES = (
    "/admin/",
    "/static/",
    "/history",
    "/create",
    "/docs",
    "/i18n/",
    "/renew/",
    "/login/",
    "/logout/",
    "/theme/",
)
# Below this, answers stay open for as long as somebody looks: they know who asks, and hold no thread.
LIVE_PREFIX = "/live/"


class ShortHandler(ASGIHandler):
    """Django's handler with a short middleware list of its own."""

    def __init__(self, middleware: list[str]) -> None:
        self._own = middleware
        super().__init__()

    def load_middleware(self, is_async: bool = False) -> None:
        # Django reads the list from the settings only; it is put back before anything else can read it.
        pages, settings.MIDDLEWARE = settings.MIDDLEWARE, self._own
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = pages


class Application:
    """One per process. The lanes and the engine live from `lifespan.startup` to `lifespan.shutdown`."""

    def __init__(self) -> None:
        self._pages = ASGIHandler()
        self._api = ShortHandler(settings.JIMENG_API_MIDDLEWARE)
        self._live = ShortHandler(settings.JIMENG_LIVE_MIDDLEWARE)
        self._lanes: Lanes | None = None
        self._watchdog: Watchdog | None = None
        self._door = asyncio.Semaphore(REQUESTS_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif self._lanes is None or scope["path"] == "/" or scope["path"].startswith(PAGE_PREFIXES):
            async with ThreadSensitiveContext():
                try:
                    await self._pages(scope, _bounded(receive, settings.DATA_UPLOAD_MAX_MEMORY_SIZE), send)
                finally:
                    await page_connections_close()
        elif scope["path"].startswith(LIVE_PREFIX):
            await self._live_on_a_lane(self._lanes, scope, receive, send)
        else:
            await self._on_a_lane(self._lanes, scope, receive, send)

    async def _live_on_a_lane(self, lanes: Lanes, scope: Scope, receive: Receive, send: Send) -> None:
        """Counted as no load: it is open for long and does little."""
        lane, executor = lanes.borrow()
        lanes.give_back(lane)
        async with ThreadSensitiveContext(executor=executor):
            await self._live(scope, _bounded(receive, settings.DATA_UPLOAD_MAX_MEMORY_SIZE), send)

    async def _on_a_lane(self, lanes: Lanes, scope: Scope, receive: Receive, send: Send) -> None:
        lane, executor = lanes.borrow()
        try:
            async with ThreadSensitiveContext(executor=executor):
                if 0 < _declared_bytes(scope) <= READ_AHEAD_BYTES:
                    # Read before the door: whoever sends slowly keeps nobody else waiting.
                    receive = await _read_ahead(receive)
                    async with Admission(self._door):
                        await self._api(scope, receive, send)
                else:
                    await self._api(scope, _bounded(receive, settings.DATA_UPLOAD_MAX_MEMORY_SIZE), send)
        finally:
            lanes.give_back(lane)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            self._lanes = lanes_open(settings.JIMENG_DATABASE_LANES)
            await runtime.start()
            await model_aliases.refresh()
            await model_prices.start()
            self._watchdog = Watchdog()
            self._watchdog.start()
            # What is there now stays: the collector need not look through it again, nor so often.
            gc.freeze()
            gc.set_threshold(*GC_THRESHOLDS)
        except Exception as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            raise
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if self._watchdog is not None:
            await asyncio.to_thread(self._watchdog.stop)
        await runtime.stop()
        self._lanes = None
        lanes_close()
        await send({"type": "lifespan.shutdown.complete"})


def _declared_bytes(scope: Scope) -> int:
    """The Content-Length; 0 when there is none."""
    value: bytes = dict(scope["headers"]).get(b"content-length", b"")
    return int(value) if value.isdigit() else 0


async def _read_ahead(receive: Receive) -> Receive:
    """Wait for the whole body; returns a `receive` that gives it again, and then what comes after it."""
    messages = [await receive()]
    while messages[-1]["type"] == "http.request" and messages[-1].get("more_body", False):
        messages.append(await receive())
    messages.reverse()

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again


def _bounded(receive: Receive, limit_bytes: int) -> Receive:
    """Ends a body just past the limit: the view then answers 413, and nothing endless is written to disk."""
    received = 0

    async def receive_bounded() -> Message:
        nonlocal received
        message = await receive()
        while message["type"] == "http.request" and received > limit_bytes:
            message = await receive()  # the rest is read, so that the client comes to read the answer, and dropped
        if message["type"] != "http.request":
            return message
        received += len(message.get("body", b""))
        return {**message, "more_body": message.get("more_body", False) and received <= limit_bytes}

    return receive_bounded


application = Application()
