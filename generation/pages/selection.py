"""What is done with selected results: pin, delete, restore, make again, and take away as an archive."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from generation.pages.access import PageRequest, page
from generation.pages.archive import archive_response
from generation.pages.choosing import Choice, keep, tell
from generation.pages.filters import Filters
from generation.pages.history import changes
from generation.pages.questions import ask_about_again, ask_about_deleting, make_again


@require_POST
@page
async def selection(request: PageRequest) -> HttpResponse:
    """`action` and `ids` (med_…, gen_…). What cannot be undone or costs credits is asked about first."""
    choice = Choice.read(request)
    if choice.action == "again" and choice.is_confirmed:
        outcome = await make_again(request.viewer, choice)
        return await sync_to_async(_told)(request, choice, *outcome)
    return await sync_to_async(_serve)(request, choice)


def _serve(request: PageRequest, choice: Choice) -> HttpResponse:
    if not choice.ids:
        return _told(request, choice, messages.WARNING, _("Nothing was selected."))
    match choice.action:
        case "pin" | "unpin" | "restore":
            return _told(request, choice, messages.SUCCESS, keep(request.viewer, choice))
        case "delete" if choice.is_confirmed:
            return _told(request, choice, messages.SUCCESS, keep(request.viewer, choice))
        case "delete":
            question = ask_about_deleting(request.viewer, choice)
        case "again":
            question = ask_about_again(request.viewer, choice)
        case _:
            return _told(request, choice, messages.ERROR, _("There is no such action."))
    name = "pages/_question.html" if choice.is_fragment else "pages/question.html"
    return render(request, name, {"question": question, "choice": choice})


def _told(request: PageRequest, choice: Choice, level: int, text: str) -> HttpResponse:
    """Say what was done: on the page where it was asked for, or with what has changed on it, as a fragment."""
    if not choice.is_fragment:
        messages.add_message(request, level, text)
        return HttpResponseRedirect(choice.back)
    filters = Filters.read(QueryDict(choice.back.partition("?")[2]), request.viewer)
    context = changes(request, filters, tell(request.viewer, choice))
    said = {"text": text, "tags": messages.DEFAULT_TAGS[level], "can_undo": choice.action == "delete"}
    return render(request, "pages/_changes.html", context | {"said": said})


@require_POST
@page
async def archive(request: PageRequest) -> HttpResponseBase:
    """A zip of the files of `ids`, streamed."""
    return await archive_response(request)
