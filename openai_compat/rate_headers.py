"""What an answer says of the API key's requests a minute, as OpenAI's headers."""

from __future__ import annotations

import math
from collections.abc import Iterator

from django.http import HttpRequest

from accounts.errors import Allowance

_ATTRIBUTE = "key_allowance"


def note_allowance(request: HttpRequest, allowance: Allowance | None) -> None:
    """Keep it for the answer to this request, whatever that will be."""
    setattr(request, _ATTRIBUTE, allowance)


def rate_headers(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """None where the key's requests are not limited, or were not counted."""
    allowance: Allowance | None = getattr(request, _ATTRIBUTE, None)
    if allowance is not None:
        yield "x-ratelimit-limit-requests", str(allowance.limit)
        yield "x-ratelimit-remaining-requests", str(allowance.remaining)
        yield "x-ratelimit-reset-requests", f"{max(0, math.ceil(allowance.reset_s))}s"
