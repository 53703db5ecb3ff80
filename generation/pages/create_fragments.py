"""Parts of the page to create that come by themselves: options, input pictures, the estimate, a card."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Final

from asgiref.sync import sync_to_async
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation.input_previews import input_preview
from generation.pages.access import PageRequest, page
from generation.pages.create_answers import is_too_large, keys_of, rendered, too_large
from generation.pages.create_composer import composer_of, used_inputs
from generation.pages.create_estimate import Estimate, estimate_of
from generation.pages.create_form import Draft
from generation.pages.create_inputs import PictureGone, named_pictures, picture_of, read_token, store_files
from generation.pages.create_keys import Keys
from generation.pages.create_results import card_of
from generation.specs import INPUTS_MAX

_PREVIEW_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'",
    "Content-Disposition": "inline",
    "Cache-Control": "private, max-age=86400",
}


@require_http_methods(["GET", "HEAD", "POST"])
@page
async def options(request: PageRequest) -> HttpResponse:
    """What the chosen model can do, as a fragment of the form."""
    keys = await _keys(request)
    draft = Draft.read(request.POST if request.method == "POST" else request.GET)
    composer = await sync_to_async(composer_of)(draft, viewer=request.viewer, keys=keys)
    answer = await rendered(request, "pages/_create_options.html", {"composer": composer})
    answer.headers["HX-Trigger"] = "options-changed"
    return answer


@require_POST
@page
async def inputs(request: PageRequest) -> HttpResponse:
    """Store pictures that were dropped; answers with their small pictures as a fragment."""
    await _keys(request)
    files = [] if is_too_large(request) else request.FILES.getlist("files")
    stored, refused = await store_files(files, room=INPUTS_MAX, viewer=request.viewer)
    context = {
        "pictures": [picture_of(*each) for each in stored],
        "refused": [too_large()] if is_too_large(request) else refused,
    }
    status = HTTPStatus.OK if stored else HTTPStatus.UNPROCESSABLE_ENTITY
    return await rendered(request, "pages/_create_pictures.html", context, status=status)


@require_safe
@page
async def preview(request: PageRequest) -> HttpResponse:
    """A small picture of an input picture, by its signed name."""
    try:
        content, content_type = await input_preview(read_token(request.GET.get("picture", ""), request.viewer))
    except (PictureGone, FileNotFoundError) as error:
        raise Http404 from error
    return HttpResponse(content, content_type=content_type, headers=_PREVIEW_HEADERS)


@require_POST
@page
async def estimate(request: PageRequest) -> HttpResponse:
    """What it would cost and which account would serve it, as a fragment."""
    keys = await _keys(request)
    draft = Draft.read(request.POST)

    def look() -> Estimate:
        pictures = [stored for _token, stored in named_pictures(draft.pictures, request.viewer)]
        try:
            key = keys.chosen(draft.key)
        except LookupError:
            key = keys.chosen("")
        named = replace(draft, model=draft.model or draft.default_model)
        used = used_inputs(draft, pictures)
        return estimate_of(named, used, key=key, viewer=request.viewer, at=timezone.now())

    context = {"estimate": await sync_to_async(look)()}
    return await rendered(request, "pages/_create_estimate.html", context)


@require_safe
@page
def card(request: PageRequest, public_id: str) -> HttpResponse:
    """A request with its results, as a fragment. `?polled=1`: it is asked for again and again, and stays so."""
    found = card_of(request.viewer, public_id, is_polled="polled" in request.GET)
    return render(request, "pages/_create_card.html", {"card": found})


async def _keys(request: PageRequest) -> Keys:
    """Raises Http404 for those who may ask for nothing."""
    keys = await keys_of(request)
    if not keys.may_ask:
        raise Http404
    return keys
