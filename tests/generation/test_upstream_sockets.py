"""The real transport against real sockets: what surely was not sent, and what may have been."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from generation.specs import image_spec
from generation.upstream.client import Timeouts, UpstreamClient
from generation.upstream.failures import FailureKind, UpstreamFailure
from generation.upstream.http import new_http_client, new_transport
from generation.upstream.signing import Login

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LOGIN = Login(sessionid="0123456789abcdef0123456789abcdef", web_id="7123456789012345678", uid_tt="f" * 32)
SPEC = image_spec(model="jimeng-4.5", prompt="一只猫", count=1)
SHORT = Timeouts(connect_s=0.08, read_s=0.08, pool_s=5, call_s=5)
ACCEPTED = b'{"ret":"0","data":{"aigc_data":{"history_record_id":"789"}}}'

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter, int], Awaitable[bool]]


class Server:
    """A listening socket that reads whole requests and does with each what `behaviour` says (False: hang up)."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.heads: list[bytes] = []
        self.connections = 0
        self.base_url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                await reader.readexactly(int(lengths[0].partition(b":")[2]) if lengths else 0)
                self.heads.append(head)
                if not await self.behaviour(reader, writer, len(self.heads)):
                    break
        writer.close()


@asynccontextmanager
async def serving(behaviour: Behaviour) -> AsyncIterator[Server]:
    server = Server(behaviour)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, backlog=1024)
    server.base_url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    async with listener:
        yield server


def reply(body: bytes, *, told: int | None = None, head: bytes = b"") -> bytes:
    length = len(body) if told is None else told
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n" % (length, head) + body


async def reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _number: int) -> bool:
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False


async def hang_up(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter, _number: int) -> bool:
    return False


async def never_answer(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter, _number: int) -> bool:
    await reader.read()
    return False


def saying(content: bytes) -> Behaviour:
    async def say(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _number: int) -> bool:
        writer.write(content)
        await writer.drain()
        return False

    return say


async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _number: int) -> bool:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(200):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)
    return False


def submit_to(base_url: str, timeouts: Timeouts = SHORT) -> UpstreamFailure:
    return asyncio.run(_submit_to(base_url, timeouts))


async def _submit_to(base_url: str, timeouts: Timeouts = SHORT) -> UpstreamFailure:
    async with UpstreamClient(base_url=base_url, imagex_url="", timeouts=timeouts) as client:
        with pytest.raises(UpstreamFailure) as raised:
            await client.submit(LOGIN, SPEC, submit_id="s", seed=2_500_000_001)
        return raised.value


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (reset, "ClientOSError"),
        (hang_up, "ServerDisconnectedError"),
        (never_answer, "SocketTimeoutError"),
        (saying(reply(b'{"ret":"0","da', told=500)), "ClientPayloadError"),
        (saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n"), "ClientPayloadError"),
        (saying(b"SSH-2.0-not http\r\n\r\n"), "ClientResponseError"),
        (saying(reply(b"no gzip", head=b"Content-Encoding: gzip\r\n")), "error"),
    ],
)
def test_what_fails_after_the_request_was_read_may_have_been_paid_for(behaviour: Behaviour, code: str) -> None:
    async def run() -> tuple[UpstreamFailure, int]:
        async with serving(behaviour) as server:
            failure = await _submit_to(server.base_url)
            return failure, len(server.heads)

    failure, requests = asyncio.run(run())
    assert (failure.kind, failure.code) == (FailureKind.AMBIGUOUS, code)
    assert not failure.is_refusal
    assert requests == 1  # sent once: neither aiohttp nor we repeat a POST


def test_an_answer_that_drips_ends_with_the_deadline_of_the_call() -> None:
    async def run() -> UpstreamFailure:
        async with serving(drip) as server:
            return await _submit_to(server.base_url, Timeouts(read_s=5, call_s=0.08))

    failure = asyncio.run(run())
    assert (failure.kind, failure.code) == (FailureKind.AMBIGUOUS, "TimeoutError")


def test_a_closed_port_was_never_sent_to() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: refuses
        failure = submit_to(f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert (failure.kind, failure.code) == (FailureKind.UNREACHABLE, "ClientConnectorError")
    assert failure.is_refusal


def test_a_name_that_does_not_resolve_was_never_sent_to(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_such_host(*_args: Any, **_kwargs: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)
    failure = submit_to("http://no-such-host.invalid")
    assert (failure.kind, failure.code) == (FailureKind.UNREACHABLE, "ClientConnectorDNSError")


@pytest.mark.parametrize("words", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
def test_a_failed_tls_handshake_was_never_sent(words: bytes) -> None:
    async def no_tls(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(words)
        writer.close()

    async def run() -> UpstreamFailure:
        async with await asyncio.start_server(no_tls, "127.0.0.1", 0) as listener:
            port = listener.sockets[0].getsockname()[1]
            return await _submit_to(f"https://127.0.0.1:{port}", Timeouts(connect_s=2))

    assert asyncio.run(run()).kind is FailureKind.UNREACHABLE


def test_a_post_on_a_connection_that_died_in_between_is_not_repeated() -> None:
    async def once(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        if number == 1:
            writer.write(reply(ACCEPTED))
            await writer.drain()
        return number == 1

    async def run() -> tuple[FailureKind, int, int]:
        async with serving(once) as server:
            async with UpstreamClient(base_url=server.base_url, imagex_url="", timeouts=SHORT) as client:
                await client.submit(LOGIN, SPEC, submit_id="s1", seed=2_500_000_001)
                with pytest.raises(UpstreamFailure) as raised:
                    await client.submit(LOGIN, SPEC, submit_id="s2", seed=2_500_000_001)
            return raised.value.kind, len(server.heads), server.connections

    assert asyncio.run(run()) == (FailureKind.AMBIGUOUS, 2, 1)


def test_a_thousand_calls_share_few_connections() -> None:
    now = most = 0

    async def slowly(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _number: int) -> bool:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.001)
        now -= 1
        writer.write(reply(ACCEPTED))
        await writer.drain()
        return True

    async def run() -> Server:
        async with serving(slowly) as server:
            async with UpstreamClient(base_url=server.base_url, imagex_url="", max_connections=20) as client:
                calls = (client.submit(LOGIN, SPEC, submit_id="s", seed=2_500_000_001) for _ in range(1000))
                accepted = await asyncio.gather(*calls)
            assert {each.record_id for each in accepted} == {"789"}
            return server

    server = asyncio.run(run())
    assert len(server.heads) == 1000
    assert server.connections <= 20
    assert 2 < most <= 20


def test_neither_httpx_nor_aiohttp_keeps_a_cookie() -> None:
    async def with_cookie(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _number: int) -> bool:
        writer.write(reply(ACCEPTED, head=b"Set-Cookie: stranger=1; Path=/\r\n"))
        await writer.drain()
        return True

    async def run() -> list[bytes]:
        async with serving(with_cookie) as server:
            # By name: cookie jars take none from a bare IP address.
            named = server.base_url.replace("127.0.0.1", "localhost")
            http = new_http_client(new_transport(max_connections=1))
            async with http:
                await http.get(named)
                await http.get(named)
            return server.heads

    heads = asyncio.run(run())
    assert len(heads) == 2
    assert not any(b"stranger" in head for head in heads)
