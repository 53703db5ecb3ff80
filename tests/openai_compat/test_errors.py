"""Failures as OpenAI writes them."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.core.exceptions import BadRequest, DisallowedHost, PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework.exceptions import MethodNotAllowed, ParseError, UnsupportedMediaType, ValidationError

from generation import errors as ours
from openai_compat.errors import WIRE, exception_handler
from tests.openai_compat.builders import error_of

# status, type, code, x-should-retry: docs of the table in the style guide
TABLE: dict[type[ours.GatewayError], tuple[int, str, str, str]] = {
    ours.InvalidApiKey: (401, "invalid_request_error", "invalid_api_key", "false"),
    ours.InvalidSpec: (400, "invalid_request_error", "invalid_value", "false"),
    ours.UnknownModel: (404, "invalid_request_error", "model_not_found", "false"),
    ours.UnknownGeneration: (404, "invalid_request_error", "generation_not_found", "false"),
    ours.NotSupported: (400, "invalid_request_error", "not_supported", "false"),
    ours.VideoNotReady: (409, "invalid_request_error", "video_not_ready", "false"),
    ours.NotCancellable: (409, "invalid_request_error", "generation_not_cancellable", "false"),
    ours.ContentRejected: (400, "invalid_request_error", "content_policy_violation", "false"),
    ours.IdempotencyConflict: (409, "invalid_request_error", "idempotency_key_reused", "false"),
    ours.GenerationCancelled: (409, "invalid_request_error", "generation_cancelled", "false"),
    ours.KeyRateLimited: (429, "rate_limit_error", "rate_limit_exceeded", "true"),
    ours.KeyTooBusy: (429, "rate_limit_error", "too_many_generations", "true"),
    ours.KeyOutOfCredits: (429, "insufficient_quota", "key_credits_exhausted", "false"),
    ours.PoolBusy: (429, "rate_limit_error", "accounts_busy", "true"),
    ours.PoolOutOfCredits: (429, "insufficient_quota", "insufficient_quota", "false"),
    ours.PoolEmpty: (503, "server_error", "no_accounts", "false"),
    ours.UpstreamUnreachable: (503, "server_error", "upstream_unreachable", "true"),
    ours.UpstreamLoginExpired: (503, "server_error", "upstream_login_expired", "true"),
    ours.UpstreamProtocolError: (502, "server_error", "upstream_protocol_error", "false"),
    ours.GenerationFailed: (502, "server_error", "generation_failed", "false"),
    ours.OutcomeUnknown: (502, "server_error", "outcome_unknown", "false"),
    ours.ResultUnavailable: (502, "server_error", "result_unavailable", "false"),
    ours.ResultRemoved: (410, "invalid_request_error", "result_removed", "false"),
    ours.GenerationTimedOut: (504, "server_error", "timed_out", "false"),
    ours.StillRunning: (504, "server_error", "generation_still_running", "false"),
}


def test_the_wire_table_holds_exactly_the_leaves_of_the_tree() -> None:
    leaves = {leaf for leaf in ours.leaves() if leaf.__module__.startswith(("accounts.", "generation."))}
    assert set(WIRE) == leaves == set(TABLE)


@pytest.mark.parametrize("leaf", TABLE)
def test_every_leaf_answers_as_the_table_says(leaf: type[ours.GatewayError]) -> None:
    status, kind, code, may_repeat = TABLE[leaf]
    response = exception_handler(leaf("What happened.", param="size"), {})
    assert response.status_code == status
    assert error_of(response) == {"message": "What happened.", "type": kind, "param": "size", "code": code}
    assert response["x-should-retry"] == may_repeat
    assert response.has_header("Retry-After") == (may_repeat == "true")
    assert response["x-request-id"].startswith("req_")


def test_retry_after_is_rounded_up_to_whole_seconds() -> None:
    response = exception_handler(ours.PoolBusy(retry_after_s=2.25), {})
    assert (response["Retry-After"], response["retry-after-ms"]) == ("3", "2250")
    response = exception_handler(ours.PoolBusy(retry_after_s=0), {})
    assert (response["Retry-After"], response["retry-after-ms"]) == ("1", "1")
    assert exception_handler(ours.PoolBusy(), {})["Retry-After"] == "5"


def test_a_failure_of_a_stored_generation_names_it() -> None:
    response = exception_handler(ours.StillRunning(public_id="gen_1"), {})
    assert response["x-jimeng-generation-id"] == "gen_1"
    assert error_of(response)["message"].endswith("gen_1")
    assert not exception_handler(ours.PoolBusy(), {}).has_header("x-jimeng-generation-id")


def test_401_says_how_to_authenticate() -> None:
    assert exception_handler(ours.InvalidApiKey(), {})["WWW-Authenticate"] == 'Bearer realm="jimeng"'


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404("secret detail"), 404, "not_found"),
        (PermissionDenied("secret detail"), 403, "permission_denied"),
        (BadRequest("secret detail"), 400, "invalid_request"),
        (DisallowedHost("secret detail"), 400, "invalid_host"),
        (RequestDataTooBig("secret detail"), 413, "request_too_large"),
        (ParseError("The body is broken."), 400, "parse_error"),
        (UnsupportedMediaType("text/xml"), 415, "unsupported_media_type"),
        (MethodNotAllowed("PUT"), 405, "method_not_allowed"),
    ],
)
def test_failures_of_the_frameworks_are_answered_too(error: Exception, status: int, code: str) -> None:
    response = exception_handler(error, {})
    assert response.status_code == status
    answered = error_of(response)
    assert (answered["type"], answered["code"]) == ("invalid_request_error", code)
    assert "secret detail" not in answered["message"]


@pytest.mark.parametrize(
    ("detail", "param", "message"),
    [
        ({"n": ["n must be 1."], "size": ["size is bad."]}, "n", "n must be 1."),
        ({"n": ["Not a number."]}, "n", "n: Not a number."),
        ({"image": {0: ["Broken."]}}, "image.0", "image.0: Broken."),
        ({"non_field_errors": ["Both are missing."]}, None, "Both are missing."),
        (["Plain."], None, "Plain."),
    ],
)
def test_the_first_field_of_a_validation_error_is_named(detail: Any, param: str | None, message: str) -> None:
    error = error_of(exception_handler(ValidationError(detail), {}))
    assert error == {
        "message": message,
        "type": "invalid_request_error",
        "param": param,
        "code": "invalid_value",
    }


def test_a_bug_is_logged_with_the_request_id_and_told_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        response = exception_handler(ZeroDivisionError("in the kitchen"), {})
    assert response.status_code == 500
    assert error_of(response)["code"] == "internal_error"
    assert "kitchen" not in json.dumps(error_of(response))
    assert response["x-should-retry"] == "false"
    assert "in the kitchen" in caplog.text
