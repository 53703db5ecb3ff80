"""The pictures of the admin, for staff: of results their small pictures, of requests what was given with them."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from generation.models import InputImage, Media
from generation.services import MediaGone
from generation.serving import input_response, lasting_response, thumbnail_response
from jimeng_site.database import in_database


@require_safe
async def thumbnail(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The small picture of a result file, made when first asked for; of a video its poster."""
    await _check_staff(request)
    media = await in_database(lambda: Media.objects.filter(public_id=public_id).select_related("generation").first())
    if media is None:
        raise Http404
    try:
        return await lasting_response(request, media, thumbnail_response)
    except (FileNotFoundError, MediaGone) as error:
        raise Http404 from error


@require_safe
async def input_picture(request: HttpRequest, public_id: str, position: int) -> HttpResponseBase:
    """The picture at `position` (from 0) of those that were given with a generation, as it was given."""
    await _check_staff(request)
    wanted = InputImage.objects.filter(generation__public_id=public_id, position=position)
    picture = await in_database(wanted.first)
    if picture is None:
        raise Http404
    try:
        return await input_response(request, picture, public_id=public_id)
    except FileNotFoundError as error:
        raise Http404 from error


async def _check_staff(request: HttpRequest) -> None:
    """Raises PermissionDenied."""
    user = await request.auser()
    if not (user.is_active and user.is_staff and await user.ahas_perm("generation.view_generation")):
        raise PermissionDenied
