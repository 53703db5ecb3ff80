"""Light, dark, or as the system has it: kept in a cookie, so that pages come in the right colours at once."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

COOKIE: Final = "theme"
THEMES: Final = ("auto", "light", "dark")
_YEAR_S: Final = 365 * 86400


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember `theme` and go back to `next`."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = "/"
    answer = HttpResponseRedirect(back)
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        answer.set_cookie(COOKIE, chosen, max_age=_YEAR_S, samesite="Lax", secure=request.is_secure(), httponly=True)
    return answer


def page_context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the reader's theme, and whether all of this is only the sandbox."""
    chosen = request.COOKIES.get(COOKIE, "")
    is_sandbox = settings.JIMENG_UPSTREAM == "sandbox"
    return {"theme": chosen if chosen in THEMES else "auto", "is_sandbox": is_sandbox}
