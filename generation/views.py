"""Result files, by signed address."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from generation.absence import GONE, STORAGE, UNKNOWN, UNREADABLE, UNSIGNED, absent_response
from generation.models import Media
from generation.services import MediaGone, media_signature_is_valid
from generation.serving import lasting_response, media_response, preview_response, thumbnail_response
from jimeng_site.database import in_database

_VARIANTS = {"thumbnail": thumbnail_response, "preview": preview_response}


@require_safe
async def media_file(request: HttpRequest, public_id: str, suffix: str) -> HttpResponseBase:
    """The stored file, or with `?variant=` `thumbnail` or `preview` a small picture of it; `?download=1` to save it.

    The address is signed and lasts as long as the file is kept; one that was lost is fetched again while the caller
    waits. The suffix is for those who look at addresses.
    """
    if not media_signature_is_valid(public_id, request.GET.get("s", "")):
        return absent_response(request, UNSIGNED)
    media = await in_database(_find, public_id)
    if media is None:
        return absent_response(request, UNKNOWN)
    answer = _VARIANTS.get(request.GET.get("variant", ""), media_response)
    try:
        return await lasting_response(request, media, answer, download="download" in request.GET)
    except MediaGone as error:
        return absent_response(request, GONE[error.why], media=media)
    except FileNotFoundError:
        return absent_response(request, UNREADABLE, media=media)
    except OSError:
        return absent_response(request, STORAGE, media=media)


def _find(public_id: str) -> Media | None:
    rows = Media.objects.select_related("generation").defer("generation__spec", "generation__requested")
    return rows.filter(public_id=public_id).first()
