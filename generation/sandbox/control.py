"""The pages under `/_control/`, for loopback peers: what happened, and changes at run time."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from typing import Any

from aiohttp import web

from generation.sandbox.keys import WORLD
from generation.sandbox.media import FORMATS as MEDIA_FORMATS
from generation.sandbox.state import World
from generation.sandbox.wallet import Source

_CREDITS: dict[str, Source] = {"credits": "gift", "purchase": "purchase", "vip": "vip"}
_Handler = Callable[[World, dict[str, Any]], dict[str, Any]]


def add_routes(app: web.Application) -> None:
    """Add the control pages."""
    app.router.add_get("/_control/ledger", _page(_ledger))
    app.router.add_get("/_control/calls", _page(_calls))
    app.router.add_get("/_control/accounts", _page(_account_list))
    app.router.add_post("/_control/reset", _page(_reset))
    app.router.add_post("/_control/accounts", _page(_accounts))
    app.router.add_post("/_control/settings", _page(_settings))
    app.router.add_post("/_control/clock", _page(_clock))


def _page(handler: _Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A page that reads a JSON object (or nothing) and answers one; 403 for others' machines, 400 for nonsense."""

    async def page(request: web.Request) -> web.Response:
        if not ipaddress.ip_address(request.remote or "0.0.0.0").is_loopback:  # noqa: S104 - stands for "not known"
            return web.json_response({"error": "loopback peers only"}, status=403)
        try:
            body = dict(json.loads(await request.read() or b"{}"))
            return web.json_response(handler(request.app[WORLD], body))
        except (ValueError, TypeError, KeyError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)

    return page


def _ledger(world: World, _: dict[str, Any]) -> dict[str, Any]:
    return world.ledger(world.now_s())


def _calls(world: World, _: dict[str, Any]) -> dict[str, Any]:
    return dict(world.counts.calls)


def _account_list(world: World, _: dict[str, Any]) -> dict[str, Any]:
    return world.account_pages(world.now_s())


def _reset(world: World, _: dict[str, Any]) -> dict[str, Any]:
    world.reset()
    return {"ok": True}


def _accounts(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """{"sessionid", "faults"?: text, "credits"?, "purchase"?, "vip"?: int}: `faults` replaces all of the account.

    `credits` are its gift credits.
    """
    wanted = {source: int(body[name]) for name, source in _CREDITS.items() if body.get(name) is not None}
    account = world.change_account(str(body["sessionid"]), body.get("faults"), wanted)
    return {"name": account.name, "balance": account.wallet.total}


def _clock(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """{"advance_s": seconds}: move the sandbox's clock on; answers its time in Unix seconds."""
    return {"now": world.advance(float(body["advance_s"]))}


def _settings(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """Any of the settings by name; answers them all. Ranges of seconds: a number, "low-high" or [low, high].

    `prices`: {"jimeng-4.5/2k": credits}, which replaces all other changed prices.
    """
    kinds = {field.name: type(getattr(world.settings, field.name)) for field in fields(world.settings)}
    if unknown := set(body) - set(kinds):
        raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
    values = {name: _READERS.get(name, kinds[name])(value) for name, value in body.items()}
    if values.get("media_format", MEDIA_FORMATS[0]) not in MEDIA_FORMATS:
        raise ValueError(f"media_format must be one of {MEDIA_FORMATS}")
    for name, value in values.items():
        setattr(world.settings, name, value)
    return asdict(world.settings)


def seconds_range(value: Any) -> tuple[float, float]:
    """3, "3", "2.5-3.5" or [2.5, 3.5] as the lowest and the highest number of seconds. Raises ValueError."""
    parts = value if isinstance(value, list | tuple) else str(value).split("-")
    low, high = float(parts[0]), float(parts[-1])
    if len(parts) > 2 or low < 0 or high < low:
        raise ValueError(f"{value!r} is no number or range of seconds")
    return low, high


def _prices(value: Any) -> dict[str, int]:
    return {str(name): int(credits) for name, credits in dict(value).items()}


_READERS: dict[str, Callable[[Any], Any]] = {
    "image_seconds": seconds_range,
    "video_seconds": seconds_range,
    "prices": _prices,
}
