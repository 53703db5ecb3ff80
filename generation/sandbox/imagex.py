"""The upload hosts over HTTP: applying for a place, sending the bytes, committing (§4 of the protocol)."""

from __future__ import annotations

import json
import re
import time
import zlib
from typing import Any, Final

from aiohttp import web

from generation.sandbox.checks import Refusal, Violation, need
from generation.sandbox.keys import WORLD
from generation.sandbox.service import log_id
from generation.sandbox.sigv4 import REGION, SERVICE, Message, check_signature, read_authorization
from generation.sandbox.state import World
from generation.sandbox.strikes import carry_out_after, strike_before
from generation.sandbox.uploads import OK, SERVICE_ID, Token, Upload

_VERSION: Final = "2018-08-01"
_SIGNED: Final = {
    "ApplyImageUpload": "x-amz-date;x-amz-security-token",
    "CommitImageUpload": "x-amz-content-sha256;x-amz-date;x-amz-security-token",
}
_METHODS: Final = {"ApplyImageUpload": "GET", "CommitImageUpload": "POST"}
_SALT: Final = re.compile(r"[a-z0-9]{10}")
_CRC32: Final = re.compile(r"[0-9a-f]{8}")
_LARGEST_BYTES: Final = 64 * 1024 * 1024
_SEND_HEADERS: Final = {
    "Content-Type": "application/octet-stream",
    "Content-Disposition": 'attachment; filename="undefined"',
}


def add_routes(app: web.Application) -> None:
    """Add the pages of the upload control host and of the upload data host."""
    app.router.add_route("*", "/", _control)
    app.router.add_route("*", "/upload/v1/{uri:.*}", _send)


async def _control(request: web.Request) -> web.StreamResponse:
    """`/?Action=…`: errors are told in ResponseMetadata."""
    world = request.app[WORLD]
    action = request.query.get("Action", "")
    told: dict[str, Any] = {"RequestId": log_id(world.now_s()), "Action": action, "Version": _VERSION}
    told |= {"Service": SERVICE, "Region": REGION}
    try:
        need(action in _METHODS, "query Action must be ApplyImageUpload or CommitImageUpload")
        token = await _authorize(request, world, action)
        world.count_call(f"/?Action={action}", token.account)
        account = world.account_named(token.account)
        struck = await strike_before(request, account, "upload")
        if struck:
            return struck
        result = await (_apply if action == "ApplyImageUpload" else _commit)(request, world, token)
        response = web.json_response({"ResponseMetadata": told, "Result": result})
        return await carry_out_after(request, account, "upload") or response
    except Violation as violation:
        world.violation(f"/?Action={action}", str(violation))
        error = {"CodeN": 100010, "Code": "InvalidRequest", "Message": str(violation)}
    except Refusal as refusal:
        error = {"CodeN": 100009, "Code": refusal.ret, "Message": refusal.message}
    return web.json_response({"ResponseMetadata": told | {"Error": error}}, status=400)


async def _authorize(request: web.Request, world: World, action: str) -> Token:
    """The token that signed a call. Raises Violation; Refusal when the token has run out."""
    need(request.method == _METHODS[action], f"the method of {action} must be {_METHODS[action]}")
    signed = read_authorization(request.headers.get("Authorization", ""))
    token = world.uploads.tokens.get(signed.access_key_id)
    if token is None:
        raise Violation("the credential's access key is not known")
    headers = request.headers
    need(headers.get("X-Amz-Security-Token") == token.session_token, "header X-Amz-Security-Token must be the token")
    body = await request.read()
    query = request.rel_url.raw_query_string
    message = Message(request.method, request.path, query, headers, body)
    check_signature(message, signed, token.secret_access_key, _SIGNED[action], time.time())
    need(request.query.get("Version") == _VERSION, f"query Version must be {_VERSION}")
    need(request.query.get("ServiceId") == SERVICE_ID, f"query ServiceId must be {SERVICE_ID}")
    if world.now_s() >= token.ends_at:
        raise Refusal("InvalidSecurityToken", "the security token has expired")
    return token


async def _apply(request: web.Request, world: World, token: Token) -> dict[str, Any]:
    """Take a place for a picture."""
    size = request.query.get("FileSize", "")
    fits = size.isascii() and size.isdigit() and len(size) < 10 and 0 < int(size) <= _LARGEST_BYTES
    need(fits, "query FileSize must be the number of bytes")
    need(_SALT.fullmatch(request.query.get("s", "")), "query s must be 10 characters of a-z0-9")
    upload = world.uploads.begin(token.account, int(size))
    address = {
        "StoreInfos": [{"StoreUri": upload.uri, "Auth": upload.authorization, "UploadID": ""}],
        "UploadHosts": [request.host],
        "SessionKey": upload.session_key,
    }
    return {"UploadAddress": address}


async def _commit(request: web.Request, world: World, token: Token) -> dict[str, Any]:
    """Take in a picture whose bytes have come."""
    try:
        body = json.loads(await request.read())
    except ValueError:
        raise Violation("the body must be JSON") from None
    need(isinstance(body, dict) and body.get("SuccessActionStatus") == "200", "SuccessActionStatus must be 200")
    upload = world.uploads.by_session_key.get(str(body.get("SessionKey")))
    if upload is None or upload.account != token.account:
        raise Violation("SessionKey is not known")
    need(upload.content is not None or upload.committed, "this upload has no bytes yet")
    return upload.commit()


async def _send(request: web.Request) -> web.StreamResponse:
    """The bytes of a picture: {"code": 2000, "message": "Success"}, or another code."""
    world = request.app[WORLD]
    try:
        upload = _place_of(request, world)
        world.count_call("/upload/v1", upload.account)
        account = world.account_named(upload.account)
        struck = await strike_before(request, account, "upload")
        if struck:
            return struck
        content = await request.read()
        _check_content(request, content, upload.size_bytes)
        upload.content = content
        done = web.json_response({"code": OK, "message": "Success", "data": {"crc32": f"{zlib.crc32(content):08x}"}})
        return await carry_out_after(request, account, "upload") or done
    except Violation as violation:
        world.violation("/upload/v1", str(violation))
        return web.json_response({"code": 4000, "message": str(violation)}, status=400)
    except Refusal as refusal:
        return web.json_response({"code": 4003, "message": refusal.message}, status=403)


def _place_of(request: web.Request, world: World) -> Upload:
    """The upload that a sending of bytes belongs to. Raises Violation."""
    need(request.method == "POST", "the method must be POST")
    upload = world.uploads.by_uri.get(request.match_info["uri"])
    if upload is None:
        raise Violation("the StoreUri is not known")
    need(request.headers.get("Authorization") == upload.authorization, "header Authorization must be Auth")
    return upload


def _check_content(request: web.Request, content: bytes, size_bytes: int) -> None:
    """Headers and length of what was sent. Raises Violation."""
    for name, wanted in _SEND_HEADERS.items():
        need(request.headers.get(name) == wanted, f"header {name} must be {wanted}")
    told = request.headers.get("Content-CRC32", "")
    need(_CRC32.fullmatch(told), "header Content-CRC32 must be 8 lower-case hex digits")
    need(told == f"{zlib.crc32(content):08x}", "header Content-CRC32 does not fit the bytes")
    need(len(content) == size_bytes, f"{len(content)} bytes came, FileSize said {size_bytes}")
