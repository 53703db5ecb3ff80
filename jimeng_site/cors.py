"""What web pages of other origins may send to the API and read of its answers."""

from __future__ import annotations

from typing import Final

METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "POST")
# What openai-node puts behind `x-stainless-`.
_STAINLESS: Final = (
    "lang",
    "package-version",
    "os",
    "arch",
    "runtime",
    "runtime-version",
    "retry-count",
    "timeout",
    "read-timeout",
    "async",
    "helper-method",
    "poll-helper",
    "custom-poll-interval",
)
REQUEST_HEADERS: Final = (
    "authorization",
    "content-type",
    "x-api-key",
    "api-key",
    "idempotency-key",
    "prefer",
    "range",
    "x-request-id",
    "openai-organization",
    "openai-project",
    "openai-beta",
    "http-referer",
    "x-title",
    *(f"x-stainless-{name}" for name in _STAINLESS),
)
RESPONSE_HEADERS: Final = (
    "x-request-id",
    "x-should-retry",
    "retry-after",
    "retry-after-ms",
    "openai-poll-after-ms",
    "x-jimeng-generation-id",
    "x-ratelimit-limit-requests",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-reset-requests",
    "content-range",
    "location",
    "preference-applied",
)
