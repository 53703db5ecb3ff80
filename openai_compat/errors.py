"""Every failure under /v1/ as OpenAI writes it: one table (WIRE), one handler."""

from __future__ import annotations

import logging
import math
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from django.core.exceptions import (
    BadRequest,
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.http import Http404, HttpRequest, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from rest_framework.exceptions import APIException, ValidationError

from generation import errors as ours

logger = logging.getLogger(__name__)

ErrorType = Literal["invalid_request_error", "rate_limit_error", "insufficient_quota", "server_error"]
DEFAULT_RETRY_AFTER_S: Final = 5.0  # a busy pool frees an account every few seconds


@dataclass(frozen=True, slots=True)
class Wire:
    """How a failure travels: HTTP status and OpenAI's `error.type`."""

    status: int
    type: ErrorType


WIRE: Mapping[type[ours.GatewayError], Wire] = MappingProxyType(
    {
        ours.InvalidApiKey: Wire(401, "invalid_request_error"),
        ours.InvalidSpec: Wire(400, "invalid_request_error"),
        ours.UnknownModel: Wire(404, "invalid_request_error"),
        ours.UnknownGeneration: Wire(404, "invalid_request_error"),
        ours.NotSupported: Wire(400, "invalid_request_error"),
        ours.ContentRejected: Wire(400, "invalid_request_error"),
        ours.VideoNotReady: Wire(409, "invalid_request_error"),
        ours.NotCancellable: Wire(409, "invalid_request_error"),
        ours.IdempotencyConflict: Wire(409, "invalid_request_error"),
        ours.GenerationCancelled: Wire(409, "invalid_request_error"),
        ours.KeyRateLimited: Wire(429, "rate_limit_error"),
        ours.KeyTooBusy: Wire(429, "rate_limit_error"),
        ours.KeyOutOfCredits: Wire(429, "insufficient_quota"),
        ours.PoolBusy: Wire(429, "rate_limit_error"),
        ours.PoolOutOfCredits: Wire(429, "insufficient_quota"),
        ours.PoolEmpty: Wire(503, "server_error"),
        ours.UpstreamUnreachable: Wire(503, "server_error"),
        ours.UpstreamLoginExpired: Wire(503, "server_error"),
        ours.UpstreamProtocolError: Wire(502, "server_error"),
        ours.GenerationFailed: Wire(502, "server_error"),
        ours.OutcomeUnknown: Wire(502, "server_error"),
        ours.ResultUnavailable: Wire(502, "server_error"),
        ours.ResultRemoved: Wire(410, "invalid_request_error"),
        ours.GenerationTimedOut: Wire(504, "server_error"),
        ours.StillRunning: Wire(504, "server_error"),
    }
)
BUG: Final = Wire(500, "server_error")

# What Django raises before or beside our code, most specific first: status, code, text.
_DJANGO: tuple[tuple[type[Exception], int, str, str], ...] = (
    (RequestDataTooBig, 413, "request_too_large", "The request body is too large."),
    (DisallowedHost, 400, "invalid_host", "This host name is not one of the gateway's (ALLOWED_HOSTS)."),
    (SuspiciousOperation, 400, "invalid_request", "The request is malformed."),
    (BadRequest, 400, "invalid_request", "The request is malformed."),
    (MultiPartParserError, 400, "invalid_body", "The multipart body cannot be read."),
    (UnreadablePostError, 400, "invalid_body", "The request body cannot be read."),
    (PermissionDenied, 403, "permission_denied", "This is not allowed."),
    (Http404, 404, "not_found", "There is nothing at this address."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A failure, ready to be written. `retry_after_s` None: repeating is useless or could cost again."""

    wire: Wire
    code: str
    message: str
    param: str | None = None
    retry_after_s: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> JsonResponse:
    """Answer any exception of an API view. DRF calls it with {"view", "request", …}; both may be missing."""
    request = context.get("request")
    answer = describe(exc)
    if answer.wire is BUG:
        about = {"action": "internal_error", "request_id": id_of(request)}
        logger.error("API request failed", exc_info=exc, extra=about)
    response = render(answer, request=request)
    if answer.wire.status == 405 and context.get("view") is not None:
        response["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


def describe(exc: Exception) -> Answer:
    """Say in OpenAI's words what went wrong; what we do not know is a bug and says nothing of itself."""
    if isinstance(exc, ours.GatewayError):
        return _describe_ours(exc)
    if isinstance(exc, ValidationError):
        path, message = next(_details(exc.detail))
        return Answer(wire=_wire(400), code="invalid_value", message=message, param=path or None)
    if isinstance(exc, APIException):
        message = next(_details(exc.detail))[1]
        return Answer(wire=_wire(exc.status_code), code=exc.default_code, message=message)
    for foreign, status, code, message in _DJANGO:
        if isinstance(exc, foreign):
            return Answer(wire=_wire(status), code=code, message=message)
    return Answer(wire=BUG, code="internal_error", message="The gateway failed; its log has the request id.")


def _describe_ours(exc: ours.GatewayError) -> Answer:
    wait_s = DEFAULT_RETRY_AFTER_S if exc.retry_after_s is None else exc.retry_after_s
    return Answer(
        wire=WIRE[type(exc)],
        code=exc.code,
        message=f"{exc.detail} Generation: {exc.public_id}" if exc.public_id else exc.detail,
        param=exc.param,
        retry_after_s=wait_s if exc.safe_to_repeat else None,
        headers={"x-jimeng-generation-id": exc.public_id} if exc.public_id else {},
    )


def render(answer: Answer, *, request: HttpRequest | None) -> JsonResponse:
    """The answer with the headers that tell an SDK whether to try again."""
    response = JsonResponse(
        {"error": error_body(answer)},
        status=answer.wire.status,
        headers={"x-request-id": id_of(request), **answer.headers},
    )
    # SDKs repeat 408, 409, 429 and 5xx on their own unless told not to.
    response["x-should-retry"] = "false" if answer.retry_after_s is None else "true"
    if answer.retry_after_s is not None:
        response["Retry-After"] = str(max(1, math.ceil(answer.retry_after_s)))
        response["retry-after-ms"] = str(max(1, math.ceil(answer.retry_after_s * 1000)))
    if answer.wire.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="jimeng"'
    return response


def error_body(answer: Answer) -> dict[str, str | None]:
    """What stands under `error`, in answers and in streams."""
    return {
        "message": answer.message,
        "type": answer.wire.type,
        "param": answer.param,
        "code": answer.code,
    }


def id_of(request: HttpRequest | None) -> str:
    """The id that the middleware gave the request; a new one where the middleware did not run."""
    return getattr(request, "request_id", "") or "req_" + secrets.token_hex(10)


def _wire(status: int) -> Wire:
    if status == 429:
        return Wire(status, "rate_limit_error")
    return Wire(status, "server_error" if status >= 500 else "invalid_request_error")


def _details(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """DRF's nested details as (path of the field, text that names it)."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            below = "" if name == "non_field_errors" else str(name)
            yield from _details(inner, f"{path}.{below}".strip("."))
    elif isinstance(detail, list | tuple):
        for inner in detail:
            yield from _details(inner, path)
    else:
        is_named = not path or str(detail).startswith(f"{path} ")
        yield path, str(detail) if is_named else f"{path}: {detail}"
