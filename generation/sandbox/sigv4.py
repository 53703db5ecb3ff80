"""AWS Signature Version 4, as a server checks it."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, quote

from generation.sandbox.checks import Violation, need

REGION: Final = "cn-north-1"
SERVICE: Final = "imagex"
_TOLERANCE_S: Final = 900
_AUTHORIZATION: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8})/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Signed:
    """What an Authorization header says."""

    access_key_id: str
    date: str
    region: str
    service: str
    header_names: str
    signature: str


@dataclass(frozen=True, slots=True)
class Message:
    """A request to be checked. `query` is raw, without its question mark."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def read_authorization(text: str) -> Signed:
    """The parts of an Authorization header. Raises Violation."""
    found = _AUTHORIZATION.fullmatch(text)
    if found is None:
        raise Violation("header Authorization must be a complete AWS4-HMAC-SHA256 signature")
    return Signed(*found.groups())


def check_signature(message: Message, signed: Signed, secret: str, header_names: str, now: float) -> None:
    """Raises Violation unless the signature covers just these headers and is right. `now` is in Unix seconds."""
    need((signed.region, signed.service) == (REGION, SERVICE), f"the credential must be for {REGION}/{SERVICE}")
    need(signed.header_names == header_names, f"SignedHeaders must be {header_names}")
    moment = message.headers.get("X-Amz-Date", "")
    try:
        at = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        at = 0.0
    need(abs(at - now) <= _TOLERANCE_S, "header X-Amz-Date must be now, such as 20260131T235959Z")
    need(moment.startswith(signed.date), "the credential's date must be that of X-Amz-Date")
    payload = hashlib.sha256(message.body).hexdigest()
    told = message.headers.get("X-Amz-Content-Sha256", payload)
    need(told == payload, "header X-Amz-Content-Sha256 must be the hash of the body")
    wanted = hmac.digest(_key(secret, signed.date), _string_to_sign(message, signed, moment, payload), "sha256").hex()
    need(hmac.compare_digest(wanted, signed.signature), "the signature does not match")


def _string_to_sign(message: Message, signed: Signed, moment: str, payload: str) -> bytes:
    names = signed.header_names.split(";")
    pairs = sorted((_quote(name), _quote(value)) for name, value in parse_qsl(message.query, keep_blank_values=True))
    canonical = [
        message.method,
        quote(message.path, safe="/-_.~"),
        "&".join(f"{name}={value}" for name, value in pairs),
        *(f"{name}:{' '.join(message.headers.get(name, '').split())}" for name in names),
        "",
        signed.header_names,
        payload,
    ]
    digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    return "\n".join(["AWS4-HMAC-SHA256", moment, f"{signed.date}/{REGION}/{SERVICE}/aws4_request", digest]).encode()


def _key(secret: str, date: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, REGION, SERVICE, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _quote(text: str) -> str:
    return quote(text, safe="-_.~")
