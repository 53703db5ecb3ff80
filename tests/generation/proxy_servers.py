"""Proxies on the loopback, as small as they can be: HTTP CONNECT and SOCKS5, with and without a password."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Literal

Mood = Literal["well", "refuses", "silent", "hangs up", "garbage"]
ALIVE = b'{"ret":"0","data":{"user_id":"4711","screen_name":"cat"}}'


class Proxy:
    """`mood`: how it behaves to those it lets in. `targets`: the hosts and ports that it was asked for."""

    def __init__(self, scheme: str, *, mood: Mood = "well", credentials: str = "") -> None:
        self.scheme = scheme
        self.mood = mood
        self.credentials = credentials
        self.targets: list[str] = []
        self.connections = 0
        self.open = 0
        self.port = 0
        self._writers: set[asyncio.StreamWriter] = set()

    def hang_up(self) -> None:
        """End what is connected, as a proxy does that is shut down."""
        for writer in self._writers:
            writer.transport.abort()

    def url(self, credentials: str = "") -> str:
        given = f"{credentials}@" if credentials else ""
        return f"{self.scheme}://{given}localhost:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self._writers.add(writer)
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                speak = self._http if self.scheme in ("http", "https") else self._socks
                target = await speak(reader, writer)
                if target:
                    await _join(reader, writer, target)
        finally:
            self.open -= 1
            self._writers.discard(writer)
            writer.close()

    async def _misbehaves(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if self.mood == "silent":
            await reader.read()
        elif self.mood == "garbage":
            writer.write(b"220 mail.example ESMTP\r\n\r\n")
            await writer.drain()
            await reader.read()
        return self.mood in ("silent", "hangs up", "garbage")

    async def _http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        target = head.split()[1]
        self.targets.append(target)
        if await self._misbehaves(reader, writer):
            return ""
        wanted = f"Proxy-Authorization: Basic {base64.b64encode(self.credentials.encode()).decode()}"
        if self.credentials and wanted not in head.split("\r\n"):
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return ""
        if self.mood == "refuses":
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return ""
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return target

    async def _socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        _version, count = await reader.readexactly(2)
        ways = await reader.readexactly(count)
        if await self._misbehaves(reader, writer):
            return ""
        way = 2 if self.credentials else 0
        writer.write(bytes([5, way if way in ways else 0xFF]))
        if way not in ways:
            return ""
        if way == 2:
            _version, length = await reader.readexactly(2)
            username = await reader.readexactly(length)
            password = await reader.readexactly((await reader.readexactly(1))[0])
            right = (username + b":" + password).decode() == self.credentials
            writer.write(bytes([1, 0 if right else 1]))
            if not right:
                return ""
        _version, _command, _reserved, kind = await reader.readexactly(4)
        if kind == 1:
            host = ".".join(str(part) for part in await reader.readexactly(4))
        else:
            assert kind == 3
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        target = f"{host}:{int.from_bytes(await reader.readexactly(2), 'big')}"
        self.targets.append(target)
        writer.write(bytes([5, 5 if self.mood == "refuses" else 0, 0, 1, 0, 0, 0, 0, 0, 0]))
        return "" if self.mood == "refuses" else target


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: str) -> None:
    host, _, port = target.rpartition(":")
    far_reader, far_writer = await asyncio.open_connection(host, int(port))

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while piece := await source.read(65536):
                sink.write(piece)
                await sink.drain()
        sink.close()

    try:
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
    finally:
        far_writer.close()


@asynccontextmanager
async def proxying(
    scheme: str, *, mood: Mood = "well", credentials: str = "", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Proxy]:
    proxy = Proxy(scheme, mood=mood, credentials=credentials)
    listener = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, ssl=tls)
    proxy.port = listener.sockets[0].getsockname()[1]
    async with listener:
        yield proxy
    await all_gone(proxy)


async def all_gone(proxy: Proxy) -> None:
    """No connection to it stays behind."""
    async with asyncio.timeout(5):
        while proxy.open:
            await asyncio.sleep(0.01)


class Host:
    """Jimeng's place: reads whole requests, and answers each as `answer` says (None: hangs up)."""

    def __init__(self, answer: Callable[[], Awaitable[bytes | None]]) -> None:
        self._answer = answer
        self.heads: list[bytes] = []
        self.base_url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                await reader.readexactly(int(lengths[0].partition(b":")[2]) if lengths else 0)
                self.heads.append(head)
                body = await self._answer()
                if body is None:
                    break
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        writer.close()


@asynccontextmanager
async def hosting(body: bytes | None = ALIVE) -> AsyncIterator[Host]:
    """`body` None: it hangs up after the request."""

    async def answer() -> bytes | None:
        return body

    host = Host(answer)
    listener = await asyncio.start_server(host.serve, "127.0.0.1", 0)
    host.base_url = f"http://localhost:{listener.sockets[0].getsockname()[1]}"
    async with listener:
        yield host
