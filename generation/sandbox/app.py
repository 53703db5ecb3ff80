"""The sandbox over HTTP: web API calls are checked, struck by faults, and answered."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import Any, Final

from aiohttp import web

from generation.sandbox import cdn, control
from generation.sandbox.checks import Refusal, Violation, check_call, need
from generation.sandbox.facts import RESOLUTIONS
from generation.sandbox.faults import CALL_AFTER, CALL_BEFORE, Fault
from generation.sandbox.keys import GALLERY, WORLD
from generation.sandbox.media import Gallery
from generation.sandbox.service import ENDPOINTS, Call, Endpoint, check_order, dead_account_info, log_id, now_s
from generation.sandbox.state import Account, World

_LARGEST_BODY_BYTES: Final = 8 * 1024 * 1024
_RET_OF_FAULT: Final = {
    "expired": ("1015", "login expired"),
    "riskhold": ("1019", "shark not pass"),
    "busy": ("1310", "too many tasks in flight"),
    "filtered-submit": ("2043", "content filtered"),
    "forbidden": ("1006", "benefit not enough"),
}
_HTML: Final = "<!doctype html><title>Jimeng</title><p>Please try again later.</p>"


class _Struck(Exception):
    """A fault takes the call away from its endpoint."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.name)
        self.fault = fault


def make_app(world: World, gallery: Gallery) -> web.Application:
    """The sandbox as an application: control pages, pictures, and everything else as web API."""
    app = web.Application(client_max_size=_LARGEST_BODY_BYTES)
    app[WORLD] = world
    app[GALLERY] = gallery
    control.add_routes(app)
    app.router.add_get("/cdn/{file}", cdn.download)
    app.router.add_route("*", "/{path:.*}", answer)
    return app


async def answer(request: web.Request) -> web.StreamResponse:
    """One web API call. What breaks the protocol is recorded and answered with ret 1000."""
    world = request.app[WORLD]
    path = request.path
    world.counts.calls[path] += 1
    try:
        return await _answer(request, world)
    except Violation as violation:
        world.violation(path, str(violation))
        return _json_answer(world, {"ret": "1000", "errmsg": str(violation), "data": None})
    except Refusal as refusal:
        if refusal.ret == "1015" and path.startswith("/passport/"):
            return web.json_response(dead_account_info())
        return _json_answer(world, {"ret": refusal.ret, "errmsg": refusal.message, "data": None})
    except _Struck as struck:
        return await _carry_out(struck.fault, request, b'{"ret": "0", "errmsg": "success", "data": {"aigc')


async def _answer(request: web.Request, world: World) -> web.StreamResponse:
    endpoint = ENDPOINTS.get(request.path)
    if endpoint is None:
        raise Violation("there is no such path")
    need(request.method == "POST", "the method must be POST")
    account = _admit(request, world)
    body = _read_body(await request.read())
    call = Call(world, account, request.query, body, now_s(), cdn.address_maker(request))
    if endpoint.scope == "submit":
        check_order(call)
    for fault in account.faults.call_faults(CALL_BEFORE, endpoint.scope):
        _strike(fault, call)
    told = endpoint.answer(call)
    if not endpoint.is_whole:
        told = {"ret": "0", "errmsg": "success", "data": told}
    after = _fault_after(account, endpoint)
    response = web.json_response(told) if endpoint.scope == "account" else _json_answer(world, told)
    if after:
        written = response.body if isinstance(response.body, bytes) else b""
        return await _carry_out(after, request, written[: len(written) // 2])
    return response


def _admit(request: web.Request, world: World) -> Account:
    """The account of a call whose envelope is as documented. Raises Violation, and Refusal for an unknown account."""
    sessionid, web_id, uid_tt = check_call(request.path, request.query, request.headers)
    try:
        account = world.find_account(sessionid)
    except ValueError as error:
        raise Violation(f"cookie sessionid: {error}") from None
    if account is None:
        raise Refusal(*_RET_OF_FAULT["expired"])
    account.web_id = account.web_id or web_id
    account.uid_tt = account.uid_tt or uid_tt
    need(account.web_id == web_id, f"webId of account {account.name} changed")
    need(account.uid_tt == uid_tt, f"uid_tt of account {account.name} changed")
    return account


def _read_body(raw: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises Violation."""
    try:
        body = json.loads(raw)
    except ValueError:
        raise Violation("the body must be JSON") from None
    if not isinstance(body, dict):
        raise Violation("the body must be a JSON object")
    return body


def _strike(fault: Fault, call: Call) -> None:
    """Let a call fault happen, when it concerns this call and is not used up. Raises Refusal or _Struck."""
    order, account = call.order, call.account
    if fault.name == "forbidden":
        if order is None or RESOLUTIONS.index(order.resolution) <= RESOLUTIONS.index(_resolution(fault.argument)):
            return
    elif fault.name == "busy" and fault.argument:
        account.settle(call.now)
        if order is None or order.submit_id in account.by_submit_id or len(account.running) < fault.number(1):
            return
    if not account.faults.happens(fault):
        return
    if fault.name in _RET_OF_FAULT:
        raise Refusal(*_RET_OF_FAULT[fault.name])
    raise _Struck(fault)


def _resolution(text: str) -> Any:
    """The resolution named by a fault's argument; the lowest when it is none."""
    return text if text in RESOLUTIONS else RESOLUTIONS[0]


def _fault_after(account: Account, endpoint: Endpoint) -> Fault | None:
    """The fault that spoils the answer to work that was done, if any."""
    faults = account.faults.call_faults(CALL_AFTER, endpoint.scope)
    return next((fault for fault in faults if account.faults.happens(fault)), None)


def _json_answer(world: World, told: dict[str, Any]) -> web.Response:
    """An answer with its time and log id; every seventh tells ret as a number."""
    world.counts.answers += 1
    if world.counts.answers % 7 == 0:
        told["ret"] = int(told["ret"])
    if "response" not in told:
        moment = now_s()
        told["systime"] = str(int(moment))
        told["logid"] = log_id(moment)
    return web.Response(body=json.dumps(told).encode(), content_type="application/json")


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
    reset(request)
    return web.Response()


def reset(request: web.Request) -> None:
    """Drop the connection with a TCP reset."""
    if request.transport is None:
        return
    connection = request.transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()
