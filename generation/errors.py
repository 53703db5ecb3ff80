"""The failures of a generation and of the upstream. The whole tree:

GatewayError                     accounts/errors.py
├── InvalidApiKey                401
├── KeyLimitError                what the operator lets an API key do; nothing was stored
│   ├── KeyRateLimited           429, worth repeating
│   ├── KeyTooBusy               429, worth repeating
│   └── KeyOutOfCredits          429 insufficient_quota, until the day is over
├── PoolError
│   ├── PoolBusy                 429, worth repeating
│   ├── PoolOutOfCredits         429 insufficient_quota
│   ├── PoolEmpty                503
│   └── UpstreamLoginExpired     503, nothing was accepted and no other account is left
├── RequestError                 the caller can mend it; nothing was spent
│   ├── InvalidSpec              400, names the parameter
│   ├── UnknownModel             404
│   ├── UnknownGeneration        404
│   ├── NotSupported             400, Jimeng has nothing like it
│   ├── VideoNotReady            409, its file was asked for too early
│   ├── NotCancellable           409, credits may be spent, or it is over
│   └── IdempotencyConflict      409
├── ContentRejected              400, final, the account is fine
├── UpstreamUnreachable          503, nothing was accepted
├── UpstreamProtocolError        502, an answer that we do not understand
├── GenerationFailed             502, the upstream gave up
├── GenerationCancelled          409, cancelled before anything was spent
├── OutcomeUnknown               502, may have been paid; left for a person
├── ResultUnavailable            502, paid and finished, but its file cannot be fetched now
├── ResultRemoved                410, paid and finished, but its file was removed on purpose
├── GenerationTimedOut           504, past its deadline; its Jimeng record is kept
└── StillRunning                 504, the wait ended, the generation goes on
"""

from __future__ import annotations

from accounts.errors import (
    GatewayError,
    InvalidApiKey,
    KeyLimitError,
    KeyOutOfCredits,
    KeyRateLimited,
    KeyTooBusy,
    PoolBusy,
    PoolEmpty,
    PoolError,
    PoolOutOfCredits,
    UpstreamLoginExpired,
)

__all__ = [
    "ContentRejected",
    "GatewayError",
    "GenerationCancelled",
    "GenerationFailed",
    "GenerationTimedOut",
    "IdempotencyConflict",
    "InvalidApiKey",
    "InvalidSpec",
    "KeyLimitError",
    "KeyOutOfCredits",
    "KeyRateLimited",
    "KeyTooBusy",
    "NotCancellable",
    "NotSupported",
    "OutcomeUnknown",
    "PoolBusy",
    "PoolEmpty",
    "PoolError",
    "PoolOutOfCredits",
    "RequestError",
    "ResultRemoved",
    "ResultUnavailable",
    "StillRunning",
    "UnknownGeneration",
    "UnknownModel",
    "UpstreamLoginExpired",
    "UpstreamProtocolError",
    "UpstreamUnreachable",
    "VideoNotReady",
    "error_class",
    "leaves",
]


class RequestError(GatewayError):
    """The caller can mend it; nothing was spent."""


class InvalidSpec(RequestError):
    code = "invalid_value"
    default_detail = "The request has an invalid value."


class UnknownModel(RequestError):
    code = "model_not_found"
    default_detail = "The requested model does not exist."


class UnknownGeneration(RequestError):
    code = "generation_not_found"
    default_detail = "There is no such generation."


class NotSupported(RequestError):
    code = "not_supported"
    default_detail = "Jimeng does not support this."


class VideoNotReady(RequestError):
    code = "video_not_ready"
    default_detail = "The video is not finished yet."


class NotCancellable(RequestError):
    code = "generation_not_cancellable"
    default_detail = "The generation cannot be cancelled: it is over, or its credits may be spent already."


class IdempotencyConflict(RequestError):
    code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was used with a different request."


class ContentRejected(GatewayError):
    code = "content_policy_violation"
    default_detail = "Jimeng's content filter rejected this request."


class UpstreamUnreachable(GatewayError):
    code = "upstream_unreachable"
    default_detail = "Jimeng could not be reached; nothing was submitted."
    safe_to_repeat = True


class UpstreamProtocolError(GatewayError):
    code = "upstream_protocol_error"
    default_detail = "Jimeng gave an answer that this gateway does not understand."


class GenerationFailed(GatewayError):
    code = "generation_failed"
    default_detail = "Jimeng could not finish this generation."


class GenerationCancelled(GatewayError):
    code = "generation_cancelled"
    default_detail = "This generation was cancelled before anything was spent."


class OutcomeUnknown(GatewayError):
    code = "outcome_unknown"
    default_detail = "It is not known whether Jimeng accepted this generation; it will not be submitted again."


class ResultUnavailable(GatewayError):
    code = "result_unavailable"
    default_detail = "The picture was made, but its file cannot be fetched now; it will be tried again."


class ResultRemoved(GatewayError):
    code = "result_removed"
    default_detail = "It was made, but its file was removed since: deleted, or kept no longer than the operator says."


class GenerationTimedOut(GatewayError):
    code = "timed_out"
    default_detail = "The generation passed its deadline. It was paid for, and its result is still looked for."


class StillRunning(GatewayError):
    code = "generation_still_running"
    default_detail = "The generation is still running and will be in the history when it is done."


def leaves(root: type[GatewayError] = GatewayError) -> list[type[GatewayError]]:
    """The concrete classes of the tree, depth first."""
    below = root.__subclasses__()
    return [root] if not below else [leaf for child in below for leaf in leaves(child)]


def error_class(code: str) -> type[GatewayError]:
    """The class that owns a stored `error_code`; unknown codes read as GenerationFailed."""
    return {leaf.code: leaf for leaf in leaves()}.get(code, GenerationFailed)
