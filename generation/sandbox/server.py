"""The command line of the sandbox: options, and the server that runs until it is told to end."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from collections.abc import Coroutine, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from generation.sandbox.app import make_app
from generation.sandbox.control import seconds_range
from generation.sandbox.media import FORMATS, Gallery
from generation.sandbox.state import Settings, World

_BACKLOG: Final = 4096
_SHUTDOWN_S: Final = 0.05


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sandbox's options to a parser."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--account", action="append", default=[], metavar="SID", help="an account that exists")
    parser.add_argument("--closed", action="store_true", help="other sessionids than those given are expired")
    parser.add_argument("--image-seconds", type=_seconds, default=(3.0, 3.0), metavar="S|S-S")
    parser.add_argument("--video-seconds", type=_seconds, default=(12.0, 12.0), metavar="S|S-S")
    parser.add_argument("--time-scale", type=float, default=1.0)
    parser.add_argument("--forecast-factor", type=float, default=1.0, help="how far the forecast is from the truth")
    parser.add_argument("--queue-seconds", type=float, default=0.0)
    parser.add_argument(
        "--submit-seconds",
        type=float,
        default=0.0,
        metavar="S",
        help="of a submit call, half before and half after its work",
    )
    parser.add_argument("--media-ttl", type=float, default=7200.0, metavar="S", help="how long an address is good")
    parser.add_argument("--media-scale", type=float, default=1.0, help="size of pictures against what was ordered")
    parser.add_argument("--media-format", choices=FORMATS, default=FORMATS[0], help="of pictures; the page asks webp")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="keep drawn pictures here, for a faster start")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--prewarm", type=_size, action="append", default=[], metavar="WxH")


def _seconds(text: str) -> tuple[float, float]:
    return seconds_range(text)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def run(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT, which end the process at once."""
    serving = _serve(options)
    try:
        import uvloop  # noqa: PLC0415 - optional: the standard loop serves as well, a little slower
    except ImportError:
        asyncio.run(serving)
    else:
        _run_fast(uvloop, serving)


def _run_fast(uvloop: Any, serving: Coroutine[Any, Any, None]) -> None:
    uvloop.run(serving)


class Sandbox:
    """A sandbox in the running event loop. `start` binds it, `url` is where it listens, `stop` ends it.

    Port 0 takes a free one. `sessionids` are accounts that exist from the start.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        sessionids: Sequence[str] = (),
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        data: Path | None = None,
    ) -> None:
        self.world = World(settings or Settings(), list(sessionids))
        self.gallery = Gallery(data)
        self._place = (host, port)
        app = make_app(self.world, self.gallery)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S)

    async def start(self) -> str:
        """Listen, and the base URL."""
        await self._runner.setup()
        await web.TCPSite(self._runner, *self._place, backlog=_BACKLOG).start()
        return self.url

    @property
    def url(self) -> str:
        """The base URL of a started sandbox."""
        return f"http://{self._place[0]}:{self._runner.addresses[0][1]}"

    async def prewarm(self, width: int, height: int) -> None:
        """Draw all pictures of one size that may be ordered, so that no download waits for a drawing."""
        settings = self.world.settings
        size = round(width * settings.media_scale), round(height * settings.media_scale)
        await self.gallery.prewarm(*size, settings.media_format)

    async def stop(self) -> None:
        """Close all connections; calls that hang are cut off."""
        await self._runner.cleanup()


async def _serve(options: argparse.Namespace) -> None:
    given = {field.name: getattr(options, field.name) for field in fields(Settings) if hasattr(options, field.name)}
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, os._exit, 0)
    sandbox = Sandbox(Settings(**given), options.account, host=options.host, port=options.port, data=options.data)
    for width, height in options.prewarm:
        await sandbox.prewarm(width, height)
    print(f"sandbox listening on {await sandbox.start()}", flush=True)
    await asyncio.Event().wait()
