"""What is not there, and what goes wrong outside the views: JSON under /v1/, else pages (templates/404.html, …)."""

from __future__ import annotations

from contextlib import AbstractContextManager

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from openai_compat.errors import Answer, Wire, describe, render

_TEXT_MAX_CHARS = 200  # of a path in a message
_API_PARTS = frozenset({"v1", "images", "videos", "chat", "models", "generations", "token", "openapi.json"})


@csrf_exempt
async def unknown_url(request: HttpRequest) -> JsonResponse:
    """404 for any method on an unknown path below /v1 or /token."""
    path = request.path[:_TEXT_MAX_CHARS]
    message = f"Unknown request URL: {request.method} {path}."
    if path.startswith("/v1/v1"):
        message += " The base URL contains /v1 twice; give it once."
    return render(Answer(wire=Wire(404, "invalid_request_error"), code="unknown_url", message=message), request=request)


def is_api_path(path: str) -> bool:
    """Below /v1, or one of its parts without it."""
    return path.lstrip("/").partition("/")[0] in _API_PARTS


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler400`."""
    if is_api_path(request.path):
        return render(describe(exception), request=request)
    with _in_their_language(request):
        return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler403`."""
    if is_api_path(request.path):
        return render(describe(exception), request=request)
    with _in_their_language(request):
        return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler404`."""
    if is_api_path(request.path):
        return render(describe(exception), request=request)
    with _in_their_language(request):
        return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """`handler500`; Django has logged the exception."""
    if is_api_path(request.path):
        return render(describe(Exception()), request=request)
    with _in_their_language(request):
        return defaults.server_error(request)


def _in_their_language(request: HttpRequest) -> AbstractContextManager[None]:
    """Paths that nobody knows have no middleware that would choose it."""
    return translation.override(translation.get_language_from_request(request))
