"""What each operation takes and answers.

To describe a new one: add a constant here, made by `operation`, with its request from schema/requests.py and its
answer from schema/components.py (a TypedDict of a presenter becomes a schema by being named in `components`), and put
one line above the method of the view:

    @extend_schema(**IMAGES_GENERATIONS)
    async def post(self, request): …

Its path comes from openai_compat/urls.py; routes without a name are left out. tests/openai_compat/test_openapi.py
fails for a method of a named route that has no such line.
"""

from __future__ import annotations

from typing import Any, Final

from openai_compat.schema import requests
from openai_compat.schema.building import json_answer, operation, or_events, parameter
from openai_compat.schema.chat import CHAT_REQUEST
from openai_compat.schema.components import BEARER, RATE_LIMIT_HEADERS
from openai_compat.schema.typed import Schema, ref
from openai_compat.submitting import IDEMPOTENCY_KEY_MAX_CHARS

_SUBMITTING: Final = (400, 401, 404, 409, 413, 415, 429, 500, 502, 503, 504)
_LOOKING: Final = (400, 401, 404, 500)


_IDEMPOTENCY_KEY: Final = parameter(
    "header",
    "Idempotency-Key",
    "A request with the same key and body is answered with the same generation, and never paid twice.",
    maxLength=IDEMPOTENCY_KEY_MAX_CHARS,
)
_PREFER: Final = parameter("header", "Prefer", "`respond-async` answers at once with a job.")
_VIDEO_ID: Final = parameter("path", "video_id", "`gen_…`, as the answer named it.")
_GENERATION_ID: Final = parameter("path", "generation_id", "`gen_…`, as an answer or an error named it.")
_MODEL_ID: Final = parameter("path", "model_id", "The name of a model or an alias.")
_PICTURES: Final = or_events(json_answer(ref("ImagesResponse"), "The pictures.", *RATE_LIMIT_HEADERS))
_JOB: Final = json_answer(ref("OpenAIVideo"), "The job.", "openai-poll-after-ms")
_NEW_JOB: Final = json_answer(ref("OpenAIVideo"), "The job.", "openai-poll-after-ms", *RATE_LIMIT_HEADERS)


def _images(operation_id: str, summary: str, body: Schema, description: str = "") -> dict[str, Any]:
    return operation(
        operation_id,
        "Images",
        summary,
        description=description,
        body=body,
        parameters=(_IDEMPOTENCY_KEY,),
        answers={200: _PICTURES},
        errors=_SUBMITTING,
    )


# --- images -------------------------------------------------------------------------------------------
IMAGES_GENERATIONS: Final = _images("createImage", "Pictures from a text", requests.TEXT_TO_IMAGE)
IMAGES_EDITS: Final = _images("createImageEdit", "A picture from pictures and a text", requests.IMAGES_TO_IMAGE)
IMAGES_COMPOSITIONS: Final = _images("createImageComposition", "One picture from several", requests.IMAGES_TO_IMAGE)
IMAGES_VARIATIONS: Final = _images("createImageVariation", "A picture like the one given", requests.VARIATION)

# --- videos -------------------------------------------------------------------------------------------
VIDEOS_GENERATIONS: Final = operation(
    "createVideoAndWait",
    "Videos",
    "A video, waited for",
    description="With `async` or `Prefer: respond-async` a job to poll. Videos take minutes.",
    body=requests.VIDEO_WAITED,
    parameters=(_IDEMPOTENCY_KEY, _PREFER),
    answers={
        200: json_answer(ref("VideoAnswer"), "The video.", *RATE_LIMIT_HEADERS),
        202: json_answer(
            ref("VideoGeneration"),
            "The job.",
            "Location",
            "Preference-Applied",
            "openai-poll-after-ms",
            *RATE_LIMIT_HEADERS,
        ),
    },
    errors=_SUBMITTING,
)
VIDEOS_GENERATION: Final = operation(
    "getVideoGeneration",
    "Videos",
    "A job of POST /v1/videos/generations",
    parameters=(_VIDEO_ID,),
    answers={200: json_answer(ref("VideoGeneration"), "The job.", "openai-poll-after-ms")},
    errors=_LOOKING,
)
VIDEOS_CREATE: Final = operation(
    "createVideo",
    "Videos",
    "A job that makes a video",
    body=requests.VIDEO,
    parameters=(_IDEMPOTENCY_KEY,),
    answers={200: _NEW_JOB},
    errors=_SUBMITTING,
)
VIDEOS_LIST: Final = operation(
    "listVideos",
    "Videos",
    "Your videos, newest first",
    parameters=(
        parameter("query", "after", "The last id of the page before."),
        parameter("query", "limit", "1 to 100, by default 20.", type="integer", minimum=1, maximum=100),
        parameter("query", "order", "By time of creation.", enum=["asc", "desc"]),
    ),
    answers={200: json_answer(ref("VideoList"), "A page of them.")},
    errors=_LOOKING,
)
VIDEOS_GET: Final = operation(
    "getVideo", "Videos", "How far a video is", parameters=(_VIDEO_ID,), answers={200: _JOB}, errors=_LOOKING
)
VIDEOS_DELETE: Final = operation(
    "deleteVideo",
    "Videos",
    "Take a video out of sight",
    description="It is cancelled if nothing is spent yet; else it goes on, and only the operator still sees it.",
    parameters=(_VIDEO_ID,),
    answers={200: json_answer(ref("VideoDeleted"), "It is gone.")},
    errors=_LOOKING,
)
_BYTES: Final[Schema] = {"schema": {"type": "string", "format": "binary"}}
_FILE: Final[Schema] = {"video/mp4": _BYTES, "image/webp": _BYTES}
VIDEOS_CONTENT: Final = operation(
    "getVideoContent",
    "Videos",
    "The file of a video, or its poster",
    parameters=(
        _VIDEO_ID,
        parameter("query", "variant", "What to fetch.", enum=["video", "thumbnail"], default="video"),
        parameter("header", "Range", "A part of the file: `bytes=0-1023`."),
    ),
    answers={
        200: {"description": "The whole file.", "content": _FILE},
        206: {
            "description": "The part that was asked for.",
            "headers": {"Content-Range": {"$ref": "#/components/headers/Content-Range"}},
            "content": _FILE,
        },
        304: {"description": "The file is the one that you have (`If-None-Match`)."},
        416: json_answer(ref("ErrorResponse"), "The file has no such part.", "Content-Range"),
    },
    errors=(400, 401, 404, 409, 410, 429, 500, 502, 503, 504),
)

# --- chat ---------------------------------------------------------------------------------------------
CHAT_COMPLETIONS: Final = operation(
    "createChatCompletion",
    "Chat",
    "Pictures and videos by chat",
    body={"required": True, "content": {"application/json": {"schema": CHAT_REQUEST}}},
    parameters=(_IDEMPOTENCY_KEY,),
    answers={
        200: or_events(
            json_answer(ref("ChatCompletion"), "The results, as Markdown and in `message.images`.", *RATE_LIMIT_HEADERS)
        )
    },
    errors=_SUBMITTING,
)

# --- generations, models, tokens ----------------------------------------------------------------------
_GENERATION: Final = json_answer(ref("GenerationObject"), "The request as it is now.", "openai-poll-after-ms")
GENERATIONS_GET: Final = operation(
    "getGeneration",
    "Generations",
    "A request of any kind",
    parameters=(_GENERATION_ID,),
    answers={200: _GENERATION},
    errors=_LOOKING,
)
GENERATIONS_CANCEL: Final = operation(
    "cancelGeneration",
    "Generations",
    "Cancel what has spent nothing yet",
    parameters=(_GENERATION_ID,),
    answers={200: _GENERATION},
    errors=(*_LOOKING, 409),
)
MODELS_LIST: Final = operation(
    "listModels",
    "Models",
    "Models and aliases that this key may use",
    answers={200: json_answer(ref("ModelList"), "Models first, then aliases.")},
    errors=(400, 401, 500),
)
MODELS_GET: Final = operation(
    "getModel",
    "Models",
    "One of them",
    parameters=(_MODEL_ID,),
    answers={200: json_answer(ref("ModelEntry"), "The model.")},
    errors=_LOOKING,
)


def _tokens(operation_id: str, summary: str, answer: Schema, description: str) -> dict[str, Any]:
    return operation(
        operation_id,
        "Tokens",
        summary,
        description=f"{description} The logins are the bearer, or in the body. A dead one does not fail the others.",
        body=requests.TOKENS,
        security=({BEARER: []}, {}),  # the logins in the body are enough where pass-through is on
        answers={200: json_answer(answer, "One result for each login, in the order given.")},
        errors=(400, 401, 413, 415, 500, 503),
    )


TOKEN_CHECK: Final = _tokens("checkTokens", "Are these logins alive?", ref("TokensLife"), "Costs no credits.")
TOKEN_POINTS: Final = _tokens(
    "getTokenPoints",
    "Their balances",
    {"type": "array", "items": ref("TokenPoints")},
    "In credits.",
)
TOKEN_RECEIVE: Final = _tokens(
    "receiveTokenPoints",
    "Take today's gift of credits",
    {"type": "array", "items": ref("TokenGift")},
    "Once a day in Shanghai.",
)

# --- health (plain functions, so their paths are written out) -------------------------------------------
HEALTH_PATHS: Final[dict[str, Schema]] = {
    path: {"get": operation(name, "Health", summary, answers=answers, errors=(), security=())["operation"]}
    for path, name, summary, answers in (
        ("/ping", "ping", "Is anybody there?", {200: json_answer({"type": "string", "const": "pong"}, "Yes.")}),
        ("/healthz", "getHealth", "Does the process answer?", {200: json_answer(ref("Health"), "It does.")}),
        (
            "/readyz",
            "getReadiness",
            "Can it serve?",
            {
                200: json_answer(ref("Readiness"), "The database answers and an engine runs."),
                503: json_answer(ref("Readiness"), "Something is missing."),
            },
        ),
    )
}
