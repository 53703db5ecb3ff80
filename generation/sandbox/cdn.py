"""Signed addresses that expire, and the downloads behind them.

Files are named `<item id>~tplv.<webp, png or jpeg>` (a picture), `<item id>~video.mp4` and `<item id>~cover.webp`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Final

from aiohttp import web

from generation.sandbox.faults import MEDIA
from generation.sandbox.keys import GALLERY, WORLD
from generation.sandbox.records import Record

_DENIED: Final = "<!doctype html><title>403</title><h1>Access denied</h1>"

_HOSTILE_PAGE: Final = "<!doctype html><script>document.title = 'run'</script>"
_HOSTILE_SVG: Final = '<svg xmlns="http://www.w3.org/2000/svg"><script>document.title = "run"</script></svg>'


def _signature(secret: bytes, file: str, expires: str) -> str:
    return hmac.digest(secret, f"{file}|{expires}".encode(), "sha256").hex()[:40]


def address_maker(request: web.Request) -> Callable[[str], str]:
    """What makes the signed address of a file name, on the host that the caller used."""
    world = request.app[WORLD]
    base = f"http://{request.host}/cdn/"
    expires = str(int(world.now_s() + world.settings.media_ttl))

    def address(file: str) -> str:
        signature = _signature(world.secret, file, expires)
        return f"{base}{file}?x-expires={expires}&x-signature={signature}"

    return address


async def download(request: web.Request) -> web.StreamResponse:
    """The bytes of a file; 403 and a page of HTML when the address is forged or too old."""
    world = request.app[WORLD]
    world.counts.calls["/cdn"] += 1
    file = request.match_info["file"]
    expires = request.query.get("x-expires", "")
    signature = request.query.get("x-signature", "")
    is_signed = hmac.compare_digest(signature.encode(), _signature(world.secret, file, expires).encode())
    found = world.items.get(file.partition("~")[0])
    if found is None or not is_signed or world.now_s() >= int(expires):
        return web.Response(status=403, text=_DENIED, content_type="text/html")
    account, record = found
    struck = account.faults.take(MEDIA)
    if "media500" in struck:
        return web.Response(status=500, text="internal error")
    if "media404" in struck:
        return web.Response(status=404, text="not found")
    if "mediahtml" in struck:
        return web.Response(text=_DENIED, content_type="text/html")
    if "mediafake" in struck or "mediasvg" in struck:
        is_video = file.endswith(".mp4")
        content = _HOSTILE_SVG if "mediasvg" in struck else _HOSTILE_PAGE
        return web.Response(text=content, content_type="video/mp4" if is_video else "image/webp")
    world.counts.downloads += 1
    return await _hand_out(request, file, record)


async def _hand_out(request: web.Request, file: str, record: Record) -> web.StreamResponse:
    item_id, _, purpose = file.partition("~")
    kind = purpose.rpartition(".")[2]
    gallery = request.app[GALLERY]
    if kind == "mp4":
        return _part(request, gallery.clip(record.order.width, record.order.height))
    scale = request.app[WORLD].settings.media_scale
    width, height = (max(round(side * scale), 1) for side in (record.order.width, record.order.height))
    picture = await gallery.picture(width, height, int(item_id[:4], 16), kind)
    return web.Response(body=picture, content_type=f"image/{kind}")


def _part(request: web.Request, content: bytes) -> web.Response:
    """The video, or the one range of its bytes that is asked for; 416 for a range that lies outside."""
    headers = {"Accept-Ranges": "bytes"}
    size = len(content)
    try:
        wanted = request.http_range
    except ValueError:
        wanted = slice(None)
    if wanted.start is None and wanted.stop is None:
        return web.Response(body=content, content_type="video/mp4", headers=headers)
    first, end, _ = wanted.indices(size)
    if first >= end:
        return web.Response(status=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {first}-{end - 1}/{size}"
    return web.Response(status=206, body=content[first:end], content_type="video/mp4", headers=headers)
