"""Server-sent events as the SDKs read them: `data:` lines, comments as sign of life, errors as an event."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

from django.http import HttpRequest, StreamingHttpResponse

from generation.errors import GatewayError
from jimeng_site.sse import KEEP_ALIVE, frame, stream_of
from openai_compat.errors import describe, error_body

__all__ = ["DONE", "KEEP_ALIVE", "KEEP_ALIVE_S", "event", "large_event", "stream"]

logger = logging.getLogger(__name__)

DONE: Final = b"data: [DONE]\n\n"
KEEP_ALIVE_S: Final = 10.0  # clients and proxies give up after 15 s and more of silence


def event(content: Mapping[str, Any], *, name: str = "") -> bytes:
    """One event. Line breaks inside are escaped by JSON."""
    return frame(json.dumps(content, ensure_ascii=False, separators=(",", ":")), name=name)


async def large_event(content: Mapping[str, Any], *, name: str = "") -> bytes:
    """As `event`, encoded off the event loop: for pictures."""
    return await asyncio.to_thread(event, content, name=name)


def stream(
    events: AsyncIterator[bytes], *, request: HttpRequest, seen: Callable[[Exception], Exception]
) -> StreamingHttpResponse:
    """The answer that sends these events, and in the end `[DONE]`.

    A failure becomes an event `{"error": …}`, on which the SDKs raise. `seen`: how the caller is told of it.
    """
    return stream_of(_guarded(events, request, seen))


async def _guarded(
    events: AsyncIterator[bytes], request: HttpRequest, seen: Callable[[Exception], Exception]
) -> AsyncIterator[bytes]:
    try:
        async for each in events:
            yield each
    except GatewayError as error:
        yield event({"error": error_body(describe(seen(error)))})
    except Exception as error:
        logger.exception(
            "A stream failed", extra={"action": "stream", "request_id": getattr(request, "request_id", "")}
        )
        yield event({"error": error_body(describe(error))})
    yield DONE
