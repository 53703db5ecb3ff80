"""Signed picture addresses that expire, and the downloads behind them."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Final

from aiohttp import web

from generation.sandbox.faults import MEDIA
from generation.sandbox.keys import GALLERY, WORLD
from generation.sandbox.service import now_s

_SUFFIX: Final = "~tplv.webp"
_DENIED: Final = "<!doctype html><title>403</title><h1>Access denied</h1>"


def _signature(secret: bytes, item_id: str, expires: str) -> str:
    return hmac.digest(secret, f"{item_id}|{expires}".encode(), "sha256").hex()[:40]


def address_maker(request: web.Request) -> Callable[[str], str]:
    """What makes the signed address of a picture id, on the host that the caller used."""
    world = request.app[WORLD]
    base = f"http://{request.host}/cdn/"
    expires = str(int(now_s() + world.settings.media_ttl))

    def address(item_id: str) -> str:
        signature = _signature(world.secret, item_id, expires)
        return f"{base}{item_id}{_SUFFIX}?x-expires={expires}&x-signature={signature}"

    return address


async def download(request: web.Request) -> web.StreamResponse:
    """The bytes of a picture; 403 and a page of HTML when the address is forged or too old."""
    world = request.app[WORLD]
    world.counts.calls["/cdn"] += 1
    item_id = request.match_info["file"].removesuffix(_SUFFIX)
    expires = request.query.get("x-expires", "")
    signature = request.query.get("x-signature", "")
    is_signed = hmac.compare_digest(signature.encode(), _signature(world.secret, item_id, expires).encode())
    found = world.items.get(item_id)
    if found is None or not is_signed or now_s() >= int(expires):
        return web.Response(status=403, text=_DENIED, content_type="text/html")
    account, record = found
    struck = account.faults.take(MEDIA)
    if "media500" in struck:
        return web.Response(status=500, text="internal error")
    if "media404" in struck:
        return web.Response(status=404, text="not found")
    if "mediahtml" in struck:
        return web.Response(text=_DENIED, content_type="text/html")
    scale = world.settings.media_scale
    width, height = round(record.order.width * scale), round(record.order.height * scale)
    picture = await request.app[GALLERY].picture(max(width, 1), max(height, 1), int(item_id[:4], 16))
    world.counts.downloads += 1
    return web.Response(body=picture, content_type="image/webp")
