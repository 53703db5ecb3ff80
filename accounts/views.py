"""The page for which the owner of an account needs no login of the admin: it takes a new sessionid by a link."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.forms import RenewalForm
from accounts.models import RenewalLink
from accounts.renewals import ATTEMPTS_MAX, Condition, condition_of, renewal_find, renewal_paste, words_of

_HEADERS: Final = {
    "Cache-Control": "no-store",
    # The address is the secret. "no-referrer" would make browsers send "Origin: null", which the CSRF check refuses.
    "Referrer-Policy": "strict-origin",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "style-src 'self'",
            "img-src data:",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
def renew(request: HttpRequest, token: str) -> HttpResponse:
    """Tokens that are made up, ended or used up are answered alike."""
    now = timezone.now()
    link = renewal_find(token=token)
    condition = condition_of(link, at=now) if link is not None else "dead"
    if link is None or condition == "dead":
        return _page(request, None, "dead")
    if request.method != "POST":
        return _page(request, link, condition)
    if condition != "open":  # a second press of the button, or the page of before
        return HttpResponseRedirect(request.path) if condition == "checking" else _page(request, None, "dead")
    form = RenewalForm(request.POST)
    if not form.is_valid():
        return _page(request, link, "open", mistake=True)
    renewal_paste(link_id=link.pk, pasted=form.cleaned_data["login"], at=now)
    return HttpResponseRedirect(request.path)


def _page(
    request: HttpRequest, link: RenewalLink | None, condition: Condition, *, mistake: bool = False
) -> HttpResponse:
    """What was pasted is never written into it again."""
    context = {
        "condition": condition,
        "mistake": mistake,
        "name": link.account.name if link is not None else "",
        "problem": words_of(link.problem) if link is not None else "",
        "until": link.expires_at if link is not None else None,
        "attempts_left": ATTEMPTS_MAX - link.attempts if link is not None else 0,
    }
    status = 404 if condition == "dead" else 400 if mistake else 200
    response = render(request, "accounts/renew.html", context, status=status)
    for name, value in _HEADERS.items():
        response[name] = value
    return response
