"""One generation: how far it is, what was asked, who served it and why, what came of it, and what can be done now."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from generation.errors import GatewayError, NotCancellable, UnknownGeneration
from generation.keepsakes import results_pin
from generation.late import late_look_request
from generation.models import InputImage, Media
from generation.pages.access import PageRequest, page
from generation.pages.asking import caller_as_before
from generation.pages.detail_sight import detail_context
from generation.pages.refusals import refusal_in_words
from generation.rerunning import generation_rerun
from generation.services import generation_cancel_seen, media_refetch
from generation.serving import input_response
from generation.viewing import Viewer, generation_of, media_of_viewer
from jimeng_site.database import in_database


@require_safe
@page
def detail(request: PageRequest, public_id: str) -> HttpResponse:
    base_url = settings.PUBLIC_BASE_URL or f"{request.scheme}://{request.get_host()}"
    return render(request, "pages/detail.html", detail_context(request.viewer, public_id, base_url=base_url))


@require_POST
@page
async def rerun(request: PageRequest, public_id: str) -> HttpResponse:
    """Ask for the same again, and go where it is made."""
    try:
        before = await in_database(generation_of, request.viewer, public_id)
        caller = await in_database(caller_as_before, request.viewer, before)
        submission = await generation_rerun(
            viewer=request.viewer, public_id=public_id, caller=caller, token=request.POST.get("token", "")
        )
    except UnknownGeneration:
        raise
    except GatewayError as error:
        messages.error(request, refusal_in_words(error))
        return _back(public_id)
    return _back(submission.generations[0].public_id)


@require_POST
@page
async def cancel(request: PageRequest, public_id: str) -> HttpResponse:
    """While nothing is spent."""
    if await generation_cancel_seen(public_id=public_id, viewer=request.viewer):
        messages.success(request, _("Cancelled; nothing was spent."))
    else:
        messages.error(request, refusal_in_words(NotCancellable()))
    return _back(public_id)


@require_POST
@page
async def look_again(request: PageRequest, public_id: str) -> HttpResponse:
    """Ask Jimeng for a result that is late, or with `media` (med_…) for one file that is missing."""
    media_id = request.POST.get("media", "")
    if media_id:
        file = await in_database(_file_of, request.viewer, public_id, media_id)
        is_asked = file.deleted_at is None and await media_refetch(media_id=media_id)
        if is_asked and file.removed_why:
            await in_database(_keep, request.viewer, media_id)
            messages.info(request, _("It is pinned now: the retention policy would remove it again."))
    else:
        at = timezone.now()
        is_asked = await in_database(late_look_request, viewer=request.viewer, public_id=public_id, at=at)
    if is_asked:
        messages.success(request, _("Jimeng is being asked for it; nothing is spent by that."))
    else:
        messages.error(request, _("There is nothing that could still come."))
    return _back(public_id)


def _file_of(viewer: Viewer, public_id: str, media_id: str) -> Media:
    """Raises UnknownGeneration for a file that is none of this generation's, or not to be seen."""
    found = media_of_viewer(viewer, [media_id])
    if not found or found[0].generation.public_id != public_id:
        raise UnknownGeneration
    return found[0]


def _keep(viewer: Viewer, media_id: str) -> None:
    """A file that is as old as before would go again within the hour; whoever fetches it back means to keep it."""
    results_pin(viewer=viewer, ids=[media_id], at=timezone.now(), pinned=True)


@require_safe
@page
async def input_picture(request: PageRequest, public_id: str, position: int) -> HttpResponseBase:
    """The picture at `position` (from 0) of those that were given with a generation, as it was given."""
    picture = await in_database(_input, request.viewer, public_id, position)
    if picture is None:
        raise Http404
    try:
        return await input_response(request, picture, public_id=public_id)
    except FileNotFoundError as error:
        raise Http404 from error


def _input(viewer: Viewer, public_id: str, position: int) -> InputImage | None:
    return generation_of(viewer, public_id).inputs.filter(position=position).first()


def _back(public_id: str) -> HttpResponse:
    return HttpResponseRedirect(reverse("generation:detail", args=[public_id]))
