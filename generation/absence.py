"""Why a result file is not there: as JSON for programs, as a page for people who open its address in a browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from generation.engine.mending import Mended
from generation.models import Media
from generation.pages.appearance import page_context

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

RETRY_AFTER_S: Final = 10
_POLICY: Final = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """`status`: of HTTP; 503 where asking again soon helps."""

    status: int
    code: str
    text: _StrPromise


def _gone(text: _StrPromise) -> Absence:
    return Absence(status=410, code="media_gone", text=text)


def _for_now(text: _StrPromise) -> Absence:
    return Absence(status=503, code="media_unavailable", text=text)


UNSIGNED: Final = Absence(
    status=403, code="media_signature_invalid", text=_("This address is not signed by this gateway.")
)
UNKNOWN: Final = Absence(status=404, code="media_gone", text=_("This file is not stored here."))
UNREADABLE: Final = _gone(_("There is no small picture of this file."))
STORAGE: Final = _for_now(_("The storage of this gateway cannot be reached just now."))
_BY_POLICY: Final = _gone(_("This file was removed by the retention policy."))
GONE: Final[Mapping[Mended, Absence]] = MappingProxyType(
    {
        Mended.REMOVED: _gone(_("This file was deleted by a person.")),
        Mended.NO_ACCOUNT: _gone(_("This file is not stored here, and the account that could fetch it again is gone.")),
        Mended.LOGIN_EXPIRED: _gone(
            _("This file is not stored here, and the login that could fetch it again has expired.")
        ),
        Mended.NOT_UPSTREAM: _gone(_("This file is not stored here, and Jimeng does not have it any more.")),
        Mended.NOT_MEDIA: _gone(_("This file could not be kept: what Jimeng gives for it is no picture or video.")),
        Mended.UNREACHABLE: _gone(_("This file is not stored here, and it could not be fetched from Jimeng just now.")),
        Mended.NOT_WRITTEN: _for_now(_("The storage of this gateway does not take the file just now.")),
        Mended.BUSY: _for_now(_("Many files are being fetched again; this one will be, too.")),
        Mended.STILL_COMING: _for_now(_("This file is being fetched again from Jimeng.")),
    }
)


def absent_response(request: HttpRequest, absence: Absence, *, media: Media | None = None) -> HttpResponse:
    """`media`: with `generation`, where it may be told: not before the signature was checked."""
    if media is not None and absence is GONE[Mended.REMOVED] and media.removed_why == Media.Removal.RETENTION:
        absence = _BY_POLICY
    response = _page(request, absence, media) if _is_for_reading(request) else _json(absence)
    response["Cache-Control"] = "no-store"
    response["Vary"] = "Accept, Accept-Language, Cookie"
    response["X-Content-Type-Options"] = "nosniff"
    if absence.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _is_for_reading(request: HttpRequest) -> bool:
    """A person opens it. Pictures in pages, players and programs ask for other types, or for anything."""
    return "text/html" in request.headers.get("accept", "").lower()


def _json(absence: Absence) -> JsonResponse:
    with translation.override("en"):
        error = {"message": str(absence.text), "type": "invalid_request_error", "param": None, "code": absence.code}
    return JsonResponse({"error": error}, status=absence.status)


def _page(request: HttpRequest, absence: Absence, media: Media | None) -> HttpResponse:
    with translation.override(translation.get_language_from_request(request)):
        removed_at = media.removed_at if media is not None and absence.status == HTTPStatus.GONE else None
        context = {
            **page_context(request),
            "text": absence.text,
            "removed_on": date_format(timezone.localtime(removed_at)) if removed_at is not None else "",
            "is_temporary": absence.status == HTTPStatus.SERVICE_UNAVAILABLE,
            "generation": media.generation.public_id if media is not None else "",
        }
        html = render_to_string("pages/media_gone.html", context)
    return HttpResponse(html, status=absence.status, headers={"Content-Security-Policy": _POLICY})
