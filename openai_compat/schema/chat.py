"""Chat completions as schemas: OpenAI's shape with pictures in `message.images`, as OpenRouter has them."""

from __future__ import annotations

from typing import Final

from openai_compat.schema.requests import IMAGE_FIELDS, flag
from openai_compat.schema.typed import Schema, ref

_USAGE: Final[Schema] = {
    "type": "object",
    "description": "Zeros: Jimeng counts credits, not tokens.",
    "required": ["prompt_tokens", "completion_tokens", "total_tokens"],
    "properties": {name: {"type": "integer"} for name in ("prompt_tokens", "completion_tokens", "total_tokens")},
}


def _result(kind: str) -> Schema:
    return {
        "type": "object",
        "required": ["type", kind],
        "properties": {
            "type": {"type": "string", "const": kind},
            "index": {"type": "integer"},
            kind: {"type": "object", "required": ["url"], "properties": {"url": {"type": "string"}}},
        },
    }


_MESSAGE: Final[Schema] = {
    "type": "object",
    "required": ["role", "content"],
    "properties": {
        "role": {"type": "string", "const": "assistant"},
        "content": {"type": "string", "description": "Markdown that shows the results."},
        "refusal": {"type": "null"},
        "images": {"type": "array", "items": _result("image_url")},
        "videos": {"type": "array", "items": _result("video_url")},
    },
}
_CHOICE: Final[Schema] = {
    "type": "object",
    "required": ["index", "message", "finish_reason"],
    "properties": {
        "index": {"type": "integer"},
        "message": _MESSAGE,
        "finish_reason": {"type": "string"},
    },
}
CHAT_COMPONENTS: Final[dict[str, Schema]] = {
    "ChatCompletion": {
        "type": "object",
        "required": ["id", "object", "created", "model", "choices", "usage"],
        "properties": {
            "id": {"type": "string"},
            "object": {"type": "string", "const": "chat.completion"},
            "created": {"type": "integer"},
            "model": {"type": "string"},
            "choices": {"type": "array", "items": _CHOICE, "minItems": 1},
            "usage": ref("ChatUsage"),
            "jimeng": ref("JimengFacts"),
        },
    },
    "ChatUsage": _USAGE,
}

_PART: Final[Schema] = {
    "type": "object",
    "required": ["type"],
    "properties": {
        "type": {"type": "string", "examples": ["text", "image_url"]},
        "text": {"type": "string"},
        "image_url": {
            "description": "A public address, a data URL, or an object with `url`.",
            "anyOf": [{"type": "string"}, {"type": "object", "properties": {"url": {"type": "string"}}}],
        },
    },
}
_SAID: Final[Schema] = {
    "type": "object",
    "required": ["role"],
    "properties": {
        "role": {"type": "string", "examples": ["user"]},
        "content": {"anyOf": [{"type": ["string", "null"]}, {"type": "array", "items": _PART}]},
    },
}
# What may stand beside `messages`, as at the other endpoints.
_OF_IMAGES: Final = ("n", "size", "quality", "ratio", "resolution", "negative_prompt", "seed", "output_format")
_OF_VIDEOS: Final = {"seconds": 5, "duration": 5, "aspect_ratio": "16:9"}
CHAT_REQUEST: Final[Schema] = {
    "type": "object",
    "required": ["messages"],
    "properties": {
        "model": {
            "type": ["string", "null"],
            "maxLength": 100,
            "description": "An image or video model; a size may follow: `jimeng-4.5:16:9`, `jimeng-4.5:1024x1024`.",
            "examples": ["jimeng-4.5"],
        },
        "messages": {
            "type": "array",
            "minItems": 1,
            "items": _SAID,
            "description": "The last one of the user is the prompt; its images are what to start from.",
        },
        "stream": flag("Answer with chunks: progress, the results, and how it ended."),
        "stream_options": {
            "description": "`include_usage: true` adds a last chunk with the usage.",
            "examples": [{"include_usage": True}],
        },
        **{name: IMAGE_FIELDS[name] for name in _OF_IMAGES},
        **{
            name: {"description": "Of videos, as for `createVideo`; ignored for images.", "examples": [example]}
            for name, example in _OF_VIDEOS.items()
        },
    },
    "examples": [{"model": "jimeng-4.5:16:9", "messages": [{"role": "user", "content": "a lighthouse in the mist"}]}],
}
