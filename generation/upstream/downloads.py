"""Result files from the signed CDN addresses: whole, not too large, and fetched without any login."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import IO, Any

import httpx

from generation.upstream import signing
from generation.upstream.failures import FailureKind, UpstreamFailure, ambiguous, http_failure
from generation.upstream.values import as_int

REDIRECTS_MAX = 3
WRITE_BYTES = 1024 * 1024  # collected before a thread writes them: a hop for each piece of 16 KiB would cost more

_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Accept": "*/*",
        "Accept-Encoding": "identity",  # so that Content-Length is the size of the file
        "Referer": f"{signing.ORIGIN}/",
        "User-Agent": signing.USER_AGENT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """One result file. `content_type`: lower case, without parameters, "" when not said."""

    content: bytes = field(repr=False)
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadedFile:
    """One result that was written to a file. `content_type` as in Downloaded; `sha256` in hex."""

    size_bytes: int
    content_type: str
    sha256: str


class NotWritten(OSError):
    """The file could not be written on this side: the disk is full, say. Not the upstream's fault."""


async def fetch_file(
    transport: httpx.AsyncBaseTransport, url: str, *, max_bytes: int, extensions: dict[str, Any], now: datetime
) -> Downloaded:
    """Fetch one file through at most 3 redirects, none of which may leave https.

    Raises UpstreamFailure for any status but 200, an empty or shortened body, and one above `max_bytes`;
    the errors of httpx as they come. `now`: to read a `Retry-After` date.
    """
    content = bytearray()
    async with _followed(transport, url, extensions) as response:
        async with aclosing(_whole_body(response, max_bytes=max_bytes, now=now)) as pieces:
            async for piece in pieces:
                content += piece
        return Downloaded(content=bytes(content), content_type=_content_type(response))


async def fetch_to_file(
    transport: httpx.AsyncBaseTransport,
    url: str,
    file: IO[bytes],
    *,
    max_bytes: int,
    extensions: dict[str, Any],
    now: datetime,
) -> DownloadedFile:
    """As `fetch_file`, but written to `file` piece by piece, in threads. Raises NotWritten too."""
    digest, waiting, size_bytes = hashlib.sha256(), bytearray(), 0

    def write(content: bytes) -> None:
        digest.update(content)
        try:
            file.write(content)
        except OSError as error:
            raise NotWritten(str(error)) from error

    async with _followed(transport, url, extensions) as response:
        async with aclosing(_whole_body(response, max_bytes=max_bytes, now=now)) as pieces:
            async for piece in pieces:
                waiting += piece
                size_bytes += len(piece)
                if len(waiting) >= WRITE_BYTES:
                    await asyncio.to_thread(write, bytes(waiting))
                    waiting.clear()
        await asyncio.to_thread(write, bytes(waiting))
        return DownloadedFile(size_bytes=size_bytes, content_type=_content_type(response), sha256=digest.hexdigest())


@asynccontextmanager
async def _followed(
    transport: httpx.AsyncBaseTransport, url: str, extensions: dict[str, Any]
) -> AsyncIterator[httpx.Response]:
    """The answer at the end of the redirects, its body not yet read."""
    address = httpx.URL(url)
    for _hop in range(REDIRECTS_MAX + 1):
        if address.scheme not in ("http", "https") or not address.host:
            raise UpstreamFailure(FailureKind.UNREACHABLE, code="address", message="Not an HTTP address.")
        async with _answer(transport, address, extensions) as response:
            target = response.headers.get("location")
            if not response.is_redirect or target is None:
                yield response
                return
        following = address.join(target)
        if address.scheme == "https" and following.scheme != "https":
            raise ambiguous("redirect", "A redirect leaves https.", http_status=response.status_code)
        address = following
    raise ambiguous("redirect", f"More than {REDIRECTS_MAX} redirects.")


@asynccontextmanager
async def _answer(
    transport: httpx.AsyncBaseTransport, address: httpx.URL, extensions: dict[str, Any]
) -> AsyncIterator[httpx.Response]:
    request = httpx.Request("GET", address, headers=_HEADERS, extensions=extensions)
    response = await transport.handle_async_request(request)
    try:
        yield response
    finally:
        await response.aclose()


async def _whole_body(response: httpx.Response, *, max_bytes: int, now: datetime) -> AsyncGenerator[bytes, None]:
    """The body piece by piece; what was given is only good if no UpstreamFailure comes after it."""
    status = response.status_code
    if status != httpx.codes.OK:
        raise http_failure(status, retry_after=response.headers.get("retry-after"), now=now)
    told = as_int(response.headers.get("content-length"))
    size_bytes = 0
    if (told or 0) <= max_bytes:
        async for piece in response.aiter_bytes():
            size_bytes += len(piece)
            if size_bytes > max_bytes:
                break
            yield piece
    if max(told or 0, size_bytes) > max_bytes:
        raise ambiguous("too_large", f"The file is larger than {max_bytes} bytes.", http_status=status)
    is_encoded = "content-encoding" in response.headers  # against our wish: then the length says nothing
    if not size_bytes or (told is not None and size_bytes != told and not is_encoded):
        raise ambiguous("short", f"The file ended after {size_bytes} bytes of {told}.", http_status=status)


def _content_type(response: httpx.Response) -> str:
    content_type: str = response.headers.get("content-type", "")
    return content_type.partition(";")[0].strip().lower()
