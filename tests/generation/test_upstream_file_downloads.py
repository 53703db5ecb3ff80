"""Downloads into a file: the rules of those into memory, without the memory."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator, Callable
from typing import IO

import httpx
import pytest

from generation.upstream.client import UpstreamClient
from generation.upstream.downloads import DownloadedFile, NotWritten
from generation.upstream.failures import FailureKind, UpstreamFailure

SIGNED = "https://v9-artist.vlabvod.com/ab/video/tos/x.mp4?x-expires=17&x-signature=q%2Bz%3D"
MIB = 1024 * 1024

Handler = Callable[[httpx.Request], httpx.Response]


def download(handler: Handler, file: IO[bytes], *, max_bytes: int = 1000) -> DownloadedFile:
    async def run() -> DownloadedFile:
        transport = httpx.MockTransport(handler)
        async with UpstreamClient(base_url="https://upstream.test", imagex_url="", transport=transport) as client:
            return await client.download_to_file(SIGNED, file, max_bytes=max_bytes)

    return asyncio.run(run())


def answer(content: bytes | AsyncIterator[bytes], status: int = 200, **headers: str) -> Handler:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _request: httpx.Response(status, content=content, headers=named)


async def pieces_of(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def test_the_file_holds_what_came_and_its_fingerprint_is_told() -> None:
    content = bytes(range(256)) * 4096 * 3 + b"end"  # some pieces of 1 MiB and a rest
    file = io.BytesIO()
    found = download(answer(content, content_type="video/MP4; x=1"), file, max_bytes=len(content))
    assert file.getvalue() == content
    expected = DownloadedFile(
        size_bytes=len(content), content_type="video/mp4", sha256=hashlib.sha256(content).hexdigest()
    )
    assert found == expected


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (answer(b"", content_length="0"), "short"),
        (answer(b"half", content_length="8"), "short"),
        (answer(b"x" * 1001), "too_large"),
        (lambda _request: httpx.Response(200, content=pieces_of(b"x" * 600, b"x" * 600)), "too_large"),
        (answer(b"gone", 404), "http_404"),
        (answer(b"part", 206), "http_206"),
        (lambda request: httpx.Response(302, headers={"Location": "http://p3.test/x"}), "redirect"),
    ],
)
def test_what_is_no_whole_file(handler: Handler, code: str) -> None:
    with pytest.raises(UpstreamFailure) as raised:
        download(handler, io.BytesIO())
    assert (raised.value.kind, raised.value.code) == (FailureKind.AMBIGUOUS, code)


def test_a_lost_connection_is_a_failure_that_repeats_no_address() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError(f"while reading {request.url}")

    with pytest.raises(UpstreamFailure) as raised:
        download(broken, io.BytesIO())
    assert (raised.value.__cause__, raised.value.__suppress_context__) == (None, True)
    assert "x-signature" not in str(raised.value)


def test_a_disk_that_is_full_is_not_the_upstreams_fault() -> None:
    with open("/dev/full", "wb") as full, pytest.raises(NotWritten, match="No space"):
        download(answer(b"x" * 2 * MIB), full, max_bytes=4 * MIB)
