"""Middleware of our own: all of it async-capable, since one sync-only middleware would queue all waiting requests."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.decorators import sync_and_async_middleware
from whitenoise.middleware import WhiteNoiseMiddleware

from jimeng_site.static_files import FOR_GOOD, compressed, may_compress, may_keep_for_good

_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def _begin(request: HttpRequest) -> str:
    given = request.headers.get("x-request-id", "")
    request_id = given if _ACCEPTED_ID.fullmatch(given) else "req_" + secrets.token_hex(10)
    request.request_id = request_id  # type: ignore[attr-defined]  # read by the error handler
    structlog.contextvars.bind_contextvars(request_id=request_id)
    return request_id


@sync_and_async_middleware
def request_id(get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]) -> Callable[..., object]:
    """Gives each request an id (the caller's own if sane), for logs and the `x-request-id` header."""
    if iscoroutinefunction(get_response):

        async def handle_async(request: HttpRequest) -> HttpResponse:
            name = _begin(request)
            response: HttpResponse = await get_response(request)
            response["x-request-id"] = name
            if not response.streaming:
                if response.status_code != HTTPStatus.NOT_MODIFIED:  # its length would be that of the content
                    response.setdefault("Content-Length", str(len(response.content)))
                if request.method == "HEAD":
                    response.content = b""
            return response

        return handle_async

    def handle(request: HttpRequest) -> HttpResponse:
        name = _begin(request)
        response = get_response(request)
        assert isinstance(response, HttpResponseBase)  # noqa: S101  (narrows for the type checker)
        response["x-request-id"] = name
        return response

    return handle


# Pages of our own load nothing from elsewhere and run no script but those of /static/.
CONTENT_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_OTHER_POLICIES: Final = ("/admin/",)  # unfold's scripts and styles need more


def _with_policy(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    if is_page and not request.path.startswith(_OTHER_POLICIES):
        response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "private, no-cache")  # what one person sees is kept by no proxy
    return response


@sync_and_async_middleware
def content_policy(
    get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]],
) -> Callable[..., object]:
    """The strict Content-Security-Policy on every page that has none of its own and is not the admin's."""
    if iscoroutinefunction(get_response):

        async def handle_async(request: HttpRequest) -> HttpResponseBase:
            return _with_policy(request, await get_response(request))

        return handle_async

    def handle(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        assert isinstance(response, HttpResponseBase)  # noqa: S101  (narrows for the type checker)
        return _with_policy(request, response)

    return handle


class AsyncWhiteNoise(WhiteNoiseMiddleware):  # type: ignore[misc]  # WhiteNoise ships no types
    """WhiteNoise is sync-only; finding the file is cheap, so it may run on the loop."""

    async_capable = True
    sync_capable = True

    def __init__(self, get_response: Callable[..., object]) -> None:
        super().__init__(get_response)
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> object:
        return self._respond(request) if self._is_async else super().__call__(request)

    async def _respond(self, request: HttpRequest) -> object:
        path = request.path_info
        static_file = self.find_file(path) if self.autorefresh else self.files.get(path)
        if static_file is None:
            return await self.get_response(request)
        streamed = self.serve(static_file, request)
        # A sync file iterator would be consumed in a thread, with a warning; these files are small.
        content = b"".join(streamed.streaming_content)
        streamed.close()
        answer = HttpResponse(content, status=streamed.status_code, headers=dict(streamed.items()))
        if may_keep_for_good(request):
            answer["Cache-Control"] = FOR_GOOD
        if answer.status_code == HTTPStatus.OK:
            await _compress(request, answer)
        return answer


async def _compress(request: HttpRequest, answer: HttpResponse) -> None:
    patch_vary_headers(answer, ["Accept-Encoding"])
    if may_compress(request, content_type=answer["Content-Type"], size_bytes=len(answer.content)):
        answer.content = await asyncio.to_thread(compressed, answer.content)
        answer["Content-Encoding"] = "gzip"
        answer["Content-Length"] = str(len(answer.content))
