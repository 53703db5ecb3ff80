"""The description of the API, for programs and for people; neither needs a key."""

from __future__ import annotations

import asyncio
import json
from functools import cache
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from openai_compat.schema.chinese import in_chinese
from openai_compat.schema.generator import api_document
from openai_compat.views.base import AsyncAPIView

# Only this host is asked, whoever wrote the scripts. Swagger UI styles elements one by one and draws with data: images.
_CONTENT_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


class OpenApiDocument(AsyncAPIView):
    """The OpenAPI document; its texts in Chinese with `?lang=zh-hans`."""

    needs_key = False

    async def get(self, request: HttpRequest) -> HttpResponse:
        chinese = request.GET.get("lang", "").lower().startswith("zh")
        content = await asyncio.to_thread(_document, chinese=chinese)
        return HttpResponse(content, content_type="application/json", headers={"Cache-Control": "no-cache"})


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The same, to be read and tried out. All its scripts and styles are the gateway's own."""
    response = render(request, "docs.html")
    response["Content-Security-Policy"] = _CONTENT_POLICY
    return response


@cache
def _document(*, chinese: bool) -> bytes:
    """Made once: it takes some 100 ms."""
    document = in_chinese(api_document()) if chinese else api_document()
    return json.dumps(document, ensure_ascii=False).encode()
