"""The guarded fetcher: the one way to what stands at an address that a caller gave.

Each hop is resolved once, all of its addresses are checked, and only these are connected to. So it does not matter
how an address is written, what a redirect says, or whether DNS answers something else a moment later.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache, partial
from ipaddress import ip_address
from typing import IO, Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from generation.upstream.addresses import IPAddress, is_public
from generation.upstream.web_address import BadAddress, host_and_port, ip_literal, parse_address

logger = logging.getLogger(__name__)

MAX_BYTES: Final = 20 * 1024 * 1024
TOTAL_S: Final = 20.0
REDIRECTS_MAX: Final = 5
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_WRITE_BYTES: Final = 1024 * 1024  # collected before a thread writes them
_IDLE_BYTES: Final = 512 * 1024  # that a server may send beside and ahead of the content
_READ_BYTES: Final = 64 * 1024
_DNS_THREADS: Final = 8
_HEADERS: Final = {
    "Accept": "image/png,image/jpeg,image/webp,image/*;q=0.8,*/*;q=0.5",
    "Accept-Encoding": "identity",  # nothing is ever unpacked: no bomb, and the length is that of the file
    "User-Agent": "jimeng-gateway (fetches pictures that its users name)",
}

Resolve = Callable[[str, int], Awaitable[Sequence[IPAddress]]]


class FetchFailed(Exception):
    """Nothing could or may be fetched. The text is for the caller: no address found, no query, at most a host.

    It is the same for a host that is not there and one that is not public, so that nobody learns our names from it.
    """


_NOT_PUBLIC: Final = "The host of this image has no public address."


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What was written to the file. `host`: of the address that was asked for, before any redirect."""

    size_bytes: int
    host: str


async def resolve_host(host: str, port: int) -> Sequence[IPAddress]:
    """All addresses of a name. Raises OSError, UnicodeError.

    In threads of its own: a caller's DNS server that never answers would keep those of the event loop, which also
    look up Jimeng.
    """
    found = await asyncio.get_running_loop().run_in_executor(
        _dns_threads(), lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    )
    return [ip_address(str(sockaddr[0])) for *_kind, sockaddr in found]


@cache
def _dns_threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_DNS_THREADS, thread_name_prefix="fetch-dns")


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPolicy:
    """Limits of one fetch. `total_s`: seconds for all of it, DNS and redirects too.

    `allow_hosts`: `host` or `host:port` in lower case, as in the address, which may be reached though private.
    """

    allow_hosts: frozenset[str] = frozenset()
    max_bytes: int = MAX_BYTES
    total_s: float = TOTAL_S
    redirects_max: int = REDIRECTS_MAX
    resolve: Resolve = resolve_host
    is_public: Callable[[IPAddress], bool] = is_public


async def fetch_image_file(url: str, *, into: IO[bytes], policy: FetchPolicy) -> Fetched:
    """Fetch a file of any content; that it is a picture is for others to find out.

    http and https, public addresses only, checked anew after each redirect; status 200, not empty, not compressed,
    within size and time. Cookies, proxies and referrers are not used. Raises FetchFailed, and OSError if `into`
    cannot be written.
    """
    address = _parsed(url)
    host = address.host or ""
    try:
        async with asyncio.timeout(policy.total_s), _followed(address, policy) as response:
            return Fetched(size_bytes=await _copy_body(response, into, policy.max_bytes), host=host)
    except TimeoutError as error:
        raise FetchFailed(f"The image at {host} did not arrive within {policy.total_s:g} s.") from error
    except (aiohttp.ClientError, UnicodeError) as error:
        raise FetchFailed(f"The image at {host} could not be fetched.") from error


def _parsed(url: str) -> URL:
    try:
        return parse_address(url)
    except BadAddress as error:
        raise FetchFailed(str(error)) from error


@asynccontextmanager
async def _followed(address: URL, policy: FetchPolicy) -> AsyncIterator[aiohttp.ClientResponse]:
    """The answer at the end of the redirects, its body not yet read."""
    asked = address.host
    for _hop in range(policy.redirects_max + 1):
        approved = await approved_addresses(address, policy)
        async with guarded_session(approved) as session, session.get(address, allow_redirects=False) as response:
            target = response.headers.get("Location")
            if response.status not in _REDIRECTS or target is None:
                if response.status != 200:
                    raise FetchFailed(f"{asked} answered with HTTP status {response.status} instead of an image.")
                yield response
                return
        address = _redirected(address, target)
    raise FetchFailed(f"The image at {asked} is behind more than {policy.redirects_max} redirects.")


def _redirected(address: URL, target: str) -> URL:
    try:
        return parse_address(str(address.join(URL(target, encoded=True))))
    except (BadAddress, ValueError) as error:
        raise FetchFailed(f"{address.host} redirects to an address that is not fetched.") from error


async def approved_addresses(address: URL, policy: FetchPolicy) -> list[IPAddress]:
    """The addresses that may be connected to. One that is not public spoils all: such an answer is a trick or a slip.

    Raises FetchFailed.
    """
    host, port = address.raw_host or "", address.port or 0
    literal = ip_literal(host)
    try:
        found = [literal] if literal is not None else list(await policy.resolve(host, port))
    except (OSError, UnicodeError) as error:
        raise FetchFailed(_NOT_PUBLIC) from error
    if not policy.allow_hosts.isdisjoint(host_and_port(address)):
        return found
    if not found or not all(policy.is_public(each) for each in found):
        logger.warning(
            "An address was not used: its host is not public", extra={"action": "fetch", "host": address.host}
        )
        raise FetchFailed(_NOT_PUBLIC)
    return found


class _Pinned(AbstractResolver):
    """Knows the addresses that were checked, and no others: DNS is not asked a second time."""

    def __init__(self, addresses: Sequence[IPAddress]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        return None


def guarded_socket(approved: Sequence[IPAddress]) -> Callable[[Any], socket.socket]:
    """Makes sockets for `approved` addresses only: the last check, on the very address that is connected to next.

    aiohttp asks no resolver for an address in figures. An OSError is what it takes for "no connection".
    """

    def new_socket(info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _name, sockaddr = info
        if ip_address(sockaddr[0]) not in approved:
            raise PermissionError("This address was not approved.")
        return socket.socket(family=family, type=kind, proto=protocol)

    return new_socket


class _Thrifty(ResponseHandler):
    """Ends a connection most of whose bytes are no content: endless interim answers, chunks of one byte, and the like.

    Each of these costs a little time of the event loop, and all of them together would take it for themselves.
    """

    _raw_bytes = 0

    def data_received(self, data: bytes) -> None:
        self._raw_bytes += len(data)
        content_bytes = getattr(self._payload, "total_bytes", 0)
        if self._raw_bytes > _IDLE_BYTES + 2 * content_bytes:
            self.set_exception(aiohttp.ClientPayloadError("Most of what came was no content."))
            if self.transport is not None:
                self.transport.abort()
            return
        super().data_received(data)


@asynccontextmanager
async def guarded_session(
    approved: Sequence[IPAddress], headers: Mapping[str, str] = _HEADERS
) -> AsyncIterator[aiohttp.ClientSession]:
    """For one request on a connection of its own, to an approved address and no other.

    A session each hop costs less than a millisecond; one for all would hand over kept connections, cookies and DNS
    answers that were never checked for this request.
    """
    connector = aiohttp.TCPConnector(
        resolver=_Pinned(approved),
        socket_factory=guarded_socket(approved),
        use_dns_cache=False,
        force_close=True,
        limit=0,
    )
    connector._factory = partial(_Thrifty, loop=asyncio.get_running_loop())  # type: ignore[assignment]  # partial is invariant
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None),  # the one clock runs outside
        headers=headers,
    )
    async with session:
        yield session


async def _copy_body(response: aiohttp.ClientResponse, into: IO[bytes], max_bytes: int) -> int:
    """Write the body piece by piece, in threads. Returns its size."""
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise FetchFailed("The server sent the image compressed, though asked not to.")
    waiting, size_bytes = bytearray(), response.content_length or 0
    if size_bytes <= max_bytes:
        size_bytes = 0
        async for piece in response.content.iter_chunked(_READ_BYTES):
            size_bytes += len(piece)
            if size_bytes > max_bytes:
                break
            waiting += piece
            if len(waiting) >= _WRITE_BYTES:
                await asyncio.to_thread(into.write, bytes(waiting))
                waiting.clear()
    if size_bytes > max_bytes:
        raise FetchFailed(f"The image is larger than {max_bytes // 1024**2} MB.")
    if not size_bytes:
        raise FetchFailed("The server sent an empty file instead of an image.")
    await asyncio.to_thread(into.write, bytes(waiting))
    return size_bytes
