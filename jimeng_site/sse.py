"""Server-sent events on the wire: https://html.spec.whatwg.org/multipage/server-sent-events.html"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Final

from django.http import StreamingHttpResponse

KEEP_ALIVE: Final = b": keep-alive\n\n"
_LINE_END = re.compile("\r\n|\r|\n")  # these only, not all that `str.splitlines` splits at


def frame(text: str, *, name: str = "") -> bytes:
    """One event; browsers drop one whose text is empty. `text` may have several lines."""
    head = f"event: {name}\n" if name else ""
    lines = "".join(f"data: {line}\n" for line in _LINE_END.split(text))
    return f"{head}{lines}\n".encode(errors="replace")


def retry_after(seconds: float) -> bytes:
    """How long a browser waits before it asks again for a stream that has ended."""
    return f"retry: {round(seconds * 1000)}\n\n".encode()


def stream_of(events: AsyncIterator[bytes]) -> StreamingHttpResponse:
    """The answer that sends these as they come."""
    response = StreamingHttpResponse(events, content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"] = "no-cache, no-transform"
    response["X-Accel-Buffering"] = "no"  # nginx would hold the events back
    return response
