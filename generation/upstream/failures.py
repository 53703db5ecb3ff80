"""What went wrong upstream, told in our words: by `ret` code, by HTTP status, by transport error.

One question governs this table: can the upstream have accepted, and so charged for, what was sent?
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from types import MappingProxyType

import aiohttp
import httpcore
import httpx

from accounts.errors import GatewayError, PoolBusy, PoolEmpty, PoolOutOfCredits
from generation.errors import (
    ContentRejected,
    GenerationFailed,
    OutcomeUnknown,
    UpstreamLoginExpired,
    UpstreamProtocolError,
    UpstreamUnreachable,
)
from generation.upstream.answers import Record

MESSAGE_MAX_CHARS = 200
PROXY = "proxy"  # the code of a failure to connect by way of an account's proxy


class FailureKind(StrEnum):
    EXPIRED = "expired"  # the login has ended
    NO_CREDITS = "no_credits"  # or a resolution that the account may not use: read the balance
    BUSY = "busy"  # too many tasks in flight on this account
    RISK_HOLD = "risk_hold"  # risk control holds the account: leave it alone for a while
    THROTTLED = "throttled"  # HTTP 429
    REGION = "region"  # region not allowed
    OUTDATED = "outdated"  # the web version constants are stale
    BAD_PARAMETER = "bad_parameter"  # our fault
    CONTENT = "content"  # the content filter said no; the account is fine
    UNCLEAR = "unclear"  # refused for a reason that we cannot tell
    FAILED = "failed"  # accepted, then given up
    UNREACHABLE = "unreachable"  # surely never sent
    AMBIGUOUS = "ambiguous"  # may have been processed


# `ret` and `fail_code` share these numbers (docs/upstream.md#codes).
KIND_BY_CODE: Mapping[str, FailureKind] = MappingProxyType(
    {
        "1015": FailureKind.EXPIRED,
        "34010105": FailureKind.EXPIRED,
        "1006": FailureKind.NO_CREDITS,
        "5000": FailureKind.NO_CREDITS,
        "1310": FailureKind.BUSY,
        "1019": FailureKind.RISK_HOLD,
        "4013": FailureKind.RISK_HOLD,
        "-4": FailureKind.RISK_HOLD,
        "3000": FailureKind.REGION,
        "3018": FailureKind.OUTDATED,
        "1000": FailureKind.BAD_PARAMETER,
        "4002": FailureKind.BAD_PARAMETER,
        "34010100": FailureKind.BAD_PARAMETER,
        "2038": FailureKind.CONTENT,
        "2043": FailureKind.CONTENT,
        "2047": FailureKind.CONTENT,
        "4001": FailureKind.CONTENT,
        "2039": FailureKind.UNCLEAR,
        "5001": FailureKind.FAILED,
        "5002": FailureKind.FAILED,
    }
)
# A record that failed was accepted: only these codes say more than that.
_RECORD_KINDS = frozenset({FailureKind.CONTENT, FailureKind.NO_CREDITS, FailureKind.UNCLEAR})

_ACCOUNTS_FAULT = frozenset(
    {
        FailureKind.EXPIRED,
        FailureKind.NO_CREDITS,
        FailureKind.BUSY,
        FailureKind.RISK_HOLD,
        FailureKind.THROTTLED,
        FailureKind.REGION,
        FailureKind.UNREACHABLE,
    }
)

GATEWAY_ERRORS: Mapping[FailureKind, type[GatewayError]] = MappingProxyType(
    {
        FailureKind.EXPIRED: UpstreamLoginExpired,
        FailureKind.NO_CREDITS: PoolOutOfCredits,
        FailureKind.BUSY: PoolBusy,
        FailureKind.RISK_HOLD: PoolBusy,
        FailureKind.THROTTLED: PoolBusy,
        FailureKind.REGION: PoolEmpty,
        FailureKind.OUTDATED: UpstreamProtocolError,
        FailureKind.BAD_PARAMETER: UpstreamProtocolError,
        FailureKind.CONTENT: ContentRejected,
        FailureKind.UNCLEAR: UpstreamProtocolError,
        FailureKind.FAILED: GenerationFailed,
        FailureKind.UNREACHABLE: UpstreamUnreachable,
        FailureKind.AMBIGUOUS: OutcomeUnknown,
    }
)

# aiohttp raises these before the first byte of the request is written: DNS, refused, TLS, no free connection.
_NEVER_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)
_NEVER_SENT_STOCK = (
    httpcore.ConnectError,
    httpcore.ConnectTimeout,
    httpcore.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)

_SECRETS = re.compile(
    r"https?://\S+|\b(?:sessionid(?:_ss)?|sid_tt|sid_guard|uid_tt(?:_ss)?)\s*[=:]\s*\S+", re.IGNORECASE
)


class ProxyUnusable(httpx.ProxyError):
    """No connection was made by way of a proxy, so surely nothing was sent. Its text names no address."""


class UpstreamFailure(Exception):
    """The one exception that leaves the upstream client.

    `code`: upstream's own, or `http_502`, or the name of a transport error. `message`: upstream's words, cut.
    """

    def __init__(
        self,
        kind: FailureKind,
        *,
        code: str = "",
        message: str = "",
        http_status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        self.kind = kind
        self.code = code
        self.message = _SECRETS.sub("…", message)[:MESSAGE_MAX_CHARS]
        self.http_status = http_status
        self.retry_after_s = retry_after_s
        super().__init__(f"{kind} {code}: {self.message}")

    def told(self, *, http_status: int, hiding: str) -> UpstreamFailure:
        """The same failure with the status it came in, and with a secret struck from upstream's words."""
        return UpstreamFailure(
            self.kind,
            code=self.code.replace(hiding, "…"),
            message=self.message.replace(hiding, "…"),
            http_status=http_status,
            retry_after_s=self.retry_after_s,
        )

    @property
    def is_refusal(self) -> bool:
        """The upstream surely did not accept what was sent: another account may be tried."""
        return self.kind is not FailureKind.AMBIGUOUS

    @property
    def may_be_mended(self) -> bool:
        """The operator may renew the login, or give the account another proxy: read it anew before the next call."""
        return self.kind is FailureKind.EXPIRED or self.code == PROXY

    @property
    def is_accounts_fault(self) -> bool:
        """Another account may do better."""
        return self.kind in _ACCOUNTS_FAULT


def refusal(code: str, message: str, *, fail_code: str = "") -> UpstreamFailure:
    """The failure for an answer whose `ret` is not 0.

    A known `fail_code` is the more exact one; unknown codes stay unclear and are kept.
    """
    chosen = fail_code if fail_code in KIND_BY_CODE else code
    kind = KIND_BY_CODE.get(chosen, FailureKind.UNCLEAR)
    return UpstreamFailure(kind, code=chosen, message=message)


def record_failure(record: Record) -> UpstreamFailure:
    """Why a record of status 30 failed."""
    kind = KIND_BY_CODE.get(record.fail_code, FailureKind.FAILED)
    if kind not in _RECORD_KINDS:
        kind = FailureKind.FAILED
    return UpstreamFailure(kind, code=record.fail_code, message=record.fail_message)


def http_failure(status: int, *, retry_after: str | None, now: datetime) -> UpstreamFailure:
    """The failure for an HTTP status other than 200. Only 429 surely means that nothing was accepted."""
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return UpstreamFailure(
            FailureKind.THROTTLED,
            code="http_429",
            message="Too many requests.",
            http_status=status,
            retry_after_s=retry_after_s(retry_after, now=now),
        )
    return ambiguous(f"http_{status}", f"The upstream answered HTTP {status}.", http_status=status)


def ambiguous(code: str, message: str, *, http_status: int | None = None) -> UpstreamFailure:
    return UpstreamFailure(FailureKind.AMBIGUOUS, code=code, message=message, http_status=http_status)


def transport_failure(exc: BaseException) -> UpstreamFailure:
    """The failure for an error of httpx, aiohttp or the sockets beneath. Its text names no address."""
    if isinstance(exc, ProxyUnusable):
        return UpstreamFailure(FailureKind.UNREACHABLE, code=PROXY, message=str(exc))
    chain = list(_chain(exc))
    named = chain[1] if isinstance(exc, httpx.HTTPError) and len(chain) > 1 else exc
    name = type(named).__name__
    if was_never_sent(exc):
        return UpstreamFailure(FailureKind.UNREACHABLE, code=name, message="No connection could be made.")
    return ambiguous(name, "The connection failed before the answer was complete.")


def was_never_sent(exc: BaseException) -> bool:
    """Whether the request surely did not leave. The causes decide, and every doubt means "it may have".

    httpx-aiohttp 0.2.0 names every lost connection `httpx.ConnectTimeout`, also one that was
    reset after the request had been sent: the name alone proves nothing.
    """
    chain = list(_chain(exc))
    if any(isinstance(each, aiohttp.ClientError) for each in chain):
        return any(isinstance(each, _NEVER_SENT) for each in chain)
    if any(isinstance(each, _NEVER_SENT_STOCK) for each in chain):
        return True
    return isinstance(exc, httpx.ConnectError) and len(chain) == 1


def retry_after_s(value: str | None, *, now: datetime) -> float | None:
    """Seconds from a `Retry-After` header: a number or an HTTP date. None when absent or unreadable."""
    if not value:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", value.strip()):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())


def gateway_error(failure: UpstreamFailure) -> GatewayError:
    """The failure as one of ours, once no other account can help."""
    error = GATEWAY_ERRORS[failure.kind]
    words = " ".join(part for part in (failure.code, failure.message) if part)
    detail = f"{error.default_detail} (Jimeng: {words})" if words else error.default_detail
    return error(detail, retry_after_s=failure.retry_after_s)


def _chain(exc: BaseException) -> Iterator[BaseException]:
    """The exception and its causes, outermost first."""
    seen: set[int] = set()
    current: BaseException | None = exc
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__
