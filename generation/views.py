"""Result files, by signed address."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from generation.models import Media
from generation.services import media_signature_is_valid
from generation.serving import media_response, thumbnail_response
from jimeng_site.database import in_database


@require_safe
async def media_file(request: HttpRequest, public_id: str, suffix: str) -> HttpResponseBase:
    """The stored file, or with `?variant=thumbnail` the small picture of it; `?download=1` to save it.

    The address is signed and lasts as long as the file is kept. The suffix is for those who look at addresses.
    """
    if not media_signature_is_valid(public_id, request.GET.get("s", "")):
        return _gone(403, "media_signature_invalid", "This address is not signed by this gateway.")
    media = await in_database(lambda: Media.objects.filter(public_id=public_id).first())
    if media is None:
        return _gone(404, "media_gone", "This file is not stored here.")
    answer = thumbnail_response if request.GET.get("variant") == "thumbnail" else media_response
    try:
        return await answer(request, media, download="download" in request.GET)
    except FileNotFoundError:
        return _gone(410, "media_gone", "This file is not stored here, or not any more.")


def _gone(status: int, code: str, message: str) -> JsonResponse:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return JsonResponse({"error": error}, status=status)
