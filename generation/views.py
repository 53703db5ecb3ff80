"""Result files, by signed address."""

from __future__ import annotations

from asyncio import to_thread

from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from generation.models import Media
from generation.services import media_signature_is_valid
from jimeng_site.database import in_database

_FOREVER = "private, max-age=31536000, immutable"


@require_safe
async def media_file(request: HttpRequest, public_id: str, suffix: str) -> HttpResponse:
    """The stored file. The address is signed and lasts as long as the file is kept."""
    if not media_signature_is_valid(public_id, request.GET.get("s", "")):
        return _gone(403, "media_signature_invalid", "This address is not signed by this gateway.")
    media = await in_database(lambda: Media.objects.filter(public_id=public_id).first())
    if media is None or not media.file:
        return _gone(404 if media is None else 410, "media_gone", "This file is not stored here.")
    try:
        content = await to_thread(_read, media.file.name or "")
    except FileNotFoundError:
        return _gone(410, "media_gone", "This file has been removed.")
    response = HttpResponse(content, content_type=media.content_type)
    response["Cache-Control"] = _FOREVER
    response["ETag"] = f'"{media.sha256}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = f'inline; filename="{media.public_id}.{suffix}"'
    response["Content-Security-Policy"] = "default-src 'none'"
    return response


def _read(name: str) -> bytes:
    with default_storage.open(name) as file:
        content: bytes = file.read()
    return content


def _gone(status: int, code: str, message: str) -> JsonResponse:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return JsonResponse({"error": error}, status=status)
