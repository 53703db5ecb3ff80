"""The way from the upstream client to the sandbox without sockets: its own application answers each call.

The whole call goes through the sandbox, checks and faults included. It takes `CALL_S` of virtual time.
"""

from __future__ import annotations

import asyncio

import httpx
from aiohttp import StreamReader, web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request

from generation.sandbox.app import make_app
from generation.sandbox.media import Gallery
from generation.sandbox.state import World

CALL_S = 0.2
HOST = "sandbox.week"
_BODY_LIMIT = 2**20


class _Wire:
    """What the sandbox sees of the connection: that it can be dropped."""

    is_dropped = False

    def get_extra_info(self, name: str, default: object = None) -> object:
        return ("127.0.0.1", 0) if name == "peername" else default

    def abort(self) -> None:
        self.is_dropped = True


class _Protocol:
    """What aiohttp's requests ask of the side that would read and write."""

    peername, sockname, ssl_context = ("127.0.0.1", 0), None, None
    writer: object = None

    def __init__(self, transport: _Wire) -> None:
        self.transport = transport


class SandboxTransport(httpx.AsyncBaseTransport):
    """What the sandbox itself breaks on is raised, not answered."""

    def __init__(self, world: World) -> None:
        self._app = make_app(world, Gallery())
        self._runner = web.AppRunner(self._app, access_log=None)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        patience_s = request.extensions.get("timeout", {}).get("read")
        try:
            async with asyncio.timeout(patience_s):
                await asyncio.sleep(CALL_S / 2)
                response = await self._answer(request)
                await asyncio.sleep(CALL_S / 2)
                return response
        except TimeoutError:
            raise httpx.ReadTimeout("The sandbox does not answer.", request=request) from None

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        wire = _Wire()
        told = make_mocked_request(
            request.method,
            request.url.raw_path.decode(),
            headers=dict(request.headers),
            payload=_payload(await request.aread()),
            app=self._app,
            transport=wire,
            writer=_WRITER,
            protocol=_Protocol(wire),
            client_max_size=64 * 2**20,
        )
        try:
            answer = await (await self._server()).request_handler(told)
        except web.HTTPException as error:
            answer = error
        if wire.is_dropped:
            raise httpx.ReadError("Connection reset by the sandbox.", request=request)
        assert isinstance(answer, web.Response)
        body = answer.body
        assert body is None or isinstance(body, bytes | bytearray)
        return httpx.Response(answer.status, headers=dict(answer.headers), content=bytes(body or b""), request=request)

    async def _server(self) -> web.Server:
        if self._runner.server is None:
            await self._runner.setup()
        assert self._runner.server is not None
        return self._runner.server

    async def aclose(self) -> None:
        await self._runner.cleanup()


_WRITER = object()  # nothing is written: the answer is taken as an object


def _payload(content: bytes) -> StreamReader:
    loop = asyncio.get_running_loop()
    payload = StreamReader(BaseProtocol(loop), limit=_BODY_LIMIT, loop=loop)
    payload.feed_data(content)
    payload.feed_eof()
    return payload
