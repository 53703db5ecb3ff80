"""Result files from the signed CDN addresses: whole, not too large, and fetched without any login."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

import httpx

from generation.upstream import signing
from generation.upstream.failures import FailureKind, UpstreamFailure, ambiguous, http_failure
from generation.upstream.values import as_int

REDIRECTS_MAX = 3

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


async def fetch_file(
    transport: httpx.AsyncBaseTransport, url: str, *, max_bytes: int, extensions: dict[str, Any], now: datetime
) -> Downloaded:
    """Fetch one file through at most 3 redirects, none of which may leave https.

    Raises UpstreamFailure for any status but 200, an empty or shortened body, and one above `max_bytes`;
    the errors of httpx as they come. `now`: to read a `Retry-After` date.
    """
    address = httpx.URL(url)
    for _hop in range(REDIRECTS_MAX + 1):
        if address.scheme not in ("http", "https") or not address.host:
            raise UpstreamFailure(FailureKind.UNREACHABLE, code="address", message="Not an HTTP address.")
        async with _answer(transport, address, extensions) as response:
            target = response.headers.get("location")
            if not response.is_redirect or target is None:
                return await _read(response, max_bytes=max_bytes, now=now)
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


async def _read(response: httpx.Response, *, max_bytes: int, now: datetime) -> Downloaded:
    status = response.status_code
    if status != httpx.codes.OK:
        raise http_failure(status, retry_after=response.headers.get("retry-after"), now=now)
    told = as_int(response.headers.get("content-length"))
    content = bytearray()
    if (told or 0) <= max_bytes:
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > max_bytes:
                break
    if max(told or 0, len(content)) > max_bytes:
        raise ambiguous("too_large", f"The file is larger than {max_bytes} bytes.", http_status=status)
    is_encoded = "content-encoding" in response.headers  # against our wish: then the length says nothing
    if not content or (told is not None and len(content) != told and not is_encoded):
        raise ambiguous("short", f"The file ended after {len(content)} bytes of {told}.", http_status=status)
    content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Downloaded(content=bytes(content), content_type=content_type)
