"""Which way calls go: straight, or through the proxy of an account. One set of connections for each proxy."""

from __future__ import annotations

import ssl
from collections import OrderedDict
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cached_property

import httpcore
import httpx
from django.utils.translation import gettext_noop

from accounts.proxy_addresses import InvalidProxy, parse_proxy
from generation.upstream.failures import PROXY, FailureKind, ProxyUnusable, UpstreamFailure
from generation.upstream.http import KEEPALIVE_S
from generation.upstream.tunnels import NO_TLS_BEHIND, TunnelBackend

CONNECTIONS_A_PROXY = 10  # a proxy serves one or a few accounts, and each of these a few generations
PROXIES_KEPT = 64  # whose connections are kept when idle

_CORE_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
)


NO_ADDRESS = gettext_noop("The address of the proxy cannot be read.")


class ProxyTransport(httpx.AsyncBaseTransport):
    """httpcore's connection pool with a proxy beneath it. Keeps no cookie."""

    def __init__(self, proxy: str, *, tls: ssl.SSLContext) -> None:
        """Raises InvalidProxy."""
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=CONNECTIONS_A_PROXY,
            keepalive_expiry=KEEPALIVE_S,
            network_backend=TunnelBackend(parse_proxy(proxy), tls=tls),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)  # noqa: S101  (ours are made for async use)
        url = request.url
        with _translated():
            answer = await self._pool.handle_async_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        assert isinstance(answer.stream, AsyncIterable)  # noqa: S101  (narrows)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions, request=request
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _translated():
            async for piece in self._answer.aiter_stream():
                yield piece

    async def aclose(self) -> None:
        await self._answer.aclose()


@contextmanager
def _translated() -> Iterator[None]:
    """httpcore's errors as one of httpx; the cause says which it was. The tunnel itself raises ProxyUnusable."""
    try:
        yield
    except (httpcore.ConnectError, httpcore.ConnectTimeout):
        raise ProxyUnusable(NO_TLS_BEHIND) from None
    except _CORE_ERRORS as exc:
        raise httpx.TransportError(type(exc).__name__) from exc


@dataclass(slots=True, kw_only=True)
class _Route:
    transport: ProxyTransport
    users: int = 0


class Routes:
    """The transports of one client. `direct` is for calls without a proxy and is not closed here."""

    def __init__(self, direct: httpx.AsyncBaseTransport) -> None:
        self._direct = direct
        self._by_proxy: OrderedDict[str, _Route] = OrderedDict()  # least lately used first

    @asynccontextmanager
    async def through(self, proxy: str) -> AsyncIterator[httpx.AsyncBaseTransport]:
        """The transport for a whole address of a proxy; "": straight. It stays open at least until the end of this.

        Raises UpstreamFailure UNREACHABLE for what is no address: never does a call go straight instead.
        """
        if not proxy:
            yield self._direct
            return
        route = self._by_proxy.get(proxy)
        if route is None:
            try:
                route = _Route(transport=ProxyTransport(proxy, tls=self._tls))
            except InvalidProxy:
                raise UpstreamFailure(FailureKind.UNREACHABLE, code=PROXY, message=NO_ADDRESS) from None
            self._by_proxy[proxy] = route
        self._by_proxy.move_to_end(proxy)
        route.users += 1
        try:
            yield route.transport
        finally:
            route.users -= 1
            await self._close_idle()

    async def aclose(self) -> None:
        routes = list(self._by_proxy.values())
        self._by_proxy.clear()
        for route in routes:
            await route.transport.aclose()

    async def _close_idle(self) -> None:
        """Those beyond what is kept, the least lately used first; one that is in use stays."""
        idle = [proxy for proxy, route in self._by_proxy.items() if not route.users]
        for proxy in idle[: max(0, len(self._by_proxy) - PROXIES_KEPT)]:
            await self._by_proxy.pop(proxy).transport.aclose()

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """One for all: to make one takes 20 ms. SSL_CERT_FILE names certificates of one's own."""
        return httpx.create_ssl_context()
