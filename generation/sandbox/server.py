"""The command line of the sandbox: options, and the server that runs until it is told to end."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from collections.abc import Coroutine
from typing import Any, Final

from aiohttp import web

from generation.sandbox.app import make_app
from generation.sandbox.control import seconds_range
from generation.sandbox.media import Gallery
from generation.sandbox.state import Settings, World

_BACKLOG: Final = 4096


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sandbox's options to a parser."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--account", action="append", default=[], metavar="SID", help="an account that exists")
    parser.add_argument("--closed", action="store_true", help="other sessionids than those given are expired")
    parser.add_argument("--image-seconds", type=_seconds, default=(3.0, 3.0), metavar="S|S-S")
    parser.add_argument("--time-scale", type=float, default=1.0)
    parser.add_argument("--forecast-factor", type=float, default=1.0, help="how far the forecast is from the truth")
    parser.add_argument("--queue-seconds", type=float, default=0.0)
    parser.add_argument("--media-ttl", type=float, default=7200.0, metavar="S", help="how long an address is good")
    parser.add_argument("--media-scale", type=float, default=1.0, help="size of pictures against what was ordered")
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


async def _serve(options: argparse.Namespace) -> None:
    settings = Settings(
        image_seconds=options.image_seconds,
        time_scale=options.time_scale,
        forecast_factor=options.forecast_factor,
        queue_seconds=options.queue_seconds,
        media_ttl=options.media_ttl,
        media_scale=options.media_scale,
        seed=options.seed,
        closed=options.closed,
    )
    gallery = Gallery()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, os._exit, 0)
    for width, height in options.prewarm:
        await gallery.prewarm(round(width * settings.media_scale), round(height * settings.media_scale))
    runner = web.AppRunner(make_app(World(settings, options.account), gallery), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, options.host, options.port, backlog=_BACKLOG).start()
    port = runner.addresses[0][1]
    print(f"sandbox listening on http://{options.host}:{port}", flush=True)
    await asyncio.Event().wait()
