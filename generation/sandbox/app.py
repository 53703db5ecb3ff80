"""The sandbox over HTTP: web API calls are checked, struck by faults, and answered."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

from aiohttp import web

from generation.sandbox import cdn, control, imagex
from generation.sandbox.accounts import Account
from generation.sandbox.checks import Refusal, Violation, check_call, need
from generation.sandbox.keys import GALLERY, WORLD
from generation.sandbox.media import Gallery
from generation.sandbox.service import ENDPOINTS, Call, check_order, dead_account_info, log_id
from generation.sandbox.state import World
from generation.sandbox.strikes import RET_OF_FAULT, carry_out_after, strike_before

_LARGEST_BODY_BYTES: Final = 64 * 1024 * 1024


def make_app(world: World, gallery: Gallery) -> web.Application:
    """The sandbox as an application: control pages, uploads, files, and everything else as web API."""
    app = web.Application(client_max_size=_LARGEST_BODY_BYTES)
    app[WORLD] = world
    app[GALLERY] = gallery
    control.add_routes(app)
    imagex.add_routes(app)
    app.router.add_get("/cdn/{file}", cdn.download)
    app.router.add_route("*", "/{path:.*}", answer)
    return app


async def answer(request: web.Request) -> web.StreamResponse:
    """One web API call. What breaks the protocol is recorded and answered with ret 1000."""
    world = request.app[WORLD]
    path = request.path
    world.count_call(path, "")
    try:
        return await _answer(request, world)
    except Violation as violation:
        world.violation(path, str(violation))
        return _json_answer(world, {"ret": "1000", "errmsg": str(violation), "data": None})
    except Refusal as refusal:
        if refusal.ret == "1015" and path.startswith("/passport/"):
            return web.json_response(dead_account_info())
        return _json_answer(world, {"ret": refusal.ret, "errmsg": refusal.message, "data": None})


async def _answer(request: web.Request, world: World) -> web.StreamResponse:
    endpoint = ENDPOINTS.get(request.path)
    if endpoint is None:
        raise Violation("there is no such path")
    need(request.method == "POST", "the method must be POST")
    account = _admit(request, world)
    body = _read_body(await request.read())
    call = Call(world, account, request.query, body, world.now_s(), cdn.address_maker(request))
    if endpoint.scope == "submit":
        check_order(call)
    struck = await strike_before(request, account, endpoint.scope, call.order)
    if struck:
        return struck
    pause_s = world.settings.submit_seconds / 2 if endpoint.scope == "submit" else 0.0
    if pause_s:
        await asyncio.sleep(pause_s)
        call.now = world.now_s()
    told = endpoint.answer(call)
    if pause_s:  # the work is done, the answer is still to come: the moment that a crash must survive
        await asyncio.sleep(pause_s)
    if not endpoint.is_whole:
        told = {"ret": "0", "errmsg": "success", "data": told}
    response = web.json_response(told) if endpoint.scope == "account" else _json_answer(world, told)
    whole = response.body if isinstance(response.body, bytes) else b""
    return await carry_out_after(request, account, endpoint.scope, whole) or response


def _admit(request: web.Request, world: World) -> Account:
    """The account of a call whose envelope is as documented. Raises Violation, and Refusal for an unknown account."""
    sessionid, web_id, uid_tt = check_call(request.path, request.query, request.headers)
    try:
        account = world.find_account(sessionid)
    except ValueError as error:
        raise Violation(f"cookie sessionid: {error}") from None
    if account is None:
        raise Refusal(*RET_OF_FAULT["expired"])
    account.calls[request.path] += 1
    account.web_id = account.web_id or web_id
    account.uid_tt = account.uid_tt or uid_tt
    for name, is_same in (("webId", account.web_id == web_id), ("uid_tt", account.uid_tt == uid_tt)):
        if not is_same:  # a login that turns up on another device is what risk control looks for
            world.violation(request.path, f"{name} of account {account.name} changed")
            raise Refusal(*RET_OF_FAULT["riskhold"])
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


def _json_answer(world: World, told: dict[str, Any]) -> web.Response:
    """An answer with its time and log id; every seventh tells ret as a number."""
    world.counts.answers += 1
    if world.counts.answers % 7 == 0:
        told["ret"] = int(told["ret"])
    if "response" not in told:
        moment = world.now_s()
        told["systime"] = str(int(moment))
        told["logid"] = log_id(moment)
    return web.Response(body=json.dumps(told).encode(), content_type="application/json")
