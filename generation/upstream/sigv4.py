"""AWS Signature Version 4 as the web page signs its upload calls: without the Host header. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Temporary keys. Printable ASCII only: two of them travel in headers."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)


def query_string(query: Mapping[str, str]) -> str:
    """A query as it is sent, encoded as the signature wants it."""
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in query.items())


def signed_headers(
    credentials: Credentials,
    *,
    method: str,
    query: Mapping[str, str],
    body: bytes | None = None,
    at: datetime,
    region: str,
    service: str,
    path: str = "/",
) -> dict[str, str]:
    """The headers that sign one call. A call with a body also signs its hash.

    `path`: not yet encoded. `at`: aware, in UTC. The server tolerates some minutes between it and its own clock.
    """
    moment = at.strftime("%Y%m%dT%H%M%SZ")
    payload = hashlib.sha256(body or b"").hexdigest()
    headers = {"X-Amz-Date": moment, "X-Amz-Security-Token": credentials.session_token}
    if body is not None:
        headers["X-Amz-Content-Sha256"] = payload
    signed = sorted((name.lower(), " ".join(value.split())) for name, value in headers.items())
    names = ";".join(name for name, _ in signed)
    pairs = sorted((_quoted(name), _quoted(value)) for name, value in query.items())
    canonical = "\n".join(
        [
            method,
            quote(path, safe="/-_.~"),
            "&".join(f"{name}={value}" for name, value in pairs),
            *(f"{name}:{value}" for name, value in signed),
            "",
            names,
            payload,
        ]
    )
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    wording = "\n".join([_ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = _signing_key(credentials.secret_access_key, scope)
    signature = hmac.digest(key, wording.encode(), "sha256").hex()
    told = f"Credential={credentials.access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "Authorization": f"{_ALGORITHM} {told}"}


@lru_cache(maxsize=64)
def _signing_key(secret: str, scope: str) -> bytes:
    """The same for all calls that one token signs on one day."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")
