"""Making something from the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation.input_previews import input_preview
from generation.pages.access import PageRequest, page
from generation.pages.create_actions import CREATE, acted
from generation.pages.create_again import draft_from
from generation.pages.create_asking import NotAsked, ask
from generation.pages.create_composer import Composer, composer_of, used_inputs
from generation.pages.create_estimate import Estimate, estimate_of
from generation.pages.create_form import Draft, new_token
from generation.pages.create_inputs import (
    PictureGone,
    named_pictures,
    picture_of,
    read_token,
    store_files,
    store_result,
)
from generation.pages.create_keys import Keys
from generation.pages.create_results import card_of, cards_of, client_of, prompts_of
from generation.prices import model_prices
from generation.specs import INPUTS_MAX

_PREVIEW_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
    "Content-Disposition": "inline",
    "Cache-Control": "private, max-age=86400",
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@page
async def create(request: PageRequest) -> HttpResponse:
    """The form; `?from=gen_…` fills it, `?input=med_…` gives it a picture. With POST what `action` says."""
    await model_prices.refresh_if_stale()
    keys = await sync_to_async(Keys.of)(request.viewer)
    if not keys.may_ask:
        return await _rendered(request, "pages/create.html", {"composer": None}, status=_no_key_status(request))
    if request.method == "POST":
        return await _posted(request, keys)
    draft, notes = Draft.read(request.GET), list[str]()
    if "from" in request.GET:
        draft, notes = await sync_to_async(draft_from)(request.GET["from"], viewer=request.viewer, keys=keys)
        draft = replace(draft, kind=request.GET.get("kind", draft.kind))
    if "input" in request.GET:
        stored, refused = await store_result(request.GET["input"], viewer=request.viewer)
        draft, notes = draft.with_pictures([token for token, _stored in stored]), notes + refused
    is_filled = bool(request.GET)
    return await _form(request, draft, keys, notes=notes, is_filled=is_filled)


@require_http_methods(["GET", "HEAD", "POST"])
@page
async def options(request: PageRequest) -> HttpResponse:
    """What the chosen model can do, as a fragment of the form."""
    composer = await _composer(request, await _keys(request))
    answer = await _rendered(request, "pages/_create_options.html", {"composer": composer})
    answer.headers["HX-Trigger"] = "options-changed"
    return answer


@require_POST
@page
async def inputs(request: PageRequest) -> HttpResponse:
    """Store pictures that were dropped; answers with their small pictures as a fragment."""
    await _keys(request)
    files = [] if _is_too_large(request) else request.FILES.getlist("files")
    stored, refused = await store_files(files, room=INPUTS_MAX, viewer=request.viewer)
    refused = refused if files else [_too_large()]
    context = {"pictures": [picture_of(*each) for each in stored], "refused": refused}
    status = HTTPStatus.OK if stored or not refused else HTTPStatus.UNPROCESSABLE_ENTITY
    return await _rendered(request, "pages/_create_pictures.html", context, status=status)


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
        named_inputs = [stored for _token, stored in named_pictures(draft.pictures, request.viewer)]
        used = used_inputs(draft, named_inputs)
        try:
            key = keys.chosen(draft.key)
        except LookupError:
            key = keys.chosen("")
        named = replace(draft, model=draft.model or draft.default_model)
        return estimate_of(named, used, key=key, viewer=request.viewer, at=timezone.now())

    context = {"estimate": await sync_to_async(look)()}
    return await _rendered(request, "pages/_create_estimate.html", context)


@require_safe
@page
def card(request: PageRequest, public_id: str) -> HttpResponse:
    """A request with its results, as a fragment."""
    return render(request, "pages/_create_card.html", {"card": card_of(request.viewer, public_id)})


async def _posted(request: PageRequest, keys: Keys) -> HttpResponse:
    draft, errors = Draft.read(request.POST), dict[str, str]()
    if _is_too_large(request):
        errors["inputs"] = _too_large()
    else:
        room = INPUTS_MAX - len(draft.pictures)
        stored, refused = await store_files(request.FILES.getlist("files"), room=room, viewer=request.viewer)
        draft = draft.with_pictures([*draft.pictures, *(token for token, _stored in stored)])
        errors |= {"inputs": " ".join(refused)} if refused else {}
    action = request.POST.get("action", CREATE)
    if action == CREATE and not errors:
        try:
            return await _asked(request, await ask(request, draft, viewer=request.viewer, keys=keys))
        except NotAsked as refusal:
            errors[refusal.field] = refusal.sentence
    elif action != CREATE:
        draft, wrong = await acted(draft, action, viewer=request.viewer)
        errors |= {"inputs": wrong} if wrong else {}
    return await _form(request, draft, keys, errors=errors, status=_status_of(request, errors))


async def _asked(request: PageRequest, generation: Any) -> HttpResponse:
    """The card of what was asked for; without a script its page."""
    if "HX-Request" not in request.headers:
        return HttpResponseRedirect(reverse("generation:detail", args=[generation.public_id]))
    found = await sync_to_async(card_of)(request.viewer, generation.public_id)
    answer = await _rendered(request, "pages/_create_asked.html", {"card": found, "token": new_token()})
    answer.headers["HX-Trigger"] = "asked"
    return answer


async def _form(
    request: PageRequest,
    draft: Draft,
    keys: Keys,
    *,
    errors: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
    is_filled: bool = False,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """The whole page, or for a script only the form, in place of the one that is there."""
    viewer, client = request.viewer, client_of((await request.auser()).get_username())

    def look() -> dict[str, Any]:
        composer = composer_of(draft, viewer=viewer, keys=keys, errors=errors, notes=notes, is_filled=is_filled)
        found: dict[str, Any] = {"composer": composer, "prompts": prompts_of(viewer, client)}
        return found if is_fragment else {**found, "cards": cards_of(viewer, client)}

    is_fragment = request.method == "POST" and "HX-Request" in request.headers
    context = await sync_to_async(look)()
    if not is_fragment:
        return await _rendered(request, "pages/create.html", context, status=status)
    answer = await _rendered(request, "pages/_create_composer.html", context)
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#composer", "outerHTML"
    return answer


async def _composer(request: PageRequest, keys: Keys) -> Composer:
    draft = Draft.read(request.POST if request.method == "POST" else request.GET)
    return await sync_to_async(composer_of)(draft, viewer=request.viewer, keys=keys)


async def _keys(request: PageRequest) -> Keys:
    """Raises Http404 for those who may ask for nothing."""
    await model_prices.refresh_if_stale()
    keys = await sync_to_async(Keys.of)(request.viewer)
    if not keys.may_ask:
        raise Http404
    return keys


async def _rendered(
    request: PageRequest, template: str, context: Mapping[str, Any], *, status: int = HTTPStatus.OK
) -> HttpResponse:
    return await sync_to_async(render)(request, template, dict(context), status=status)


def _no_key_status(request: PageRequest) -> int:
    return HTTPStatus.FORBIDDEN if request.method == "POST" else HTTPStatus.OK


def _status_of(request: PageRequest, errors: Mapping[str, str]) -> int:
    return HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK


def _is_too_large(request: PageRequest) -> bool:
    """The rest of such a body was dropped on its way (jimeng_site/asgi.py)."""
    length = request.headers.get("content-length", "")
    return length.isdigit() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def _too_large() -> str:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024**2
    return _("Together this is more than %(max)d MB: add the pictures in smaller lots.") % {"max": most}
