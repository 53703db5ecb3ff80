"""Making something from the browser: the form, and what is sent with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from generation.models import Generation
from generation.pages.access import PageRequest, page
from generation.pages.create_actions import CREATE, acted
from generation.pages.create_again import draft_from
from generation.pages.create_answers import is_for_script, is_too_large, keys_of, rendered, too_large
from generation.pages.create_asking import NotAsked, ask
from generation.pages.create_composer import composer_of
from generation.pages.create_form import Draft, new_token
from generation.pages.create_inputs import store_files, store_result
from generation.pages.create_keys import Keys
from generation.pages.create_results import cards_of, client_of, new_card_of, prompts_of
from generation.specs import INPUTS_MAX


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@page
async def create(request: PageRequest) -> HttpResponse:
    """The form; `?from=gen_…` fills it, `?input=med_…` gives it a picture. With POST what `action` says."""
    keys = await keys_of(request)
    if not keys.may_ask:
        status = HTTPStatus.FORBIDDEN if request.method == "POST" else HTTPStatus.OK
        return await rendered(request, "pages/create.html", {"composer": None}, status=status)
    return await (_posted(request, keys) if request.method == "POST" else _opened(request, keys))


async def _opened(request: PageRequest, keys: Keys) -> HttpResponse:
    # A token is drawn with each form: one that came with an address would make the same of two requests.
    draft, notes = replace(Draft.read(request.GET), token=new_token()), list[str]()
    if "from" in request.GET:
        draft, notes = await sync_to_async(draft_from)(request.GET["from"], viewer=request.viewer, keys=keys)
    if "input" in request.GET:
        stored, refused = await store_result(request.GET["input"], viewer=request.viewer)
        kind = Draft.read(request.GET).kind if "kind" in request.GET else draft.kind
        draft = replace(draft, kind=kind, pictures=tuple(token for token, _stored in stored))
        notes += refused
    return await _form(request, draft, keys, notes=notes, is_filled=bool(request.GET))


async def _posted(request: PageRequest, keys: Keys) -> HttpResponse:
    draft, errors = Draft.read(request.POST), dict[str, str]()
    if is_too_large(request):
        errors["inputs"] = too_large()
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
    return await _form(request, draft, keys, errors=errors)


async def _asked(request: PageRequest, generation: Generation) -> HttpResponse:
    """The card of what was asked for; without a script its page."""
    if not is_for_script(request):
        return HttpResponseRedirect(reverse("generation:detail", args=[generation.public_id]))
    client = client_of((await request.auser()).get_username())
    found = await sync_to_async(new_card_of)(request.viewer, client, generation.public_id)
    answer = await rendered(request, "pages/_create_asked.html", {"card": found, "token": new_token()})
    answer.headers["HX-Trigger-After-Settle"] = "asked"
    return answer


async def _form(
    request: PageRequest,
    draft: Draft,
    keys: Keys,
    *,
    errors: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
    is_filled: bool = False,
) -> HttpResponse:
    """The whole page, or for what a script sent only the form, in place of the one that is there."""
    viewer, client = request.viewer, client_of((await request.auser()).get_username())
    is_fragment = request.method == "POST" and is_for_script(request)

    def look() -> dict[str, Any]:
        composer = composer_of(draft, viewer=viewer, keys=keys, errors=errors, notes=notes, is_filled=is_filled)
        found: dict[str, Any] = {"composer": composer, "prompts": prompts_of(viewer, client)}
        return found if is_fragment else {**found, "cards": cards_of(viewer, client)}

    context = await sync_to_async(look)()
    if not is_fragment:
        status = HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
        return await rendered(request, "pages/create.html", context, status=status)
    answer = await rendered(request, "pages/_create_composer.html", context)
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#composer", "outerHTML"
    return answer
