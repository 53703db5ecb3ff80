"""Connections by way of a proxy: HTTP CONNECT or SOCKS5 first, then a stream to the host as if there were none.

Whatever fails before that stream stands is told as ProxyUnusable: nothing was sent, and so nothing was spent.
httpx's own proxies do not tell that from a failure after the request had left, wait without end for a SOCKS server
that says nothing, and lose the connection when that wait is cancelled (docs/adr/0015-proxies.md).
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

import httpcore
from django.utils.translation import gettext_noop

from accounts.proxy_addresses import ProxyAddress
from generation.upstream.failures import ProxyUnusable

HEAD_MAX_BYTES = 16 * 1024  # of an answer to CONNECT

NOT_REACHED = gettext_noop("The proxy could not be reached.")
NOT_IN_TIME = gettext_noop("The proxy made no connection in time.")
CREDENTIALS = gettext_noop("The proxy asks for a user name and a password, or does not take these.")
NO_TLS = gettext_noop("The proxy speaks no TLS, or its certificate is not trusted.")
NO_TLS_BEHIND = gettext_noop("The proxy connects, but not to the real Jimeng: there is no TLS that can be trusted.")
NOT_ALLOWED = gettext_noop("The proxy refused to connect to Jimeng.")
HUNG_UP = gettext_noop("The proxy hung up before there was a connection.")
NO_PROXY = gettext_noop("What answers there is not a proxy of this kind.")

_NETWORK_ERRORS = (httpcore.NetworkError, httpcore.TimeoutException, OSError)


class TunnelBackend(httpcore.AsyncNetworkBackend):
    """Connects to hosts through one proxy. The proxy resolves their names. `tls`: for a proxy spoken to by https."""

    def __init__(self, proxy: ProxyAddress, *, tls: ssl.SSLContext) -> None:
        self._proxy = proxy
        self._tls = tls
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """`timeout`: seconds for the whole way. Raises ProxyUnusable."""
        stream, is_through = None, False
        try:
            async with asyncio.timeout(timeout):
                stream = await self._network.connect_tcp(
                    self._proxy.host, self._proxy.port, local_address=local_address, socket_options=socket_options
                )
                if self._proxy.scheme == "https":
                    stream = await self._tls_to_proxy(stream)
                if self._proxy.scheme in ("http", "https"):
                    await _connect_by_http(stream, self._proxy, host, port)
                else:
                    await _connect_by_socks(stream, self._proxy, host, port)
            is_through = True
            return stream
        except TimeoutError:
            raise ProxyUnusable(NOT_IN_TIME) from None
        except _NETWORK_ERRORS:
            raise ProxyUnusable(NOT_REACHED if stream is None else HUNG_UP) from None
        finally:
            if stream is not None and not is_through:
                await stream.aclose()

    async def _tls_to_proxy(self, stream: httpcore.AsyncNetworkStream) -> httpcore.AsyncNetworkStream:
        try:
            return await stream.start_tls(self._tls, server_hostname=self._proxy.host)
        except httpcore.ConnectError:
            raise ProxyUnusable(NO_TLS) from None

    async def connect_unix_socket(self, *_args: Any, **_options: Any) -> httpcore.AsyncNetworkStream:
        raise NotImplementedError

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def _connect_by_http(stream: httpcore.AsyncNetworkStream, proxy: ProxyAddress, host: str, port: int) -> None:
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.username or proxy.password:
        credentials = base64.b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {credentials}")
    await stream.write("\r\n".join([*lines, "\r\n"]).encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        if len(head) >= HEAD_MAX_BYTES:
            raise ProxyUnusable(NO_PROXY)
        head += await _exactly(stream, 1)  # what comes behind the head is the host's
    version, _, rest = head.partition(b" ")
    if not version.startswith(b"HTTP/1.") or not rest[:3].isdigit():
        raise ProxyUnusable(NO_PROXY)
    status = int(rest[:3])
    if status == 407:
        raise ProxyUnusable(CREDENTIALS)
    if not 200 <= status < 300:
        raise ProxyUnusable(NOT_ALLOWED)


_SOCKS, _NO_AUTH, _BY_PASSWORD, _CONNECT = 5, 0, 2, 1
_IPV4, _NAME, _IPV6 = 1, 3, 4


async def _connect_by_socks(stream: httpcore.AsyncNetworkStream, proxy: ProxyAddress, host: str, port: int) -> None:
    """RFC 1928, and RFC 1929 for user name and password."""
    ways = bytes([_NO_AUTH, _BY_PASSWORD] if proxy.username or proxy.password else [_NO_AUTH])
    await stream.write(bytes([_SOCKS, len(ways)]) + ways)
    version, way = await _exactly(stream, 2)
    if version != _SOCKS:
        raise ProxyUnusable(NO_PROXY)
    if way not in ways:
        raise ProxyUnusable(CREDENTIALS)
    if way == _BY_PASSWORD:
        username, password = proxy.username.encode(), proxy.password.encode()
        await stream.write(bytes([1, len(username)]) + username + bytes([len(password)]) + password)
        _version, refused = await _exactly(stream, 2)
        if refused:
            raise ProxyUnusable(CREDENTIALS)
    await stream.write(bytes([_SOCKS, _CONNECT, 0]) + _socks_address(host) + port.to_bytes(2, "big"))
    version, reply, _reserved, kind = await _exactly(stream, 4)
    if version != _SOCKS:
        raise ProxyUnusable(NO_PROXY)
    if reply:
        raise ProxyUnusable(NOT_ALLOWED)
    lengths = {_IPV4: 4, _IPV6: 16}
    length = lengths[kind] if kind in lengths else (await _exactly(stream, 1))[0]
    await _exactly(stream, length + 2)  # where it is bound: nobody needs to know


def _socks_address(host: str) -> bytes:
    try:
        address = ip_address(host)
    except ValueError:
        name = host.encode("ascii")
        return bytes([_NAME, len(name)]) + name
    return bytes([_IPV4 if address.version == 4 else _IPV6]) + address.packed


async def _exactly(stream: httpcore.AsyncNetworkStream, count: int) -> bytes:
    content = b""
    while len(content) < count:
        piece = await stream.read(count - len(content))
        if not piece:
            raise ProxyUnusable(HUNG_UP)
        content += piece
    return content
