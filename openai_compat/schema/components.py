"""The shared parts of the OpenAPI document: answers, errors, headers, and how to authenticate."""

from __future__ import annotations

from typing import Any, Final

from openai_compat.generation_presenters import GenerationObject
from openai_compat.model_presenters import ModelEntry
from openai_compat.presenters import ImagesResponse
from openai_compat.schema.chat import CHAT_COMPONENTS
from openai_compat.schema.typed import Schema, components_of, ref
from openai_compat.token_presenters import TokenGift, TokenPoints, TokensLife
from openai_compat.video_presenters import OpenAIVideo, VideoAnswer, VideoGeneration

BEARER: Final = "bearerAuth"
_ERROR_TYPES: Final = ("invalid_request_error", "rate_limit_error", "insufficient_quota", "server_error")
# What stands in `error.type` and, for example, in `error.code`.
_EXAMPLES: Final[dict[int, tuple[str, str]]] = {
    400: ("invalid_request_error", "invalid_value"),
    401: ("invalid_request_error", "invalid_api_key"),
    404: ("invalid_request_error", "model_not_found"),
    409: ("invalid_request_error", "idempotency_key_reused"),
    410: ("invalid_request_error", "result_removed"),
    413: ("invalid_request_error", "request_too_large"),
    415: ("invalid_request_error", "unsupported_media_type"),
    429: ("rate_limit_error", "accounts_busy"),
    500: ("server_error", "internal_error"),
    502: ("server_error", "generation_failed"),
    503: ("server_error", "upstream_unreachable"),
    504: ("server_error", "generation_still_running"),
}
ERRORS: Final[dict[int, tuple[str, str]]] = {
    400: ("BadRequest", "The request cannot be served as it is; `param` names what to change. Nothing was spent."),
    401: ("Unauthorized", "The key is missing, wrong or expired; or a Jimeng login of your own has expired."),
    404: ("NotFound", "There is no such model, generation or address for this key."),
    409: (
        "Conflict",
        "An `Idempotency-Key` came with another request, or the state of the generation does not allow this.",
    ),
    410: ("Gone", "The file was removed on purpose, by a person or by the operator's rules."),
    413: ("TooLarge", "The request body is too large."),
    415: ("UnsupportedMediaType", "The request body is neither JSON nor a form."),
    429: (
        "TooManyRequests",
        (
            "All accounts are busy (`accounts_busy`) or out of credits (`insufficient_quota`), or this key may "
            "not have more now (`rate_limit_exceeded`, `too_many_generations`, `key_credits_exhausted`)."
        ),
    ),
    500: ("InternalError", "A bug; the log has the request id."),
    502: ("BadGateway", "Jimeng failed. Credits may be spent: do not repeat it on your own."),
    503: ("Unavailable", "Jimeng cannot be reached, or no account can serve. Nothing was spent."),
    504: ("StillRunning", "It took too long. It was paid for: `GET /v1/generations/{id}` tells how it ends."),
}
_WITH_RETRY: Final = (429, 503)
RATE_LIMIT_HEADERS: Final = (
    "x-ratelimit-limit-requests",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-reset-requests",
)


def error_responses(*statuses: int) -> dict[str, Schema]:
    return {str(status): {"$ref": f"#/components/responses/{ERRORS[status][0]}"} for status in statuses}


def components() -> dict[str, Any]:
    """All of `components`."""
    of_presenters = components_of(
        ImagesResponse,
        OpenAIVideo,
        VideoGeneration,
        VideoAnswer,
        GenerationObject,
        ModelEntry,
        TokensLife,
        TokenPoints,
        TokenGift,
    )
    return {
        "schemas": dict(sorted({**of_presenters, **_LISTS, **_ERROR, **_HEALTH, **CHAT_COMPONENTS}.items())),
        "responses": {name: _error_response(status, text) for status, (name, text) in ERRORS.items()},
        "headers": _HEADERS,
        "securitySchemes": {
            BEARER: {
                "type": "http",
                "scheme": "bearer",
                "description": "A key of this gateway (`jm-…`), or Jimeng sessionids separated by commas.",
            }
        },
    }


def _error_response(status: int, text: str) -> Schema:
    names = ["x-request-id", "x-should-retry"]
    if status in _WITH_RETRY:
        names += ["Retry-After", "retry-after-ms"]
    if status == 429:
        names += RATE_LIMIT_HEADERS
    return {
        "description": text,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {"application/json": {"schema": ref("ErrorResponse"), "example": _error_example(status)}},
    }


def _error_example(status: int) -> Schema:
    kind, code = _EXAMPLES[status]
    param = "prompt" if status == 400 else None
    return {"error": {"message": "What went wrong, in a sentence.", "type": kind, "param": param, "code": code}}


def _header(description: str, **schema: Any) -> Schema:
    return {"description": description, "schema": {"type": "string", **schema}}


_HEADERS: Final = {
    "x-request-id": _header("Names the request in the gateway's log; the caller's own if it sent a sane one."),
    "x-should-retry": _header("Whether repeating can help and cannot cost again.", enum=["true", "false"]),
    "Retry-After": _header("Seconds to wait, where waiting helps.", pattern="^[0-9]+$"),
    "retry-after-ms": _header("The same in milliseconds.", pattern="^[0-9]+$"),
    "openai-poll-after-ms": _header("When asking again is worth it, in milliseconds.", pattern="^[0-9]+$"),
    "x-ratelimit-limit-requests": _header("Requests a minute of this key, where they are limited.", pattern="^[0-9]+$"),
    "x-ratelimit-remaining-requests": _header("How many of them are left.", pattern="^[0-9]+$"),
    "x-ratelimit-reset-requests": _header("When the next one comes free: `12s`.", pattern="^[0-9]+s$"),
    "Location": _header("Where to ask for it.", format="uri"),
    "Preference-Applied": _header("`respond-async`"),
    "Content-Range": _header("Which bytes of the file these are."),
}
_TEXT_OR_NULL: Final = {"type": ["string", "null"]}
_ERROR: Final[dict[str, Schema]] = {
    "ErrorResponse": {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["message", "type", "param", "code"],
                "properties": {
                    "message": {"type": "string"},
                    "type": {"type": "string", "enum": list(_ERROR_TYPES)},
                    "param": {**_TEXT_OR_NULL, "description": "The parameter that is to blame."},
                    "code": {"type": "string", "description": "Stable; see docs/clients.md."},
                },
            }
        },
    }
}


def _list_of(name: str, **more: Schema) -> Schema:
    properties = {"object": {"type": "string", "const": "list"}, "data": {"type": "array", "items": ref(name)}, **more}
    return {"type": "object", "required": list(properties), "properties": properties}


_LISTS: Final[dict[str, Schema]] = {
    "ModelList": _list_of("ModelEntry"),
    "VideoList": _list_of("OpenAIVideo", first_id=_TEXT_OR_NULL, last_id=_TEXT_OR_NULL, has_more={"type": "boolean"}),
    "VideoDeleted": {
        "type": "object",
        "required": ["id", "deleted", "object"],
        "properties": {
            "id": {"type": "string"},
            "deleted": {"type": "boolean", "const": True},
            "object": {"type": "string", "const": "video.deleted"},
        },
    },
}
_HEALTH: Final[dict[str, Schema]] = {
    "Health": {
        "type": "object",
        "required": ["status"],
        "properties": {"status": {"type": "string", "const": "ok"}},
    },
    "Readiness": {
        "type": "object",
        "required": ["ready"],
        "properties": {
            "ready": {"type": "boolean"},
            "database": {"type": "string", "enum": ["ok", "unreachable"]},
            "engine": {"type": "string", "description": "running, standby or stopped"},
        },
    },
}
