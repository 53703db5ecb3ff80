"""Faults at work: what they refuse, and what they do on the wire."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Final

from aiohttp import web

from generation.sandbox.accounts import Account
from generation.sandbox.checks import Refusal
from generation.sandbox.facts import RESOLUTIONS
from generation.sandbox.faults import CALL_AFTER, CALL_BEFORE, REFUSED_PROMPT, Fault
from generation.sandbox.keys import WORLD
from generation.sandbox.orders import Order

RET_OF_FAULT: Final = {
    "expired": ("1015", "login expired"),
    "riskhold": ("1019", "shark not pass"),
    "busy": ("1310", "too many tasks in flight"),
    "filtered-submit": ("2043", "content filtered"),
    "forbidden": ("1006", "benefit not enough"),
}
_HTML: Final = "<!doctype html><title>Jimeng</title><p>Please try again later.</p>"
_TRUNCATED: Final = b'{"ret": "0", "errmsg": "success", "data": {"aigc'


async def strike_before(
    request: web.Request, account: Account, scope: str, order: Order | None = None
) -> web.StreamResponse | None:
    """The answer of a fault that takes a call away before any work, None when none does. Raises Refusal."""
    for fault in account.faults.call_faults(CALL_BEFORE, scope):
        if not _concerns(fault, account, order, request.app[WORLD].now_s()) or not account.faults.happens(fault):
            continue
        if fault.name in RET_OF_FAULT:
            raise Refusal(*RET_OF_FAULT[fault.name])
        return await _carry_out(fault, request, _TRUNCATED)
    if order is not None and REFUSED_PROMPT in order.prompt:
        raise Refusal(*RET_OF_FAULT["filtered-submit"])
    return None


async def carry_out_after(
    request: web.Request, account: Account, scope: str, whole: bytes = _TRUNCATED
) -> web.StreamResponse | None:
    """The answer of a fault that spoils the answer to work that was done, None when none does."""
    for fault in account.faults.call_faults(CALL_AFTER, scope):
        if account.faults.happens(fault):
            return await _carry_out(fault, request, whole[: len(whole) // 2])
    return None


def _concerns(fault: Fault, account: Account, order: Order | None, now: float) -> bool:
    """Whether a call fault concerns this order: `forbidden` and `busy:n` look at what is asked for."""
    if fault.name == "forbidden":
        if order is None or order.kind == "video":
            return False
        highest = fault.argument if fault.argument in RESOLUTIONS else RESOLUTIONS[0]
        return [*RESOLUTIONS].index(order.resolution) > [*RESOLUTIONS].index(highest)  # type: ignore[arg-type]
    if fault.name == "busy" and fault.argument:
        account.settle(now)
        is_new = order is not None and order.submit_id not in account.by_submit_id
        return is_new and len(account.running) >= fault.number(1)
    return True


async def _carry_out(fault: Fault, request: web.Request, truncated: bytes) -> web.StreamResponse:
    """What a fault does on the wire. `truncated` is the JSON that brokenjson answers."""
    kind = fault.name.removesuffix("-after")
    if kind == "http500":
        return web.Response(status=500, text="internal error")
    if kind == "http429":
        return web.Response(status=429, text="too many requests", headers={"Retry-After": fault.argument or "1"})
    if kind == "html":
        return web.Response(text=_HTML, content_type="text/html")
    if kind == "brokenjson":
        return web.Response(body=truncated, content_type="application/json")
    if kind == "hang":
        await asyncio.sleep(fault.number(3600))
    _reset(request)
    return web.Response()


def _reset(request: web.Request) -> None:
    """Drop the connection with a TCP reset."""
    if request.transport is None:
        return
    connection = request.transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()
