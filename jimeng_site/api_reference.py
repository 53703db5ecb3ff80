"""What drf-spectacular is told about this API."""

from __future__ import annotations

from typing import Any, Final

SPECTACULAR: Final[dict[str, Any]] = {
    "TITLE": "Jimeng gateway",
    "DESCRIPTION": (
        "Pictures and videos of Jimeng for clients of the OpenAI API. Every address also answers without `/v1` and "
        "with a final slash. Parameters that are not listed are ignored. Facts that OpenAI's objects have no place for "
        "stand under `jimeng`.\n\n"
        "Send the key as `Authorization: Bearer jm-…`; the headers `x-api-key` and `api-key` work too. Where the "
        "operator allows it, your own Jimeng sessionids do as well: `Bearer sessionid1,sessionid2`.\n\n"
        "With `x-should-retry: false`, repeating a request is useless, or may cost credits again. "
        "A request with an `Idempotency-Key` may always be repeated."
    ),
    "OAS_VERSION": "3.1.0",
    "SERVERS": [{"url": "/"}],
    "SORT_OPERATIONS": False,
    "DEFAULT_GENERATOR_CLASS": "openai_compat.schema.generator.Generator",
    "POSTPROCESSING_HOOKS": ["openai_compat.schema.generator.complete"],
    "SCHEMA_PATH_PREFIX": "/v1",
    "TAGS": [
        {"name": "Images"},
        {"name": "Videos"},
        {"name": "Chat"},
        {"name": "Generations", "description": "Any request, by the id that its answer or its error named."},
        {"name": "Models"},
        {"name": "Tokens", "description": "Jimeng logins: are they alive, what is their balance, the daily gift."},
        {"name": "Health"},
    ],
}
