"""On the page of an account: its proxy and the test of it, when its login ends, and links to renew it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.http import require_POST, require_safe

from accounts import services
from accounts.admin import renewal_cells
from accounts.admin.audit import actor_of, note
from accounts.lifetimes import observed_lifetime
from accounts.models import Account
from accounts.renewals import UserUnknown, renewal_link_make, renewal_link_revoke

LINKS_SHOWN = 10


class AccountRenewal:
    """Mixed into the admin of accounts. Nothing here shows a secret but the page of a new link, once."""

    proxy_fieldset = (gettext_lazy("Proxy"), {"fields": ("proxy_shown", "new_proxy", "remove_proxy")})

    def get_urls(self) -> list[URLPattern]:
        def url(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            site: AdminSite = self.admin_site  # type: ignore[attr-defined]  # ModelAdmin's
            return path(f"<int:account_id>/{route}/", site.admin_view(view), name=f"accounts_account_{name}")

        own = [
            url("renewal-link", require_POST(self.make_link), "make_link"),
            url("renewal-link/<int:link_id>/revoke", require_POST(self.revoke_link), "revoke_link"),
            url("proxy-test", require_POST(self.test_proxy), "test_proxy"),
            url("proxy-state", require_safe(self.proxy_state), "proxy_state"),
        ]
        return own + list(super().get_urls())  # type: ignore[misc]  # ModelAdmin's

    # --- what is shown ----------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("login ends"))
    def login_end_cell(self, account: Account) -> SafeString | str:
        """For the list; its queryset needs `with_observed_lifetime`."""
        seconds: float | None = account.observed_s  # type: ignore[attr-defined]  # annotated
        observed = None if seconds is None else timedelta(seconds=seconds)
        return renewal_cells.login_end_cell(account, observed, at=timezone.now(), is_short=True)

    @admin.display(description=gettext_lazy("login ends"))
    def login_end_shown(self, account: Account) -> SafeString | str:
        return renewal_cells.login_end_cell(account, observed_lifetime(), at=timezone.now(), is_short=False)

    @admin.display(description=gettext_lazy("proxy"))
    def proxy_shown(self, account: Account) -> SafeString | str:
        return renewal_cells.proxy(account, at=timezone.now())

    def add_renewal_context(self, request: HttpRequest, context: dict[str, Any], account: Account) -> None:
        """What templates/admin/accounts/account_renewal.html shows."""
        links = account.renewal_links.order_by("-pk")[:LINKS_SHOWN]
        context["renewal_links"] = renewal_cells.link_rows(list(links), at=timezone.now())
        context["proxy_state"] = renewal_cells.proxy_state(account)
        context["may_renew"] = self.has_change_permission(request, account)  # type: ignore[attr-defined]

    # --- what can be done -------------------------------------------------------------------------

    def make_link(self, request: HttpRequest, account_id: int) -> HttpResponse:
        """Answers with the page itself, as for a new API key: a redirect would have to keep the link somewhere."""
        account = self._changeable(request, account_id)
        try:
            token = renewal_link_make(account=account, at=timezone.now(), actor=actor_of(request))
        except UserUnknown:
            words = _(
                "There is no link yet: this account was never found alive, so its Jimeng user is not known and a new "
                "login could not be compared with it. Probe it first."
            )
            messages.error(request, words)
            return _back_to(account)
        note(request, [account], gettext_noop("Made a renewal link."))
        where = reverse("accounts:renew", args=[token])
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": _("Renewal link made"),
            "account": account,
            "link": settings.PUBLIC_BASE_URL + where if settings.PUBLIC_BASE_URL else request.build_absolute_uri(where),
            "hours": settings.JIMENG_RENEWAL_HOURS,
            "change_url": _page_of(account),
        }
        return TemplateResponse(request, "admin/accounts/renewal_link_made.html", context)

    def revoke_link(self, request: HttpRequest, account_id: int, link_id: int) -> HttpResponse:
        account = self._changeable(request, account_id)
        if renewal_link_revoke(account=account, link_id=link_id):
            note(request, [account], gettext_noop("Revoked a renewal link."))
            messages.success(request, _("The link is revoked and does not work any more."))
        else:
            messages.warning(request, _("This link was used already, or is gone."))
        return _back_to(account)

    def test_proxy(self, request: HttpRequest, account_id: int) -> HttpResponse:
        account = self._changeable(request, account_id)
        if services.accounts_request_proxy_test(account_ids=[account.pk], at=timezone.now()):
            note(request, [account], gettext_noop("Asked for a test of the proxy."))
            messages.success(request, _("The proxy is tested now."))
        else:
            messages.warning(request, _("This account has no proxy."))
        return _back_to(account)

    def proxy_state(self, request: HttpRequest, account_id: int) -> HttpResponse:
        """The part of the page that says how the test went; asked again by the page while one is due."""
        account = self._found(account_id)
        if not self.has_view_permission(request, account):  # type: ignore[attr-defined]
            raise PermissionDenied
        state = renewal_cells.proxy_state(account)
        return render(request, "admin/accounts/proxy_state.html", {"original": account, "proxy_state": state})

    def _changeable(self, request: HttpRequest, account_id: int) -> Account:
        account = self._found(account_id)
        if not self.has_change_permission(request, account):  # type: ignore[attr-defined]
            raise PermissionDenied
        return account

    def _found(self, account_id: int) -> Account:
        account = Account.objects.filter(pk=account_id).first()
        if account is None:
            raise Http404
        return account


def _page_of(account: Account) -> str:
    return reverse("admin:accounts_account_change", args=[account.pk])


def _back_to(account: Account) -> HttpResponseRedirect:
    return HttpResponseRedirect(_page_of(account))
