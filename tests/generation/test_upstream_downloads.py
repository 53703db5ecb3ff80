"""Result files: whole, not too large, through few redirects, and without any login."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from generation.upstream.client import Downloaded, UpstreamClient
from generation.upstream.failures import FailureKind, UpstreamFailure

SIGNED = "https://p3-dreamina-sign.byteimg.com/tos-cn-i-x/ab~tplv-x:2400:2400.webp?lk3s=8e7&x-expires=17&x-signature=q%2Bz%3D"

Handler = Callable[[httpx.Request], httpx.Response]


def download(handler: Handler | None, url: str = SIGNED, *, max_bytes: int = 1000) -> Downloaded:
    async def run() -> Downloaded:
        transport = httpx.MockTransport(handler) if handler else None
        async with UpstreamClient(base_url="https://upstream.test", imagex_url="", transport=transport) as client:
            return await client.download(url, max_bytes=max_bytes)

    return asyncio.run(run())


def failing(handler: Handler | None, url: str = SIGNED, *, max_bytes: int = 1000) -> UpstreamFailure:
    with pytest.raises(UpstreamFailure) as raised:
        download(handler, url, max_bytes=max_bytes)
    return raised.value


def file(content: bytes, status: int = 200, **headers: str) -> Handler:
    return lambda _request: httpx.Response(
        status, content=content, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def test_a_file_comes_with_its_type() -> None:
    fetched = download(file(b"RIFF", content_type="Image/WebP; q=1"))
    assert (fetched.content, fetched.content_type) == (b"RIFF", "image/webp")


def test_no_login_goes_to_a_cdn_and_the_signed_address_stays_as_it_is() -> None:
    sent: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, content=b"x", headers={"Set-Cookie": "a=b"})

    download(handler)
    (request,) = sent
    assert str(request.url) == SIGNED
    assert "cookie" not in request.headers
    assert "authorization" not in request.headers
    assert request.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (file(b"", content_length="0"), "short"),
        (file(b"half", content_length="8"), "short"),
        (file(b"x" * 1001), "too_large"),
        (lambda _request: httpx.Response(200, content=iter_of(b"x" * 600, b"x" * 600)), "too_large"),
        (file(b"gone", 404), "http_404"),
        (file(b"expired", 403), "http_403"),
        (file(b"part", 206), "http_206"),
    ],
)
def test_what_is_no_whole_file(handler: Handler, code: str) -> None:
    failure = failing(handler)
    assert (failure.kind, failure.code) == (FailureKind.AMBIGUOUS, code)


async def iter_of(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def test_a_file_that_never_ends_is_left_when_it_is_too_large() -> None:
    chunks = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal chunks
        while chunks < 100:
            chunks += 1
            yield b"x" * 600

    assert failing(lambda _request: httpx.Response(200, content=endless())).code == "too_large"
    assert chunks == 2


def test_a_file_without_a_told_length_is_read_to_its_end() -> None:
    handler: Handler = lambda _request: httpx.Response(200, content=iter_of(b"ab", b"cd"))  # noqa: E731
    assert download(handler).content == b"abcd"


def redirecting(times: int) -> Handler:
    def handler(request: httpx.Request) -> httpx.Response:
        hop = int(request.url.params.get("hop", "0"))
        if hop == times:
            return httpx.Response(200, content=b"x")
        return httpx.Response(302, headers={"Location": f"/next?hop={hop + 1}", "Set-Cookie": "a=b; Path=/"})

    return handler


def test_three_redirects_are_followed_and_no_more() -> None:
    assert download(redirecting(3)).content == b"x"
    assert failing(redirecting(4)).code == "redirect"


@pytest.mark.parametrize("target", ["http://p3.test/x", "file:///etc/passwd", "ftp://p3.test/x"])
def test_a_redirect_may_not_leave_https(target: str) -> None:
    assert failing(lambda _request: httpx.Response(302, headers={"Location": target})).code == "redirect"


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "ftp://p3.test/x", "https://", "/relative"])
def test_only_web_addresses_are_fetched(url: str) -> None:
    failure = failing(file(b"x"), url)
    assert (failure.kind, failure.code) == (FailureKind.UNREACHABLE, "address")


def test_an_address_that_cannot_be_parsed() -> None:
    assert failing(file(b"x"), "https://p3.test/\x01").kind is FailureKind.UNREACHABLE


def test_neither_log_nor_failure_repeats_a_signed_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="httpx")

    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError(f"while reading {request.url}")

    failure = failing(broken)
    download(file(b"x"))
    assert failure.__cause__ is None
    assert failure.__suppress_context__
    assert "x-signature" not in caplog.text + str(failure)


def test_the_wire_carries_the_signed_address_byte_by_byte() -> None:
    lines: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(await reader.readline())
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"cookie" not in head.lower()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx")
        writer.close()

    async def run() -> None:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as listener:
            port = listener.sockets[0].getsockname()[1]
            async with UpstreamClient(base_url="https://upstream.test", imagex_url="") as client:
                await client.download(f"http://127.0.0.1:{port}/{SIGNED.partition('com/')[2]}", max_bytes=10)

    asyncio.run(run())
    assert lines == [
        b"GET /tos-cn-i-x/ab~tplv-x:2400:2400.webp?lk3s=8e7&x-expires=17&x-signature=q%2Bz%3D HTTP/1.1\r\n"
    ]
