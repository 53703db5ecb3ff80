"""The table from upstream's words, HTTP statuses and transport errors to our kinds of failure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import aiohttp
import httpcore
import httpx
import pytest

from generation.errors import ContentRejected, GatewayError, GenerationFailed, OutcomeUnknown, leaves
from generation.upstream import failures
from generation.upstream.failures import KIND_BY_CODE, FailureKind, UpstreamFailure
from generation.upstream.parsing import parse_record

NOW = datetime(2026, 1, 11, 2, 0, 0, tzinfo=UTC)

DOCUMENTED = {
    FailureKind.EXPIRED: {"1015", "34010105"},
    FailureKind.NO_CREDITS: {"1006", "5000"},
    FailureKind.BUSY: {"1310"},
    FailureKind.RISK_HOLD: {"1019", "4013", "-4"},
    FailureKind.REGION: {"3000"},
    FailureKind.OUTDATED: {"3018"},
    FailureKind.BAD_PARAMETER: {"1000", "4002", "34010100"},
    FailureKind.CONTENT: {"2038", "2043", "2047", "4001"},
    FailureKind.UNCLEAR: {"2039"},
    FailureKind.FAILED: {"5001", "5002"},
}


def caused(outer: Exception, *causes: BaseException) -> Exception:
    current: BaseException = outer
    for cause in causes:
        current.__cause__ = cause
        current = cause
    return outer


def test_every_documented_code_has_its_kind() -> None:
    assert dict(KIND_BY_CODE) == {code: kind for kind, codes in DOCUMENTED.items() for code in codes}


def test_every_kind_becomes_one_of_our_errors() -> None:
    assert set(failures.GATEWAY_ERRORS) == set(FailureKind)
    assert set(failures.GATEWAY_ERRORS.values()) <= set(leaves())


def test_only_an_ambiguous_failure_is_no_refusal() -> None:
    assert [kind for kind in FailureKind if not UpstreamFailure(kind).is_refusal] == [FailureKind.AMBIGUOUS]


def test_which_failures_another_account_may_mend() -> None:
    assert {kind for kind in FailureKind if UpstreamFailure(kind).is_accounts_fault} == {
        FailureKind.EXPIRED,
        FailureKind.NO_CREDITS,
        FailureKind.BUSY,
        FailureKind.RISK_HOLD,
        FailureKind.THROTTLED,
        FailureKind.REGION,
        FailureKind.UNREACHABLE,
    }


@pytest.mark.parametrize("kind", FailureKind)
def test_what_may_have_been_paid_is_never_called_safe_to_repeat(kind: FailureKind) -> None:
    error = failures.gateway_error(UpstreamFailure(kind, code="77", message="odd", retry_after_s=3))
    assert isinstance(error, GatewayError)
    assert not (error.safe_to_repeat and kind in (FailureKind.AMBIGUOUS, FailureKind.FAILED, FailureKind.UNCLEAR))
    assert "77 odd" in error.detail
    assert error.retry_after_s == 3


def test_the_error_of_a_few_kinds() -> None:
    assert type(failures.gateway_error(UpstreamFailure(FailureKind.CONTENT))) is ContentRejected
    assert type(failures.gateway_error(UpstreamFailure(FailureKind.FAILED))) is GenerationFailed
    assert type(failures.gateway_error(UpstreamFailure(FailureKind.AMBIGUOUS))) is OutcomeUnknown


@pytest.mark.parametrize(
    ("fail_code", "kind"),
    [
        ("2038", FailureKind.CONTENT),
        (2043, FailureKind.CONTENT),
        (2047, FailureKind.CONTENT),
        ("4001", FailureKind.CONTENT),
        ("1006", FailureKind.NO_CREDITS),
        (2039, FailureKind.UNCLEAR),
        ("5001", FailureKind.FAILED),
        ("1310", FailureKind.FAILED),
        ("", FailureKind.FAILED),
        ("99", FailureKind.FAILED),
    ],
)
def test_why_a_record_failed(fail_code: Any, kind: FailureKind) -> None:
    record = parse_record({"status": 30, "fail_code": fail_code, "fail_msg": "because"})
    failure = failures.record_failure(record)
    assert (failure.kind, failure.code, failure.message) == (kind, str(fail_code), "because")


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 500, 502, 503, 504])
def test_an_http_status_alone_proves_nothing(status: int) -> None:
    failure = failures.http_failure(status, retry_after=None, now=NOW)
    assert (failure.kind, failure.code, failure.http_status) == (FailureKind.AMBIGUOUS, f"http_{status}", status)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        ("Sun, 11 Jan 2026 02:00:30 GMT", 30.0),
        ("Sun, 11 Jan 2026 01:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("Fri, 99 Foo 2026", None),
    ],
)
def test_429_says_when_to_come_back(told: str | None, seconds: float | None) -> None:
    failure = failures.http_failure(429, retry_after=told, now=NOW)
    assert (failure.kind, failure.retry_after_s) == (FailureKind.THROTTLED, seconds)


@pytest.mark.parametrize(
    "exc",
    [
        httpx.ConnectError("refused"),
        httpx.UnsupportedProtocol("ftp"),
        caused(httpx.ConnectError("x"), httpcore.ConnectError("x"), OSError("refused")),
        caused(httpx.ConnectTimeout("x"), httpcore.ConnectTimeout("x")),
        caused(httpx.PoolTimeout("x"), httpcore.PoolTimeout("x")),
        caused(httpx.ConnectTimeout("x"), aiohttp.ConnectionTimeoutError()),
    ],
)
def test_what_was_surely_never_sent(exc: Exception) -> None:
    assert failures.was_never_sent(exc)
    assert failures.transport_failure(exc).kind is FailureKind.UNREACHABLE


@pytest.mark.parametrize(
    "exc",
    [
        httpx.ReadTimeout("x"),
        httpx.WriteError("x"),
        httpx.RemoteProtocolError("x"),
        httpx.ConnectTimeout("no cause: of unknown origin"),
        caused(httpx.ConnectTimeout("x"), aiohttp.ServerDisconnectedError()),
        caused(httpx.ConnectTimeout("x"), aiohttp.ClientOSError(104, "reset"), ConnectionResetError(104, "reset")),
        caused(httpx.ConnectError("x"), aiohttp.ClientOSError(32, "pipe")),
        caused(httpx.ConnectError("x"), OSError("of unknown origin")),
        caused(httpx.ReadTimeout("x"), aiohttp.SocketTimeoutError()),
        TimeoutError(),
        OSError("of unknown origin"),
    ],
)
def test_every_doubt_means_that_it_may_have_been_sent(exc: Exception) -> None:
    assert not failures.was_never_sent(exc)
    assert failures.transport_failure(exc).kind is FailureKind.AMBIGUOUS


def test_messages_are_cut_and_hold_no_secret() -> None:
    failure = UpstreamFailure(
        FailureKind.UNCLEAR, message="see https://p3/x?x-signature=abc and sessionid=deadbeef; " + "x" * 500
    )
    assert len(failure.message) == 200
    assert "abc" not in str(failure)
    assert "deadbeef" not in str(failure)


def test_a_secret_repeated_by_the_upstream_is_struck() -> None:
    failure = UpstreamFailure(FailureKind.EXPIRED, code="1015", message="no session deadbeef here")
    told = failure.told(http_status=200, hiding="deadbeef")
    assert (told.message, told.http_status, told.kind) == ("no session … here", 200, FailureKind.EXPIRED)
