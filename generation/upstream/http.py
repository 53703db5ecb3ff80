"""How httpx is set up for the upstream: transport, limits, timeouts, no cookies, no logs of addresses."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

# Shorter than servers keep idle connections: a submit on one that just died would be of unknown outcome.
KEEPALIVE_S = 15.0

# What a call through this client may raise for the network's sake: httpx-aiohttp leaves some untranslated.
TRANSPORT_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, aiohttp.ClientError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds. `pool`: until a connection is free. `call`, `download`: the whole, however slow the bytes."""

    connect_s: float = 10
    read_s: float = 30
    write_s: float = 30
    pool_s: float = 60
    call_s: float = 120
    download_s: float = 600

    def extensions(self) -> dict[str, Any]:
        """As httpx hands them to a transport with each request."""
        return {
            "timeout": {
                "connect": self.connect_s,
                "read": self.read_s,
                "write": self.write_s,
                "pool": self.pool_s,
            }
        }


class CookielessTransport(AiohttpTransport):
    """httpx-aiohttp's transport without aiohttp's cookie jar, which would mix the cookies of all accounts."""

    def get_client(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=self.limits.max_connections or 0,
            keepalive_timeout=self.limits.keepalive_expiry,
            ssl=self.ssl_context,
        )
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


def new_transport(*, max_connections: int) -> httpx.AsyncBaseTransport:
    """The real one, with keep-alive."""
    return CookielessTransport(
        limits=httpx.Limits(max_connections=max_connections, keepalive_expiry=KEEPALIVE_S), trust_env=False
    )


def new_http_client(transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
    """A client that keeps no cookie, heeds no proxy variable, and logs no address at any level."""
    # httpx logs whole addresses at INFO, signatures included.
    logging.getLogger("httpx").addFilter(_drop)
    return httpx.AsyncClient(
        transport=transport,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        trust_env=False,
    )


def _drop(_record: logging.LogRecord) -> bool:
    return False
