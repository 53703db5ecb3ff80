"""The small picture of a result file, for staff; made when first asked for."""

from __future__ import annotations

from asyncio import to_thread

from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from generation.engine.housekeeping import make_thumbnail
from generation.models import Generation, Media
from jimeng_site.database import in_database

_FOREVER = "private, max-age=31536000, immutable"


@require_safe
async def thumbnail(request: HttpRequest, public_id: str) -> HttpResponse:
    user = await request.auser()
    if not (user.is_active and user.is_staff and await user.ahas_perm("generation.view_generation")):
        raise PermissionDenied
    media = await in_database(lambda: Media.objects.filter(public_id=public_id).exclude(file="").first())
    content = None if media is None else await _small_picture(media)
    if content is None:
        raise Http404
    headers = {"Cache-Control": _FOREVER, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type="image/webp", headers=headers)


async def _small_picture(media: Media) -> bytes | None:
    if media.thumbnail:
        try:
            return await to_thread(_read, media.thumbnail.name)
        except FileNotFoundError:
            pass  # removed from the folder: made anew below
    return await make_thumbnail(media) if media.kind == Generation.Kind.IMAGE else None


def _read(name: str | None) -> bytes:
    with default_storage.open(str(name)) as file:
        content: bytes = file.read()
    return content
